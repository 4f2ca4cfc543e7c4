use async_graphql::{Context, ID, Object, Result, SimpleObject};
use sea_orm::sea_query::{Expr, ExprTrait};

use super::change::change;
use crate::todos::{entity::Column, node::Todo};

/// What was toggled.
#[derive(SimpleObject)]
pub struct ToggleTodoPayload {
    /// The todo after the change.
    todo: Todo,
}

#[derive(Default)]
pub struct ToggleTodo;

#[Object]
impl ToggleTodo {
    /// Marks an open todo as done, and a done one as open again.
    #[graphql(complexity = "crate::graphql::ROUND_TRIP + child_complexity")]
    async fn toggle_todo(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of the todo.")] id: ID,
    ) -> Result<Option<ToggleTodoPayload>> {
        let toggled = (Column::IsComplete, Expr::col(Column::IsComplete).not());
        Ok(Some(ToggleTodoPayload { todo: change(context, &id, [toggled]).await? }))
    }
}
