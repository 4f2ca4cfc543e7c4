use async_graphql::{Context, ID, Object, Result, SimpleObject};
use sea_orm::sea_query::Expr;

use super::change::change_all;
use crate::{
    graphql::many::{self, check_number},
    todos::{entity::Column, node::Todo},
};

/// What was set.
#[derive(SimpleObject)]
pub struct SetTodosCompletePayload {
    /// The todos after the change, in the order of their ids in `ids`, each once.
    todos: Vec<Todo>,
}

#[derive(Default)]
pub struct SetTodosComplete;

#[Object]
impl SetTodosComplete {
    /// Marks todos as done or as open: all of them, or none when one of the ids names no todo.
    #[graphql(complexity = "many::complexity(ids.len(), child_complexity)")]
    async fn set_todos_complete(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which todos, 1 to 100.")] ids: Vec<ID>,
        #[graphql(desc = "Whether they are done from now on.")] is_complete: bool,
    ) -> Result<Option<SetTodosCompletePayload>> {
        check_number("ids", ids.len())?;
        let state = (Column::IsComplete, Expr::value(is_complete));
        Ok(Some(SetTodosCompletePayload { todos: change_all(context, &ids, [state]).await? }))
    }
}
