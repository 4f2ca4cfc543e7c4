//! What a localtunnel server says to who asks for a tunnel: by `GET /?new`, or `GET /NAME` for one of that name.

use anyhow::{Context as _, Result, ensure};
use reqwest::Client;
use serde::Deserialize;
use url::Url;

use crate::answer;

const MAX_ANSWER: usize = 16 * 1024;

/// More would only lie idle: the keys are fetched seldom.
const MAX_CONNECTIONS: usize = 4;

/// A tunnel that is ours as soon as we connect.
#[derive(Debug)]
pub struct Agreement {
    pub id: String,
    /// Where the world asks.
    pub url: Url,
    /// Where we are expected.
    pub address: (String, u16),
    pub connections: usize,
}

#[derive(Deserialize)]
struct Answer {
    id: String,
    port: u16,
    max_conn_count: Option<usize>,
    url: Url,
}

pub async fn ask(http: &Client, server: &Url, name: Option<&str>) -> Result<Agreement> {
    let mut url = server.clone();
    match name {
        Some(name) => url.set_path(name),
        None => url.set_query(Some("new")),
    }
    let answer = http.get(url).send().await?.error_for_status()?;
    let answer = answer::read(answer, MAX_ANSWER).await?;
    agree(&answer, server).context("this is no localtunnel server")
}

fn agree(answer: &[u8], server: &Url) -> Result<Agreement> {
    let answer: Answer = serde_json::from_slice(answer)?;
    ensure!(matches!(answer.url.scheme(), "http" | "https"), "its address is no URL of the web");
    let host = server.host_str().context("it has no host")?;
    Ok(Agreement {
        id: answer.id,
        url: answer.url,
        address: (host.trim_matches(['[', ']']).to_owned(), answer.port),
        connections: answer.max_conn_count.unwrap_or(1).clamp(1, MAX_CONNECTIONS),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agreed(answer: &str) -> Result<Agreement> {
        agree(answer.as_bytes(), &Url::parse("https://tunnel.example.com").unwrap())
    }

    #[test]
    fn a_tunnel_is_where_its_server_is() {
        let answer = r#"{"id":"calm-owl-7","port":40989,"max_conn_count":10,
                         "url":"https://calm-owl-7.tunnel.example.com"}"#;
        let agreement = agreed(answer).unwrap();
        assert_eq!(agreement.address, ("tunnel.example.com".to_owned(), 40989));
        assert_eq!(agreement.url.as_str(), "https://calm-owl-7.tunnel.example.com/");
        assert_eq!((agreement.id.as_str(), agreement.connections), ("calm-owl-7", MAX_CONNECTIONS));
    }

    #[test]
    fn what_is_no_tunnel_is_refused() {
        for answer in [
            "<!doctype html>",
            "{}",
            r#"{"id":"a","port":70000,"url":"https://a.example.com"}"#,
            r#"{"id":"a","port":7000,"url":"javascript:alert(1)"}"#,
        ] {
            let error = format!("{:#}", agreed(answer).unwrap_err());
            assert!(!error.is_empty(), "{answer}");
        }
    }
}
