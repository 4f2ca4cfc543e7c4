//! The GraphQL API: see `schema.graphql` for what it offers.

mod answer;
mod body;
mod columns;
mod context;
mod documents;
mod endpoint;
mod error;
mod handler;
mod limits;
pub mod list;
mod loader;
mod model;
mod mutation;
mod probe;
mod query;
mod socket;
mod subscription;
mod texts;
mod valid;

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

/// The schema, twice: what was found valid before need not be checked again.
pub struct Schemas {
    /// Checks all that the specification asks for.
    pub checking: Schema,
    /// Measures what an operation costs, and believes the rest.
    trusting: Schema,
}

/// The schema with its sources of data.
pub fn schemas(
    rls: &Rls,
    accounts: impl Accounts,
    live: &Live,
    introspection: Introspection,
) -> Schemas {
    let accounts: Arc<dyn Accounts> = Arc::new(accounts);
    let schema = |mode| {
        shown(builder(), introspection)
            .validation_mode(mode)
            .limit_complexity(MAX_COMPLEXITY)
            .data(rls.clone())
            .data(live.clone())
            .data(Arc::clone(&accounts))
            .finish()
    };
    Schemas { checking: schema(ValidationMode::Strict), trusting: schema(ValidationMode::Fast) }
}

/// The schema behind its limits, which knows the documents of these manifests.
pub async fn endpoint(
    schemas: Schemas,
    introspection: Introspection,
    manifests: &[Manifest],
    operations: Operations,
) -> Result<Endpoint, BadManifest> {
    let probe = Probe::new(shown(builder(), introspection));
    Endpoint::new(schemas, probe, manifests, operations).await
}

fn builder() -> SchemaParts {
    Schema::build(Query::default(), Mutation::default(), Subscription::default())
        // No field has it: it is what `extensions.code` holds.
        .register_output_type::<Code>()
}

fn shown(builder: SchemaParts, introspection: Introspection) -> SchemaParts {
    match introspection {
        Introspection::Allowed => builder,
        Introspection::Refused => builder.disable_introspection().disable_suggestions(),
    }
}

/// The schema in SDL, as `schema.graphql` holds it.
pub fn sdl() -> String {
    let options =
        async_graphql::SDLExportOptions::new().sorted_fields().prefer_single_line_descriptions();
    builder().finish().sdl_with_options(options) + "\n"
}
