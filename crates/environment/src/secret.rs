//! Secrets: in a variable, or in the file that `NAME_FILE` names.

use std::fs;

/// No file of one secret is longer.
const MAX_SECRET_FILE: u64 = 64 * 1024;

/// Why a secret cannot be read. Its text does not hold the secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say it")]
pub enum SecretError {
    #[error("{0} and {0}_FILE are both set: set one of them.")]
    Both(String),
    #[error(
        "{0}_FILE is `{1}`, {2}. It should name a file that holds the secret and nothing else."
    )]
    File(String, String, String),
}

/// The variable that names the file of a secret.
pub fn file_variable(name: &str) -> String {
    format!("{name}_FILE")
}

/// A secret, from its variable or from the file that `NAME_FILE` names. An empty variable counts as not set.
pub fn secret(
    variable: &dyn Fn(&str) -> Option<String>,
    name: &str,
) -> Result<Option<String>, SecretError> {
    let given = |name: &str| variable(name).filter(|value| !value.is_empty());
    let value = given(name);
    let Some(path) = given(&file_variable(name)) else { return Ok(value) };
    if value.is_some() {
        return Err(SecretError::Both(name.to_owned()));
    }
    match read_secret(&path) {
        Ok(text) => Ok(Some(text)),
        Err(why) => Err(SecretError::File(name.to_owned(), path, why)),
    }
}

fn read_secret(path: &str) -> Result<String, String> {
    let metadata = fs::metadata(path).map_err(|error| format!("which cannot be read ({error})"))?;
    if metadata.len() > MAX_SECRET_FILE {
        return Err(format!("which has more than {MAX_SECRET_FILE} bytes"));
    }
    let text =
        fs::read_to_string(path).map_err(|error| format!("which cannot be read ({error})"))?;
    // Editors and `echo` end a file with a line break, which is no part of the secret.
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err("which is empty".to_owned()),
        text => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_is_in_its_variable_or_in_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "s3cret\n").unwrap();
        let path = file.path().to_str().unwrap();
        let read = |vars: &[(&str, &str)]| {
            secret(
                &|name| {
                    vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
                },
                "A",
            )
        };
        assert_eq!(read(&[("A", "x")]).unwrap().as_deref(), Some("x"));
        assert_eq!(read(&[("A", ""), ("A_FILE", path)]).unwrap().as_deref(), Some("s3cret"));
        assert_eq!(read(&[]).unwrap(), None);
        assert!(matches!(read(&[("A", "x"), ("A_FILE", path)]), Err(SecretError::Both(_))));
        let missing = read(&[("A_FILE", "/nowhere")]).unwrap_err().to_string();
        assert!(missing.starts_with("A_FILE is `/nowhere`, which cannot be read"), "{missing}");
    }
}
