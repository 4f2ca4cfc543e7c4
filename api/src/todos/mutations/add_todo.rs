use async_graphql::{Context, Object, Result, SimpleObject};

use super::add::{AddTodoInput, add};
use crate::{graphql::Error, todos::node::Todo};

/// What was added.
#[derive(SimpleObject)]
pub struct AddTodoPayload {
    /// The todo as it was added; the one that was there, when its key says so.
    todo: Todo,
}

#[derive(Default)]
pub struct AddTodo;

#[Object]
impl AddTodo {
    /// Adds an open todo for the user.
    #[graphql(complexity = "crate::graphql::ROUND_TRIP + child_complexity")]
    async fn add_todo(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The todo.")] input: AddTodoInput,
    ) -> Result<Option<AddTodoPayload>> {
        let added = add(context, &[input.try_into()?]).await?.pop();
        let todo = added.ok_or_else(|| Error::Internal("what was added is missing".into()))?;
        Ok(Some(AddTodoPayload { todo }))
    }
}
