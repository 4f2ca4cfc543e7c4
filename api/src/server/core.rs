//! The Core that is used: one elsewhere, or the embedded one.

use std::net::Ipv4Addr;

use anyhow::Context as _;
use secrecy::SecretString;
use url::Url;

use crate::{
    clock::Clock,
    config::CoreSettings,
    embedded_core::{self, EmbeddedCore},
    supertokens::core::Core,
};

/// Where the Core is, and the embedded one for as long as it is needed.
pub struct OpenedCore {
    pub uris: Vec<Url>,
    pub api_key: Option<SecretString>,
    embedded: Option<EmbeddedCore>,
}

impl OpenedCore {
    /// Starts the embedded Core where the configuration names no other.
    pub async fn open(settings: CoreSettings, clock: Clock) -> anyhow::Result<Self> {
        let CoreSettings { uris, api_key, database_url, embedded } = settings;
        if !uris.is_empty() {
            return Ok(Self { uris, api_key, embedded: None });
        }
        let database_url = database_url.context("DATABASE_URL is not set")?;
        // Other programs of this machine can reach the port, but do not know the key.
        let api_key =
            api_key.unwrap_or_else(|| SecretString::from(uuid::Uuid::new_v4().to_string()));
        let api_key = Some(api_key);
        let options = embedded_core::Options {
            listen: (Ipv4Addr::LOCALHOST, embedded.port.unwrap_or(0)).into(),
            api_key: api_key.clone(),
            access_token_validity: embedded.access_token_validity,
            refresh_token_validity: embedded.refresh_token_validity,
            clock,
            ..embedded_core::Options::new(database_url)
        };
        let embedded = embedded_core::start(options).await.context("the embedded Core")?;
        let uri = embedded.url();
        tracing::info!(%uri, "the embedded Core is up: for development, not for production");
        Ok(Self { uris: vec![uri], api_key, embedded: Some(embedded) })
    }

    /// Fails if the Core rejects the API key or the address. A Core that is unavailable may come later.
    pub async fn check(&self) -> anyhow::Result<()> {
        let client = self.client().context("the HTTP client")?;
        match client.check().await {
            Err(error) if error.is_misconfiguration() => Err(error.into()),
            Err(error) => {
                tracing::warn!(%error, "the Core cannot be used yet: nobody can sign in");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    pub fn client(&self) -> Result<Core, reqwest::Error> {
        Core::new(self.uris.clone(), self.api_key.clone())
    }

    pub async fn close(self) {
        if let Some(embedded) = self.embedded {
            embedded.stop().await;
        }
    }
}
