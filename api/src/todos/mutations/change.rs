//! A change of todos by their ids, in one statement and one transaction.

use std::collections::HashSet;

use async_graphql::{Context, ID};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::SimpleExpr};

use crate::{
    graphql::{Error, context::begin, global_id},
    todos::{
        ID_PREFIX,
        entity::{Column, Entity},
        node::Todo,
    },
};

/// Sets `columns` of the todo `id`. Another user's todo is not found, like one that never was.
pub async fn change(
    context: &Context<'_>,
    id: &ID,
    columns: impl IntoIterator<Item = (Column, SimpleExpr)>,
) -> Result<Todo, Error> {
    change_all(context, std::slice::from_ref(id), columns).await?.pop().ok_or(Error::NotFound)
}

/// As [`change`], of all todos that are named or, when one is not found, of none. Answers them in
/// the order of their ids, each once.
pub async fn change_all(
    context: &Context<'_>,
    ids: &[ID],
    columns: impl IntoIterator<Item = (Column, SimpleExpr)>,
) -> Result<Vec<Todo>, Error> {
    let mut numbers =
        ids.iter().map(|id| global_id::decode(ID_PREFIX, id)).collect::<Result<Vec<_>, _>>()?;
    let mut seen = HashSet::new();
    numbers.retain(|number| seen.insert(*number));

    let mut transaction = begin(context).await?;
    if numbers.len() == 1 {
        // Found or not, there is nothing to take back.
        transaction = transaction.ending();
    }
    let update = columns.into_iter().fold(
        Entity::update_many().filter(Column::Id.eq_any(numbers.iter().copied())),
        |update, (column, value)| update.col_expr(column, value),
    );
    let mut changed = update.exec_with_returning(&transaction).await?;
    if changed.len() < numbers.len() {
        return Err(Error::NotFound);
    }
    transaction.commit().await?;
    changed.sort_by_key(|todo| numbers.iter().position(|number| *number == todo.id));
    Ok(changed.into_iter().map(Todo::from).collect())
}
