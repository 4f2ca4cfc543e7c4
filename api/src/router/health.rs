//! Whether what the service needs is there.

use axum::http::StatusCode;
use sea_orm::DbErr;
use serde_json::{Value, json};

use crate::{state::AppState, supertokens::core::CoreError};

/// What was found at one look.
pub(super) struct Health {
    database: Result<(), DbErr>,
    keys: bool,
    core: Result<(), CoreError>,
    is_listening: bool,
    is_leaving: bool,
}

impl Health {
    pub async fn look(state: &AppState) -> Self {
        let supertokens = &state.supertokens;
        let (database, keys, core) = tokio::join!(
            state.rls.ping(),
            supertokens.can_check_sessions(),
            supertokens.can_sign_in()
        );
        Self {
            database,
            keys,
            core,
            is_listening: state.live.is_listening(),
            is_leaving: state.shutdown.has_begun(),
        }
    }

    pub fn status(&self) -> StatusCode {
        if self.database.is_ok() && self.keys && !self.is_leaving {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        }
    }

    /// For the world: a word each.
    pub fn words(&self) -> Value {
        let word = |ok| if ok { "ok" } else { "unavailable" };
        self.with_end(json!({
            "database": word(self.database.is_ok()),
            "keys": word(self.keys),
            "core": word(self.core.is_ok()),
            "live": word(self.is_listening),
        }))
    }

    /// For operators: what is wrong with each.
    pub fn reasons(&self) -> Value {
        let ok = || "ok".to_owned();
        let told = |is_fine, reason: &str| if is_fine { ok() } else { reason.to_owned() };
        self.with_end(json!({
            "database": self.database.as_ref().map_or_else(ToString::to_string, |()| ok()),
            "keys": told(self.keys, "no signing key was fetched from the Core yet"),
            "core": self.core.as_ref().map_or_else(ToString::to_string, |()| ok()),
            "live": told(self.is_listening, "nobody listens: changes are told after a reconnect"),
        }))
    }

    /// Why it is not ready although nothing is missing.
    fn with_end(&self, mut told: Value) -> Value {
        if self.is_leaving {
            told["service"] = "stopping".into();
        }
        told
    }
}
