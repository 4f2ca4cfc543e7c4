use async_graphql::{Context, Object, Result, SimpleObject};

use super::add::{AddTodoInput, NewTodo, add, shares_a_key};
use crate::{
    graphql::{
        Error,
        many::{self, check_number},
    },
    todos::node::Todo,
};

/// What was added.
#[derive(SimpleObject)]
pub struct AddTodosPayload {
    /// The todos as they were added, in the order of the inputs; those that were there, where
    /// their keys say so.
    todos: Vec<Todo>,
}

#[derive(Default)]
pub struct AddTodos;

#[Object]
impl AddTodos {
    /// Adds open todos for the user: all of them, or none when one is refused.
    #[graphql(complexity = "many::complexity(inputs.len(), child_complexity)")]
    async fn add_todos(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The todos, 1 to 100, of which no two have the same key.")] inputs: Vec<
            AddTodoInput,
        >,
    ) -> Result<Option<AddTodosPayload>> {
        check_number("inputs", inputs.len())?;
        let new = inputs.into_iter().map(NewTodo::try_from).collect::<Result<Vec<_>, Error>>()?;
        if shares_a_key(&new) {
            return Err(Error::bad_input("Two of the inputs have the same key.").into());
        }
        Ok(Some(AddTodosPayload { todos: add(context, &new).await? }))
    }
}
