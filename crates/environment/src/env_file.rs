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
    check_dollars(&text)?;
    dotenvy::from_read_iter(text.as_bytes()).load().map_err(line_error)
}

/// Reads the text once more with other characters for `$` and its escaped form, and compares the values.
fn check_dollars(text: &str) -> Result<(), EnvFileError> {
    const DOLLAR: char = '\u{e000}';
    const ESCAPED: char = '\u{e001}';
    let masked = text.replace("\\$", &ESCAPED.to_string()).replace('$', &DOLLAR.to_string());
    for ((name, value), (_, masked)) in read(text)?.into_iter().zip(read(&masked)?) {
        let literal = masked.replace(DOLLAR, "$");
        // Single quotes keep the backslash.
        let is_literal =
            ["$", "\\$"].iter().any(|dollar| value == literal.replace(ESCAPED, dollar));
        if !is_literal {
            return Err(EnvFileError::Dollar(name));
        }
    }
    Ok(())
}

fn read(text: &str) -> Result<Vec<(String, String)>, EnvFileError> {
    dotenvy::from_read_iter(text.as_bytes()).map(|line| line.map_err(line_error)).collect()
}

fn line_error(error: dotenvy::Error) -> EnvFileError {
    match error {
        dotenvy::Error::LineParse(line, _) => {
            let name = line.split_once('=').map_or("without `=`", |(name, _)| name.trim());
            EnvFileError::Line(name.to_owned())
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
            let error = check_dollars(text).unwrap_err().to_string();
            assert!(error.starts_with("A in .env has a `$`"), "{text}: {error}");
        }
        for text in ["A='p$HOME'", "A=p\\$HOME", "A=\"\\$x\"", "A='\\$x'", "# $x\nA=1 # $y", ""] {
            check_dollars(text).expect(text);
        }
    }

    #[test]
    fn error_names_the_variable_and_no_value() {
        let error = check_dollars("A=s3cret and more").unwrap_err().to_string();
        assert!(error.contains("(A)") && !error.contains("s3cret"), "{error}");
    }
}
