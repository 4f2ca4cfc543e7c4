//! What mutations of many todos have in common.

use async_graphql::{Context, ID};
use sea_orm::{ConnectionTrait, IdenStatic as _, QueryResult, StatementBuilder};

use crate::{
    entity::todo::Column,
    graphql::{Error, ROUND_TRIP, context::begin, limits::MAX_NAMED},
};

pub fn check_number(argument: &str, number: usize) -> Result<(), Error> {
    if (1..=MAX_NAMED).contains(&number) {
        return Ok(());
    }
    Err(Error::bad_input(format!(
        "{argument} has {number} items; it should have 1 to {MAX_NAMED}."
    )))
}

/// What naming so many todos costs: each of them one for the change, and a tenth of what is asked
/// of it.
pub fn complexity(number: usize, child_complexity: usize) -> usize {
    ROUND_TRIP + number + child_complexity.saturating_mul(number) / 10
}

/// Runs a statement that returns the ids of what it changed, in a transaction of its own.
pub async fn changed(
    context: &Context<'_>,
    statement: &impl StatementBuilder,
) -> Result<Vec<ID>, Error> {
    let transaction = begin(context).await?.ending();
    let rows = transaction.query_all(statement).await?;
    let id = |row: QueryResult| row.try_get_by::<i64, _>(Column::Id.as_str());
    Ok(rows.into_iter().map(|row| id(row).map(ID::from)).collect::<Result<_, _>>()?)
}
