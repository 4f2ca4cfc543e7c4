//! Requests to the service: GraphQL and plain HTTP.

pub mod api;
pub mod documents;
pub mod error;
pub mod graphql;
pub mod http;
pub mod prefetch;
