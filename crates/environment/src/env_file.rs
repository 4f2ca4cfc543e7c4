//! `.env`: what the environment has already wins.

use std::{fs, io, path::Path};

/// Why a `.env` file cannot be used. Its text holds no value: it may be secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say it")]
pub enum EnvFileError {
    #[error("a line of .env cannot be read ({0}): write NAME=value, and quote a value with spaces")]
    Line(String),
    #[error(
        "{0} in .env has a `$`, which would be replaced by another variable: put the value in single quotes, \
         {0}='…'"
    )]
    Dollar(String),
    #[error(".env cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// Sets the variables of a file that are not set yet. A missing file is no error.
///
/// A value in which dotenvy would replace `$x` is an error: passwords have dollar signs.
pub fn load_env_file(path: &Path) -> Result<(), EnvFileError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    check(&text)?;
    dotenvy::from_read_iter(text.as_bytes()).load().map_err(|error| line_error(&text, error))
}

/// Reads the text once more with other characters for `$` and its escaped form, and compares the values.
fn check(text: &str) -> Result<(), EnvFileError> {
    const DOLLAR: char = '\u{e000}';
    const ESCAPED: char = '\u{e001}';
    let masked = text.replace("\\$", &ESCAPED.to_string()).replace('$', &DOLLAR.to_string());
    let values = dotenvy::from_read_iter(text.as_bytes());
    for (masked_line, value) in dotenvy::from_read_iter(masked.as_bytes()).zip(values) {
        let (name, literal) = masked_line.map_err(|error| line_error(&masked, error))?;
        let literal = literal.replace(DOLLAR, "$");
        // Single quotes keep the backslash.
        let is = |value: &str, dollar| value == literal.replace(ESCAPED, dollar);
        if !value.is_ok_and(|(_, value)| is(&value, "$") || is(&value, "\\$")) {
            return Err(EnvFileError::Dollar(name));
        }
    }
    Ok(())
}

/// dotenvy's error has the line, or its value alone.
fn line_error(text: &str, error: dotenvy::Error) -> EnvFileError {
    match error {
        dotenvy::Error::LineParse(part, _) => {
            let line = text.lines().find(|line| line.contains(&part));
            let name = line.and_then(|line| line.split_once('=')).map(|(name, _)| name.trim());
            let is_name = |name: &&str| {
                name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_. ".contains(&byte))
            };
            EnvFileError::Line(name.filter(is_name).unwrap_or("without `=`").to_owned())
        }
        dotenvy::Error::Io(error) => error.into(),
        error => io::Error::other(error.to_string()).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollar_is_never_replaced() {
        for text in ["A=p$HOME", "A=\"p${x}\"", "B=1\nA=\"$B\"", "A=$"] {
            let error = check(text).unwrap_err().to_string();
            assert!(error.starts_with("A in .env has a `$`"), "{text}: {error}");
        }
        for text in ["A='p$HOME'", "A=p\\$HOME", "A=\"\\$x\"", "A='\\$x'", "# $x\nA=1 # $y", ""] {
            check(text).expect(text);
        }
    }

    #[test]
    fn error_names_the_variable_and_no_value() {
        for text in ["A=s3cret and more", "B=1\nA=\"s3cret?x=y", "export A=s3cret x=y"] {
            let error = check(text).unwrap_err().to_string();
            assert!(error.contains("A)") && !error.contains("s3cret"), "{text}: {error}");
        }
        let error = check("s3cret").unwrap_err().to_string();
        assert!(error.contains("without `=`") && !error.contains("s3cret"), "{error}");
    }
}
