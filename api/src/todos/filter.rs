//! Which todos a list has.

use async_graphql::InputObject;
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, Value,
    sea_query::{Expr, ExprTrait, LikeExpr, extension::postgres::PgExpr},
};

use super::{cursor::is_storable, entity::Column, order::is_open};
use crate::{graphql::Error, rls::Work};

const MAX_TEXT: usize = 100;

/// Which todos are listed: those that meet every condition given.
#[derive(InputObject, Debug, Default)]
pub struct TodoFilter {
    /// Only those that are done, or only those that are open.
    pub is_complete: Option<bool>,
    /// Only those whose task has this text in it, in capitals or not: 1 to 100 characters.
    pub task_contains: Option<String>,
    /// Only those that were added after this moment.
    pub inserted_after: Option<DateTime<Utc>>,
    /// Only those that were added before this moment.
    pub inserted_before: Option<DateTime<Utc>>,
}

impl TodoFilter {
    /// Refuses what cannot be meant, and what the database could not compare with.
    pub fn check(&self) -> Result<(), Error> {
        let moments = self.inserted_after.iter().chain(&self.inserted_before);
        if moments.copied().any(|moment| !is_storable(moment)) {
            let text = "insertedAfter and insertedBefore may be of the years 1 to 9999.";
            return Err(Error::bad_input(text));
        }
        match self.task_contains.as_deref().map(|text| (text.chars().count(), text.contains('\0')))
        {
            Some((0, _)) => Err(Error::bad_input("taskContains is empty: leave it out.")),
            Some((_, true)) => Err(Error::bad_input("No task holds a NUL character.")),
            Some((length, _)) if length > MAX_TEXT => Err(Error::bad_input(format!(
                "taskContains has {length} characters; it may have up to {MAX_TEXT}."
            ))),
            _ => Ok(()),
        }
    }

    /// What a statement with this filter does. Its transaction is opened for this work.
    pub fn work(&self) -> Work {
        if self.task_contains.is_some() { Work::Search } else { Work::Lookup }
    }

    /// The error of a statement with this filter, with words for a search that took too long.
    pub fn explain(&self, error: Error) -> Error {
        match (self.work(), error) {
            (Work::Search, Error::StatementTimeout(_)) => Error::bad_input(
                "The search took too long and was stopped. Search only open or only completed todos \
                 (isComplete), or a shorter period (insertedAfter, insertedBefore).",
            ),
            (_, error) => error,
        }
    }

    /// Text is looked for in the todos of one user, one after the other: no index serves it.
    pub fn condition(&self) -> Condition {
        // With `=`, PostgreSQL would rewrite a condition on a boolean until the index has it no more.
        let state = self.is_complete.map(|is_complete| {
            if is_complete { is_open().lte(false) } else { is_open().gte(true) }
        });
        let text = self.task_contains.as_deref();
        Condition::all()
            .add_option(state)
            .add_option(
                text.map(|text| Expr::col(Column::Task).ilike(LikeExpr::new(containing(text)))),
            )
            .add_option(self.inserted_after.map(|moment| Column::InsertedAt.gt(moment)))
            .add_option(self.inserted_before.map(|moment| Column::InsertedAt.lt(moment)))
    }

    /// The parameters of the condition, in its order.
    pub fn values(&self, to: &mut Vec<Value>) {
        to.extend(self.is_complete.map(|is_complete| Value::from(!is_complete)));
        to.extend(self.task_contains.as_deref().map(|text| Value::from(containing(text))));
        to.extend(self.inserted_after.map(Value::from));
        to.extend(self.inserted_before.map(Value::from));
    }
}

/// A pattern in which every character of the text stands for itself.
fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}
