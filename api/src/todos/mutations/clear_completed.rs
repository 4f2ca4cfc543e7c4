use async_graphql::{Context, Object, Result, SimpleObject};
use sea_orm::sea_query::{ExprTrait as _, Query};

use super::chunks::{Change, Changed, change};
use crate::todos::{entity::Entity, filter::TodoFilter, order::is_open};

/// What was cleared.
#[derive(SimpleObject)]
pub struct ClearCompletedPayload {
    /// How many todos this call deleted.
    count: i32,
    /// Whether completed todos are left because the call has used its time. Call it again to continue.
    has_more: bool,
}

#[derive(Default)]
pub struct ClearCompleted;

#[Object]
impl ClearCompleted {
    /// Deletes the user's completed todos for good, several thousand in each transaction, for up to 5 seconds. It is not all
    /// or nothing: an error does not undo what was deleted before. Calling it again is safe.
    #[graphql(complexity = "crate::graphql::BULK + child_complexity")]
    async fn clear_completed(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which todos; all of them when it is not given.")] filter: Option<
            TodoFilter,
        >,
    ) -> Result<Option<ClearCompletedPayload>> {
        let delete = Query::delete().from_table(Entity).take();
        // As the index has it.
        let completed = is_open().lte(false);
        let filter = filter.unwrap_or_default();
        let Changed { count, has_more } =
            change(context, &filter, completed, Change::Delete(delete)).await?;
        Ok(Some(ClearCompletedPayload {
            count: i32::try_from(count).unwrap_or(i32::MAX),
            has_more,
        }))
    }
}
