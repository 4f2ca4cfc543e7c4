use async_graphql::{Context, Object, Result, SimpleObject};
use sea_orm::sea_query::{ExprTrait as _, Query};

use super::chunks::{Change, Changed, change};
use crate::todos::{
    entity::{Column, Entity},
    filter::TodoFilter,
    order::is_open,
};

/// What was completed.
#[derive(SimpleObject)]
pub struct CompleteAllPayload {
    /// How many todos this call completed.
    count: i32,
    /// Whether open todos are left because the call has used its time. Call it again to continue.
    has_more: bool,
}

#[derive(Default)]
pub struct CompleteAll;

#[Object]
impl CompleteAll {
    /// Completes the user's open todos, several thousand in each transaction, for up to 5 seconds. It is not all or nothing:
    /// an error does not undo what was completed before. Calling it again is safe.
    #[graphql(complexity = "crate::graphql::BULK + child_complexity")]
    async fn complete_all(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which todos; all of them when it is not given.")] filter: Option<
            TodoFilter,
        >,
    ) -> Result<Option<CompleteAllPayload>> {
        let complete = Query::update().table(Entity).value(Column::IsComplete, true).take();
        // As the index has it.
        let open = is_open().gte(true);
        let filter = filter.unwrap_or_default();
        let Changed { count, has_more } =
            change(context, &filter, open, Change::Update(complete)).await?;
        Ok(Some(CompleteAllPayload { count: i32::try_from(count).unwrap_or(i32::MAX), has_more }))
    }
}
