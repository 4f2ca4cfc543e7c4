//! The schema: every feature has a line in each of its root types. `schema.graphql` holds it in SDL.

mod node;

use std::sync::Arc;

use async_graphql::{MergedObject, MergedSubscription, Request, SchemaBuilder, ValidationMode};

use self::node::NodeQueries;
use crate::{
    account::{AccountMutations, AccountQueries, EmailLoader},
    graphql::{
        Accounts, BadManifest, Endpoint, Introspection, Manifest, Operations, Probe,
        limits::MAX_COMPLEXITY,
    },
    live::Live,
    rls::Rls,
    todos::{TodoLoader, TodoMutations, TodoQueries, TodoSubscriptions},
};

pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// What a signed-in user can read.
#[derive(MergedObject, Default)]
pub struct Query(AccountQueries, NodeQueries, TodoQueries);

/// What a signed-in user can change.
#[derive(MergedObject, Default)]
pub struct Mutation(TodoMutations, AccountMutations);

/// What a signed-in user can be told of as it happens: over a WebSocket, at `/graphql/ws`.
#[derive(MergedSubscription, Default)]
pub struct Subscription(TodoSubscriptions);

/// The loaders of the features, which belong to one request.
fn with_loaders(request: Request) -> Request {
    request.data(EmailLoader::default()).data(TodoLoader::default())
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
    builder(introspection)
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
    let probe = Probe::new(builder(introspection));
    Endpoint::new(schema, &sdl(), probe, with_loaders, manifests, operations).await
}

fn builder(introspection: Introspection) -> SchemaBuilder<Query, Mutation, Subscription> {
    let builder = Schema::build(Query::default(), Mutation::default(), Subscription::default())
        .validation_mode(ValidationMode::Fast);
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
    builder(Introspection::Allowed).finish().sdl_with_options(options) + "\n"
}
