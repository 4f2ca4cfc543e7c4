//! Variables that a document names, against those that the service has.

use std::{collections::BTreeSet, fs};

use anyhow::{Context, Result};

use super::{Document, blocks};
use crate::workspace;

/// The variables of this program, and of others that documents speak of.
const OTHERS: [&str; 12] = [
    "TEST_DATABASE_URL",
    "TUNNEL_HOST",
    "FUZZ_SECONDS",
    "RUSTC_BOOTSTRAP",
    // Of the runtime.
    "TOKIO_WORKER_THREADS",
    // Of PostgreSQL's programs.
    "PGPASSWORD",
    // Of the SuperTokens Core's image.
    "POSTGRESQL_CONNECTION_URI",
    "API_KEYS",
    "FEATURE_NOT_ENABLED_ERROR",
    "SHORTEST_FIRST",
    // Statuses of the FDI.
    "GENERAL_ERROR",
    "PASSWORD_RESET_NOT_ALLOWED",
];
/// OpenTelemetry's SDK reads its own.
const PREFIX: &str = "OTEL_";

const ERRORS: &str = "api/src/graphql/error.rs";

/// The codes of errors, as clients see them: `NOT_FOUND` for the variant `NotFound` of `Code`.
fn codes(source: &str) -> Result<Vec<String>> {
    let start = source.split_once("pub enum Code {").context("there is no enum Code")?.1;
    let variants = start.lines().map(str::trim).take_while(|line| *line != "}");
    let variants = variants.filter_map(|line| line.strip_suffix(','));
    let code = |variant: &str| {
        let mut code = String::new();
        for letter in variant.chars() {
            if letter.is_uppercase() && !code.is_empty() {
                code.push('_');
            }
            code.push(letter.to_ascii_uppercase());
        }
        code
    };
    Ok(variants.map(code).collect())
}

/// What may be written in capitals with `_`: variables, the values of the API's enums, and codes of errors.
pub struct Known(BTreeSet<String>);

impl Known {
    pub fn read() -> Result<Self> {
        let mut known: BTreeSet<_> = OTHERS.map(str::to_owned).into();
        for file in ["docs/configuration.md", "schema.graphql"] {
            let text = fs::read_to_string(workspace::root().join(file));
            let text = text.with_context(|| format!("cannot read {file}"))?;
            known.extend(words(&text).map(str::to_owned));
        }
        let errors = fs::read_to_string(workspace::root().join(ERRORS));
        known.extend(codes(&errors.with_context(|| format!("cannot read {ERRORS}"))?)?);
        Ok(Self(known))
    }

    /// Each name of the document that is none.
    pub fn faults(&self, document: &Document) -> Vec<String> {
        let prose = without_code(&document.text);
        let named = words(&prose).filter(|word| word.contains('_'));
        let unknown: BTreeSet<_> =
            named.chain(assigned(&document.text)).filter(|word| !self.has(word)).collect();
        let fault = |word| {
            format!(
                "{}: {word} is no variable of docs/configuration.md, nor of others",
                document.name
            )
        };
        unknown.into_iter().map(fault).collect()
    }

    fn has(&self, word: &str) -> bool {
        word.starts_with(PREFIX) || self.0.contains(word)
    }
}

/// The text without blocks of code, which has constants of its own; those of a shell stay.
fn without_code(text: &str) -> String {
    let (mut kept, mut is_code) = (String::new(), false);
    for line in text.lines() {
        match line.trim_start().strip_prefix("```") {
            Some(language) => is_code = matches!(language, "rust" | "diff" | "graphql"),
            None if is_code => continue,
            None => {}
        }
        kept.push_str(line);
        kept.push('\n');
    }
    kept
}

fn is_part(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// Words in capitals. One that begins or ends with `_` is a part of a name.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|letter| !is_part(letter));
    words.filter(|word| {
        word.starts_with(|letter: char| letter.is_ascii_uppercase())
            && !word.ends_with('_')
            && !word.contains(|letter: char| letter.is_ascii_lowercase())
    })
}

/// What commands set: `NAME=value`, also of one word.
fn assigned(text: &str) -> impl Iterator<Item = &str> {
    let lines = blocks(text).into_iter().filter(|(language, _)| *language == "sh");
    let words = lines.flat_map(|(_, lines)| lines).flat_map(str::split_whitespace);
    words.filter_map(|word| {
        let (name, _) = word.split_once('=')?;
        (!name.is_empty() && words_whole(name)).then_some(name)
    })
}

fn words_whole(name: &str) -> bool {
    words(name).next() == Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        let document = Document { name: "x.md".into(), text: text.into() };
        Known::read().unwrap().faults(&document)
    }

    #[test]
    fn a_variable_that_is_not_there_is_told() {
        let said =
            |name| [format!("x.md: {name} is no variable of docs/configuration.md, nor of others")];
        assert_eq!(faults("Set `SMTP_URI` to …"), said("SMTP_URI"));
        assert_eq!(faults("```sh\nPROT=4000 api\n```"), said("PROT"));
    }

    #[test]
    fn what_is_there_and_what_is_no_variable_is_not() {
        for text in [
            "`SMTP_URL` and `SMTP_URL_FILE`, `OTEL_BSP_…`, `OIDC_<ID>_ISSUER`",
            "`NOT_FOUND`, SECURITY DEFINER, SHA-256, `fn a_B_c`",
            "```sh\nPORT=4000 api --url=x\n```",
            "```rust\nconst ROUND_TRIP: u8 = 1;\n```",
        ] {
            assert_eq!(faults(text), [""; 0], "{text}");
        }
    }
}
