use async_graphql::{Context, ID, Object, Result, SimpleObject};
use sea_orm::sea_query::{Expr, Query};

use super::many::changed;
use crate::entity::todo::{Column, Entity};

/// What was cleared.
#[derive(SimpleObject)]
pub struct ClearCompletedPayload {
    /// The ids of the todos that are gone, in no order.
    deleted_ids: Vec<ID>,
}

#[derive(Default)]
pub struct ClearCompleted;

#[Object]
impl ClearCompleted {
    /// Deletes every todo of the user that is done, for good.
    #[graphql(complexity = "crate::graphql::BULK + child_complexity")]
    async fn clear_completed(&self, context: &Context<'_>) -> Result<ClearCompletedPayload> {
        let delete = Query::delete()
            .from_table(Entity)
            .and_where(Expr::col(Column::IsComplete))
            .returning_col(Column::Id)
            .to_owned();
        Ok(ClearCompletedPayload { deleted_ids: changed(context, &delete).await? })
    }
}
