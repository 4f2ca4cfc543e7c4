//! One file a query.

mod session;
mod sessions;

use async_graphql::MergedObject;

/// The queries of this feature.
#[derive(MergedObject, Default)]
pub struct AccountQueries(session::SessionQuery, sessions::SessionsQuery);
