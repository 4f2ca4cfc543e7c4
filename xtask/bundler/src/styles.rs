//! One stylesheet: what the page names one after the other becomes one file, which is one request and packs
//! better than its parts.

use anyhow::{Context, Result};

use crate::{fingerprint::Assets, minify};

const JOINED: &str = "style.css";
const LINK: &str = r#"<link rel="stylesheet" href="/assets/"#;

/// Moves the stylesheets of `index` into one, and gives the page that names it.
pub fn join(assets: &mut Assets, index: &str, small: bool) -> Result<String> {
    let mut joined = String::new();
    let mut page = String::with_capacity(index.len());
    for line in index.split_inclusive('\n') {
        let Some(name) = line.trim().strip_prefix(LINK).and_then(|rest| rest.strip_suffix("\">"))
        else {
            page.push_str(line);
            continue;
        };
        let sheet =
            assets.remove(name).with_context(|| format!("web/assets/{name} is not there"))?;
        if joined.is_empty() {
            page.push_str(&line.replace(name, JOINED));
        }
        joined.push_str(std::str::from_utf8(&sheet).with_context(|| name.to_owned())?);
    }
    if !joined.is_empty() {
        let sheet = if small { minify::style(&joined) } else { joined };
        assets.insert(JOINED.to_owned(), sheet.into_bytes());
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sheets_of_a_page_become_one_in_their_order() {
        let mut assets = Assets::new();
        for (name, text) in [("b.css", "b{}\n"), ("a.css", "a{}\n"), ("app.js", "")] {
            assets.insert(name.to_owned(), text.as_bytes().to_vec());
        }
        let links = format!("<head>\n  {LINK}b.css\">\n  {LINK}a.css\">\n</head>\n");
        let page = join(&mut assets, &links, false).unwrap();
        assert_eq!(page, format!("<head>\n  {LINK}style.css\">\n</head>\n"));
        assert_eq!(assets.keys().collect::<Vec<_>>(), ["app.js", "style.css"]);
        assert_eq!(assets["style.css"], b"b{}\na{}\n");
    }
}
