//! A change of one todo, in one statement and one transaction.

use async_graphql::{Context, ID};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::SimpleExpr};

use crate::{
    entity::todo::{Column, Entity},
    graphql::{
        Error,
        context::begin,
        model::todo::{Todo, parse_id},
    },
};

/// Sets `columns` of the todo `id`. Another user's todo is not found, like one that never was.
pub async fn change(
    context: &Context<'_>,
    id: &ID,
    columns: impl IntoIterator<Item = (Column, SimpleExpr)>,
) -> Result<Todo, Error> {
    let id = parse_id(id)?;
    let transaction = begin(context).await?;
    let update = columns
        .into_iter()
        .fold(Entity::update_many().filter(Column::Id.eq(id)), |update, (column, value)| {
            update.col_expr(column, value)
        });
    let changed = update.exec_with_returning(&transaction).await?;
    let todo = changed.into_iter().next().ok_or(Error::NotFound)?;
    transaction.commit().await?;
    Ok(todo.into())
}
