//! What the handlers share.

use std::{ops::Deref, sync::Arc};

use axum::extract::FromRef;
use supertokens::SuperTokens;

use crate::{
    connections::Connections,
    graphql::{Endpoint, GraphqlState, Sockets},
    health::HealthMonitor,
    live::Live,
    mail::Outbox,
    rls::Rls,
    shutdown::Shutdown,
};

/// Cheap to clone: each request has its own.
#[derive(Clone)]
pub struct AppState(Arc<Parts>);

#[derive(Clone)]
pub struct Parts {
    pub schema: Endpoint,
    pub supertokens: SuperTokens,
    pub rls: Rls,
    pub live: Live,
    pub health: HealthMonitor,
    pub sockets: Sockets,
    pub connections: Connections,
    pub shutdown: Shutdown,
    /// Where mails are kept that no server sends: in development.
    pub outbox: Option<Outbox>,
}

impl FromRef<AppState> for GraphqlState {
    fn from_ref(state: &AppState) -> Self {
        Self {
            endpoint: state.schema.clone(),
            supertokens: state.supertokens.clone(),
            sockets: state.sockets.clone(),
        }
    }
}

impl From<Parts> for AppState {
    fn from(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
