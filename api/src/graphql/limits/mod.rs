//! What one operation may ask for. `docs/api.md` has the same table in words.
//!
//! The parser follows whatever nesting it meets, and what checks a document follows every fragment
//! as often as it is named. So cheap counts come first, and each answers before the next step has
//! anything to follow: the text's tokens, the variables, then the document's fragments.

mod document;
mod subscription;
mod text;
mod variables;

use std::fmt;

use async_graphql::{Variables, parser::types::ExecutableDocument};

pub use self::subscription::check as check_subscription;
use super::Error;

/// Of the text, in bytes. The body of a request may be larger: it has the variables, too. The parser
/// goes over a comment once for each thing that could follow it.
const MAX_BYTES: usize = 8 * 1024;
/// Of the text. GraphiQL asks for the schema with 300.
const MAX_TOKENS: usize = 1_000;
/// Brackets in brackets; as deep, too, with each fragment in its place.
const MAX_NESTING: usize = 32;
const MAX_ALIASES: usize = 50;
const MAX_DIRECTIVES: usize = 20;
/// Fields and fragments, with each fragment in each of its places.
const MAX_SELECTIONS: usize = 1_000;
/// Fields in fields. GraphiQL asks for the schema 15 deep.
const MAX_DEPTH: usize = 16;
/// Objects, lists and the values in them, of all variables together.
const MAX_VALUES: usize = 1_000;
const MAX_VALUE_NESTING: usize = 16;

/// What an operation may cost: a point for a field, unless the field says otherwise.
pub const MAX_COMPLEXITY: usize = 1_000;
/// The cost of a field that opens a transaction or calls the Core: an operation has room for few.
pub const ROUND_TRIP: usize = 25;
/// The cost of a field that makes the Core hash a password, or asks it dozens of times: one an operation.
pub const PASSWORD: usize = MAX_COMPLEXITY / 2;
/// The cost of a field that changes as many rows as there are, for seconds: one an operation.
pub const BULK: usize = MAX_COMPLEXITY / 2;

/// How many todos a page may have, and how many it has when nobody says.
pub const MAX_PAGE: i32 = 100;
pub const DEFAULT_PAGE: i32 = 50;
/// How many todos a mutation may name.
pub const MAX_NAMED: usize = 100;

/// How many errors an answer may hold: each field of a faulty operation could have several.
pub const MAX_ERRORS: usize = 50;

/// Refuses a text that is not to be parsed.
pub fn check_text(text: &str) -> Result<(), Error> {
    bound("has", text.len(), "bytes", MAX_BYTES)?;
    let counts = text::count(text)
        .map_err(|_| Error::bad_input("The operation has a string that does not end."))?;
    bound("has", counts.tokens, "tokens", MAX_TOKENS)?;
    bound("is nested", counts.nesting, "deep", MAX_NESTING)?;
    bound("has", counts.aliases, "aliases", MAX_ALIASES)?;
    bound("has", counts.directives, "directives", MAX_DIRECTIVES)
}

/// Refuses a document whose fragments make it larger than it looks.
pub fn check_document(document: &ExecutableDocument) -> Result<(), Error> {
    let size = document::measure(document)?;
    bound("is nested", size.nesting, "deep", MAX_NESTING)?;
    bound("has", size.depth, "fields in each other", MAX_DEPTH)?;
    bound("has", size.selections, "fields and fragments", MAX_SELECTIONS)
}

/// Refuses variables that are too large to be looked at once for each place they stand in.
pub fn check_variables(variables: &Variables) -> Result<(), Error> {
    let size = variables::measure(variables);
    let values = "The operation's variables";
    exceeds(values, "have", size.values, "values", MAX_VALUES)?;
    exceeds(values, "are nested", size.nesting, "deep", MAX_VALUE_NESTING)
}

/// Refuses an operation of this complexity.
pub fn check_complexity(complexity: usize) -> Result<(), Error> {
    bound("costs", complexity, "points", MAX_COMPLEXITY)
}

fn bound(verb: &str, number: usize, of_what: &str, most: usize) -> Result<(), Error> {
    exceeds("The operation", verb, number, of_what, most)
}

fn exceeds(
    whose: &str,
    verb: impl fmt::Display,
    number: usize,
    of_what: &str,
    most: usize,
) -> Result<(), Error> {
    if number <= most {
        return Ok(());
    }
    Err(Error::bad_input(format!("{whose} {verb} {number} {of_what}; up to {most} are allowed.")))
}
