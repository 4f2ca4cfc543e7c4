use async_graphql::{Context, Subscription};
use futures_util::{Stream, StreamExt as _, stream};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use supertokens::Claims;

use super::{
    ID_PREFIX,
    change::{TodoChange, TodoChangeKind},
    entity::{Column, Entity, Model},
};
use crate::{
    graphql::{Error, big_int::BigInt, context::claims, global_id},
    live::{Batch, Change, Kind, Live},
    rls::{Access, Rls, Role},
};

#[derive(Default)]
pub struct TodoSubscriptions;

#[Subscription]
impl TodoSubscriptions {
    /// The changes of the user's todos from now on, whoever made them, wherever. Begins with a
    /// `REFETCH`: whoever reads the list then, and after every later one, misses nothing. Changes
    /// of one todo that follow each other quickly may come as one.
    #[graphql(complexity = "crate::graphql::ROUND_TRIP + child_complexity")]
    async fn todo_changed(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<impl Stream<Item = TodoChange> + use<>> {
        let source = |error: async_graphql::Error| Error::Internal(error.message);
        let claims = claims(context)?.clone();
        let rls = context.data::<Rls>().map_err(source)?.clone();
        let live = context.data::<Live>().map_err(source)?.clone();
        let changes = live.subscribe(claims.user_id());
        let batches = stream::unfold(
            (changes, Reader { rls, live, claims }),
            async |(mut changes, reader)| {
                let told = reader.tell(changes.next().await).await;
                Some((stream::iter(told), (changes, reader)))
            },
        );
        Ok(batches.flatten())
    }
}

/// Reads as one user.
struct Reader {
    rls: Rls,
    live: Live,
    claims: Claims,
}

impl Reader {
    async fn tell(&self, batch: Batch) -> Vec<TodoChange> {
        let Batch::Changes(changes) = batch else {
            return vec![TodoChange::refetch()];
        };
        match self.read(&changes).await {
            Ok(rows) => pair(&changes, rows),
            // Whoever reads the list again is told what is the matter, or that it is over.
            Err(error) => {
                tracing::warn!(%error, "changed todos could not be read");
                vec![TodoChange::refetch()]
            }
        }
    }

    /// What the user sees of these todos, in one transaction of theirs.
    async fn read(&self, changes: &[Change]) -> Result<Vec<Model>, DbErr> {
        let _turn = self.live.turn().await;
        let transaction = self.rls.begin(Role::Authenticated, Access::Read, &self.claims).await?;
        let ids = changes.iter().map(|change| change.id);
        Entity::find().filter(Column::Id.eq_any(ids)).all(&transaction.ending()).await
    }
}

/// A todo that its user does not see is gone, whatever was said of it, and one that they see is there.
fn pair(changes: &[Change], mut rows: Vec<Model>) -> Vec<TodoChange> {
    let tell = |change: &Change| {
        let row = rows.iter().position(|row| row.id == change.id).map(|row| rows.swap_remove(row));
        let kind = match (change.kind, &row) {
            (_, None) => TodoChangeKind::Deleted,
            (Kind::Added, Some(_)) => TodoChangeKind::Added,
            (Kind::Updated | Kind::Deleted, Some(_)) => TodoChangeKind::Updated,
        };
        let revision = match (change.kind, &row) {
            (_, Some(row)) => row.revision,
            (Kind::Deleted, None) => change.revision,
            // Deleted since this change, which another notification is about.
            (Kind::Added | Kind::Updated, None) => change.revision + 1,
        };
        TodoChange {
            kind,
            todo_id: Some(global_id::encode(ID_PREFIX, change.id)),
            revision: Some(BigInt(revision)),
            todo: row.map(Into::into),
        }
    };
    changes.iter().map(tell).collect()
}
