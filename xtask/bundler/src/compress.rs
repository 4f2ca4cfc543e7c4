//! What is worth compressing, and its forms: `name.br` and `name.gz`.

use std::io::Write;

use anyhow::Result;
use flate2::{Compression, write::GzEncoder};

const EXTENSIONS: [&str; 9] =
    ["css", "html", "ico", "js", "json", "map", "svg", "wasm", "webmanifest"];

/// The compressed forms of a file that are smaller than the file, by their names.
pub fn forms(name: &str, content: &[u8]) -> Result<Vec<(String, Vec<u8>)>> {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    if !EXTENSIONS.contains(&extension) {
        return Ok(Vec::new());
    }
    let forms = [("br", brotli(content)?), ("gz", gzip(content)?)];
    let smaller = forms.into_iter().filter(|(_, packed)| packed.len() < content.len());
    Ok(smaller.map(|(suffix, packed)| (format!("{name}.{suffix}"), packed)).collect())
}

fn brotli(content: &[u8]) -> Result<Vec<u8>> {
    let mut packed = Vec::new();
    let parameters =
        brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    brotli::BrotliCompress(&mut &*content, &mut packed, &parameters)?;
    Ok(packed)
}

fn gzip(content: &[u8]) -> Result<Vec<u8>> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(content)?;
    Ok(packed.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_gets_smaller_is_compressed() {
        let names = |name, content: &[u8]| -> Vec<_> {
            forms(name, content).unwrap().into_iter().map(|(name, _)| name).collect()
        };
        assert_eq!(names("app.js", &[b'a'; 500]), ["app.js.br", "app.js.gz"]);
        assert!(names("app.js", b"a").is_empty());
        assert!(names("photo.jpeg", &[b'a'; 500]).is_empty());
    }
}
