//! Opens one path of a service to the world through a localtunnel server: its JWKS, which Neon fetches.
//!
//! To the tunnel this is a web server that knows one page. What it is asked with goes no further: for the
//! keys it asks the service itself, in its own words.

mod agreement;
mod answer;
mod connections;
mod relay;

use std::{convert::Infallible, time::Duration};

use anyhow::Result;
use reqwest::Client;
use tokio::time::{Instant, sleep};
use url::Url;

pub use relay::{PATH, Relay};

const ASKED_WITHIN: Duration = Duration::from_secs(15);

/// How long to wait before the next try: twice as long each time.
#[derive(Debug, Clone, Copy)]
pub struct Pauses {
    pub first: Duration,
    pub longest: Duration,
}

/// Keeps a tunnel open for as long as it is polled, under one name where the server lets it. `told` hears
/// where the keys are, each time that this changes.
pub async fn keep_open(
    server: &Url,
    relay: &Relay,
    pauses: Pauses,
    mut told: impl FnMut(&Url),
) -> Result<Infallible> {
    let http = Client::builder().timeout(ASKED_WITHIN).build()?;
    let (mut name, mut known) = (None::<String>, None);
    let mut pause = pauses.first;
    loop {
        match agreement::ask(&http, server, name.as_deref()).await {
            Ok(agreement) => {
                let url = agreement.url.join(PATH)?;
                if known.as_ref() != Some(&url) {
                    told(&url);
                    known = Some(url);
                }
                let opened = Instant::now();
                let Err(error) = connections::hold(&agreement, relay).await;
                eprintln!("the tunnel is lost ({error:#}): opening it again");
                if opened.elapsed() > pauses.longest {
                    pause = pauses.first;
                }
                name = Some(agreement.id);
            }
            Err(error) => eprintln!("no tunnel at {server} ({error:#}): trying again"),
        }
        sleep(pause).await;
        pause = (pause * 2).min(pauses.longest);
    }
}
