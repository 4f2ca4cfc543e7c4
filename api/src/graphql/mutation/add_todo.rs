use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use sea_orm::{ActiveModelTrait, ActiveValue::Set};

use crate::{
    entity::todo,
    graphql::{
        Error,
        context::begin,
        model::todo::{Todo, parse_task},
    },
};

/// A todo to add.
#[derive(InputObject)]
pub struct AddTodoInput {
    /// What there is to do: 1 to 1,000 characters after trimming.
    task: String,
}

/// What was added.
#[derive(SimpleObject)]
pub struct AddTodoPayload {
    /// The todo as it was added.
    todo: Todo,
}

#[derive(Default)]
pub struct AddTodo;

#[Object]
impl AddTodo {
    /// Adds an open todo for the user.
    #[graphql(complexity = "crate::graphql::ROUND_TRIP + child_complexity")]
    async fn add_todo(&self, context: &Context<'_>, input: AddTodoInput) -> Result<AddTodoPayload> {
        let task = parse_task(&input.task)?;
        let transaction = begin(context).await?;
        // Whose it is, the database takes from the claims.
        let new = todo::ActiveModel { task: Set(task), ..Default::default() };
        let added = new.insert(&transaction).await.map_err(Error::from)?;
        transaction.commit().await.map_err(Error::from)?;
        Ok(AddTodoPayload { todo: added.into() })
    }
}
