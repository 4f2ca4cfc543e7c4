//! A cache of documents by their text: clients send few different ones, and parsing costs more than executing.

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::{
    Pos, ServerError,
    parser::{
        self, parse_query,
        types::{DocumentOperations, ExecutableDocument},
    },
};
use hashlink::LruCache;

use super::{
    Error,
    limits::{check_document, check_text},
    validation::{ValidDocument, Validator},
};

/// A document within the limits and without errors.
pub struct CheckedDocument {
    pub parsed: ExecutableDocument,
    pub valid: ValidDocument,
}

impl CheckedDocument {
    /// Checks the limits first: what validation costs grows with the fragments in their places.
    pub fn check(text: &str, validator: &Validator) -> Result<Self, Vec<ServerError>> {
        check_text(text).map_err(as_server_errors)?;
        let document = validator.parse(text)?;
        let parsed = match parse_query(text) {
            Ok(parsed) => parsed,
            // async-graphql's parser does not know every escape.
            Err(_) if text.contains("\\u") => {
                parse_query(document.normalized_text()).map_err(|error| syntax_error(&error))?
            }
            // apollo-parser accepts some texts that are not GraphQL, such as an input field without a value.
            Err(error) => return Err(syntax_error(&error)),
        };
        check_document(&parsed).map_err(as_server_errors)?;
        let valid = validator.validate(document)?;
        Ok(Self { parsed, valid })
    }

    /// The document without its other operations: the executor would ask for their variables.
    pub fn of_operation(&self, name: Option<&str>) -> ExecutableDocument {
        let mut document = self.parsed.clone();
        if let (DocumentOperations::Multiple(operations), Some(wanted)) =
            (&mut document.operations, name)
        {
            operations.retain(|name, _| name == wanted);
        }
        document
    }
}

/// Without the parser's own text, which draws the place with several lines.
fn syntax_error(error: &parser::Error) -> Vec<ServerError> {
    let places = error.positions().collect();
    let mut error = ServerError::new("The operation is not valid GraphQL here.", None);
    error.locations = places;
    vec![error]
}

pub fn as_server_errors(error: Error) -> Vec<ServerError> {
    vec![async_graphql::Error::from(error).into_server_error(Pos::default())]
}

/// A document takes some twenty times as much memory as its text, which has 8 KiB at most.
const CAPACITY: usize = 128;

pub struct KnownTexts(Mutex<LruCache<Arc<str>, Arc<CheckedDocument>>>);

impl Default for KnownTexts {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(CAPACITY)))
    }
}

impl KnownTexts {
    pub fn get(&self, text: &str) -> Option<Arc<CheckedDocument>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(text).cloned()
    }

    pub fn remember(&self, text: Arc<str>, document: Arc<CheckedDocument>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(text, document);
    }
}
