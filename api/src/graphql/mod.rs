//! GraphQL over HTTP and over a WebSocket: everything that knows no table.

mod answer;
pub mod big_int;
mod body;
pub mod context;
mod documents;
mod endpoint;
mod error;
mod execute;
pub mod global_id;
mod handler;
pub mod limits;
pub mod many;
mod media_type;
mod probe;
mod socket;
mod texts;
mod validation;

pub use self::{
    answer::RequestId,
    context::Accounts,
    documents::{BadManifest, Manifest},
    endpoint::{Endpoint, Operations},
    error::{Code, Error},
    handler::{GraphqlState, handler, refusal, request_id},
    limits::{BULK, PASSWORD, ROUND_TRIP},
    probe::Probe,
    socket::{Sockets, socket},
};

/// What the schema may show of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Introspection {
    Allowed,
    Refused,
}
