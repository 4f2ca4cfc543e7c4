//! The Core that is used: one elsewhere, or the development Core.

use std::net::Ipv4Addr;

use anyhow::Context as _;
use clock::Clock;
use secrecy::{ExposeSecret as _, SecretString};
use supertokens::core::Core;
use supertokens_dev_core::DevCore;
use url::Url;

use crate::{config::CoreSettings, sqlx_options::sqlx_options};

/// Where the Core is, and the development Core for as long as it is needed.
pub struct OpenedCore {
    pub uris: Vec<Url>,
    pub api_key: Option<SecretString>,
    dev_core: Option<DevCore>,
}

impl OpenedCore {
    /// Starts the development Core where the configuration names no other.
    pub async fn open(settings: CoreSettings, clock: Clock) -> anyhow::Result<Self> {
        let CoreSettings { uris, api_key, database_url, dev_core } = settings;
        if !uris.is_empty() {
            return Ok(Self { uris, api_key, dev_core: None });
        }
        let database_url = database_url.context("DATABASE_URL is not set")?;
        // Other programs of this machine can reach the port, but do not know the key.
        let api_key =
            api_key.unwrap_or_else(|| SecretString::from(uuid::Uuid::new_v4().to_string()));
        let api_key = Some(api_key);
        let options = supertokens_dev_core::Options {
            listen: (Ipv4Addr::LOCALHOST, dev_core.port.unwrap_or(0)).into(),
            api_key: api_key.clone(),
            access_token_validity: dev_core.access_token_validity,
            refresh_token_validity: dev_core.refresh_token_validity,
            clock,
            ..supertokens_dev_core::Options::new(sqlx_options(database_url.expose_secret())?)
        };
        let dev_core =
            supertokens_dev_core::start(options).await.context("the development Core")?;
        let uri = dev_core.url();
        tracing::info!(%uri, "the development Core is up: for development, not for production");
        Ok(Self { uris: vec![uri], api_key, dev_core: Some(dev_core) })
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
        if let Some(dev_core) = self.dev_core {
            dev_core.stop().await;
        }
    }
}
