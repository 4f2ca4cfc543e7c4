//! The GraphQL API: see `schema.graphql` for what it offers.

mod context;
mod error;
mod fragments;
mod handler;
pub mod list;
mod model;
mod mutation;
mod query;

use async_graphql::{EmptySubscription, SchemaBuilder};

pub use self::{
    context::Accounts,
    error::{Code, Error},
    handler::handler,
};
use self::{mutation::Mutation, query::Query};
use crate::rls::Rls;

pub type Schema = async_graphql::Schema<Query, Mutation, EmptySubscription>;

/// Bounds on one request. The page's own operations stay far below.
/// GraphiQL asks for the schema 15 levels deep.
const MAX_DEPTH: usize = 16;
const MAX_COMPLEXITY: usize = 1_000;
/// The cost of a field that opens a transaction or calls the Core: a request has room for few.
const ROUND_TRIP: usize = 25;
/// The cost of a field that makes the Core hash a password: one a request.
const PASSWORD: usize = MAX_COMPLEXITY / 2;
/// The cost of a field that changes whatever there is of a user's.
const BULK: usize = 4 * ROUND_TRIP;
const MAX_DIRECTIVES: usize = 10;

/// What the schema may show of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Introspection {
    Allowed,
    Refused,
}

/// The schema with its sources of data.
pub fn schema(rls: Rls, accounts: impl Accounts, introspection: Introspection) -> Schema {
    let builder = builder().data(rls).data(Box::new(accounts) as Box<dyn Accounts>);
    match introspection {
        Introspection::Allowed => builder,
        Introspection::Refused => builder.disable_introspection().disable_suggestions(),
    }
    .finish()
}

fn builder() -> SchemaBuilder<Query, Mutation, EmptySubscription> {
    Schema::build(Query::default(), Mutation::default(), EmptySubscription)
        .limit_depth(MAX_DEPTH)
        .limit_complexity(MAX_COMPLEXITY)
        .limit_directives(MAX_DIRECTIVES)
}

/// The schema in SDL, as `schema.graphql` holds it.
pub fn sdl() -> String {
    let options =
        async_graphql::SDLExportOptions::new().sorted_fields().prefer_single_line_descriptions();
    builder().finish().sdl_with_options(options) + "\n"
}
