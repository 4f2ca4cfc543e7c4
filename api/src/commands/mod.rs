//! What administrators and their tools do from a shell: on the Core that the service uses, on the
//! database, and on the service.

pub mod dashboard;
pub mod healthcheck;
pub mod migrate;
pub mod rls_lint;
pub mod roles;
pub mod settings;
pub mod version;

use anyhow::Context as _;
use clock::Clock;
use supertokens::core::{Core, CoreError};

use crate::{config::CoreSettings, server::core::OpenedCore};

/// Runs `work` with the Core of these settings, and closes what was opened for it. Answers what
/// to print.
pub async fn with_core(
    settings: CoreSettings,
    work: impl AsyncFnOnce(&Core) -> anyhow::Result<String>,
) -> anyhow::Result<String> {
    let opened = OpenedCore::open(settings, Clock::system()).await?;
    let core = opened.client().context("the HTTP client")?;
    let done = work(&core).await;
    opened.close().await;
    done.map_err(|error| match error.downcast::<CoreError>() {
        // These name the setting themselves.
        Ok(error) if error.is_misconfiguration() => error.into(),
        Ok(error) => anyhow::anyhow!("{error}: check SUPERTOKENS_URI and SUPERTOKENS_API_KEY"),
        Err(error) => error,
    })
}
