//! What the handlers share; cheap to clone.

use crate::{
    graphql::{Endpoint, Sockets},
    live::Live,
    mail::Outbox,
    rls::Rls,
    supertokens::SuperTokens,
};

#[derive(Clone)]
pub struct AppState {
    pub schema: Endpoint,
    pub supertokens: SuperTokens,
    pub rls: Rls,
    pub live: Live,
    pub sockets: Sockets,
    /// Where mails are kept that no server sends: in development.
    pub outbox: Option<Outbox>,
}
