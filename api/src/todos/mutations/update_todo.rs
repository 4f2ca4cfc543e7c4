use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use sea_orm::sea_query::Expr;

use super::change::change;
use crate::{
    graphql::Error,
    todos::{
        entity::Column,
        node::{Todo, parse_task},
    },
};

/// What to change of a todo; what is not given stays as it is.
#[derive(InputObject)]
pub struct UpdateTodoInput {
    /// Which todo.
    id: ID,
    /// The new text: 1 to 1,000 characters after trimming.
    task: Option<String>,
    /// Whether it is done.
    is_complete: Option<bool>,
}

/// What was changed.
#[derive(SimpleObject)]
pub struct UpdateTodoPayload {
    /// The todo after the change.
    todo: Todo,
}

#[derive(Default)]
pub struct UpdateTodo;

#[Object]
impl UpdateTodo {
    /// Changes the text of a todo, whether it is done, or both.
    #[graphql(complexity = "crate::graphql::ROUND_TRIP + child_complexity")]
    async fn update_todo(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The todo and its changes.")] input: UpdateTodoInput,
    ) -> Result<Option<UpdateTodoPayload>> {
        let mut columns = Vec::new();
        if let Some(task) = &input.task {
            columns.push((Column::Task, Expr::value(parse_task(task)?)));
        }
        if let Some(is_complete) = input.is_complete {
            columns.push((Column::IsComplete, Expr::value(is_complete)));
        }
        if columns.is_empty() {
            return Err(Error::bad_input("Give task, isComplete or both.").into());
        }
        Ok(Some(UpdateTodoPayload { todo: change(context, &input.id, columns).await? }))
    }
}
