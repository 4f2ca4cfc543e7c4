use async_graphql::{Context, ID, Object, Result, SimpleObject};
use sea_orm::sea_query::{Expr, ExprTrait, Query};

use super::many::changed;
use crate::entity::todo::{Column, Entity};

/// What was completed.
#[derive(SimpleObject)]
pub struct CompleteAllPayload {
    /// The ids of the todos that were open and now are done, in no order.
    completed_ids: Vec<ID>,
}

#[derive(Default)]
pub struct CompleteAll;

#[Object]
impl CompleteAll {
    /// Marks every open todo of the user as done.
    #[graphql(complexity = "crate::graphql::BULK + child_complexity")]
    async fn complete_all(&self, context: &Context<'_>) -> Result<CompleteAllPayload> {
        let complete = Query::update()
            .table(Entity)
            .value(Column::IsComplete, true)
            .and_where(Expr::col(Column::IsComplete).not())
            .returning_col(Column::Id)
            .to_owned();
        Ok(CompleteAllPayload { completed_ids: changed(context, &complete).await? })
    }
}
