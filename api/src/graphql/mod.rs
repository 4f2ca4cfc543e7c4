//! The GraphQL API: see `schema.graphql` for what it offers.

mod answer;
mod big_int;
mod body;
mod columns;
mod context;
mod documents;
mod endpoint;
mod error;
mod global_id;
mod handler;
mod limits;
pub mod list;
mod loader;
mod many;
mod media_type;
mod model;
mod mutation;
mod probe;
mod query;
mod socket;
mod subscription;
mod texts;
mod validation;

use std::sync::Arc;

use async_graphql::{SchemaBuilder, ValidationMode};

pub use self::{
    answer::RequestId,
    context::Accounts,
    documents::{BadManifest, Manifest},
    endpoint::{Endpoint, Operations},
    error::{Code, Error},
    handler::{handler, refusal, request_id},
    mutation::ADD_TODOS,
    socket::{Sockets, socket},
};
use self::{
    limits::{BULK, MAX_COMPLEXITY, PASSWORD, ROUND_TRIP},
    mutation::Mutation,
    probe::Probe,
    query::Query,
    subscription::Subscription,
};
use crate::{live::Live, rls::Rls};

pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;
type SchemaParts = SchemaBuilder<Query, Mutation, Subscription>;

/// What the schema may show of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Introspection {
    Allowed,
    Refused,
}

/// The schema with its sources of data.
///
/// It only measures operations: [`Endpoint`] validates them before, by the whole specification.
pub fn schema(
    rls: &Rls,
    accounts: impl Accounts,
    live: &Live,
    introspection: Introspection,
) -> Schema {
    let accounts: Arc<dyn Accounts> = Arc::new(accounts);
    shown(builder(), introspection)
        .validation_mode(ValidationMode::Fast)
        .limit_complexity(MAX_COMPLEXITY)
        .data(rls.clone())
        .data(live.clone())
        .data(accounts)
        .finish()
}

/// The schema behind its validation and its limits, with the documents of these manifests.
pub async fn endpoint(
    schema: Schema,
    introspection: Introspection,
    manifests: &[Manifest],
    operations: Operations,
) -> Result<Endpoint, BadManifest> {
    let probe = shown(builder(), introspection).validation_mode(ValidationMode::Fast);
    Endpoint::new(schema, Probe::new(probe), manifests, operations).await
}

fn builder() -> SchemaParts {
    Schema::build(Query::default(), Mutation::default(), Subscription::default())
}

fn shown(builder: SchemaParts, introspection: Introspection) -> SchemaParts {
    match introspection {
        Introspection::Allowed => builder,
        Introspection::Refused => builder.disable_introspection().disable_suggestions(),
    }
}

/// The schema in SDL, as `schema.graphql` holds it.
pub fn sdl() -> String {
    let options = async_graphql::SDLExportOptions::new()
        .sorted_fields()
        .include_specified_by()
        .prefer_single_line_descriptions();
    builder().finish().sdl_with_options(options) + "\n"
}
