//! Requests to providers: bounded in time and size, and never to a place that a redirect names.

use std::{collections::HashMap, sync::Arc, time::Duration};

use reqwest::{RequestBuilder, Response, StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use tokio::sync::Semaphore;
use url::{Url, form_urlencoded::byte_serialize};

use crate::recipes::thirdparty::ProviderError;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
const MAX_ANSWER: usize = 256 * 1024;
/// Sign-ins that wait for a provider at once. A provider that hangs must not collect them all.
const MAX_WAITING: usize = 64;
/// GitHub answers nobody without a name.
const USER_AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

#[derive(Debug, Clone)]
pub struct Http {
    client: reqwest::Client,
    waiting: Arc<Semaphore>,
}

/// RFC 6749, 5.2. GitHub sends it with status 200.
#[derive(Deserialize)]
struct OAuthError {
    error: String,
}

impl Http {
    pub fn new() -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(USER_AGENT)
            .build()?;
        Ok(Self { client, waiting: Arc::new(Semaphore::new(MAX_WAITING)) })
    }

    /// `GET`, with an access token if there is one.
    pub async fn get<T: DeserializeOwned>(
        &self,
        url: Url,
        bearer: Option<&SecretString>,
    ) -> Result<T, ProviderError> {
        let host = host(&url);
        parse(&self.get_body(url, bearer).await?.1, &host)
    }

    /// As [`get`](Self::get). None: the access token does not permit it.
    pub async fn get_permitted<T: DeserializeOwned>(
        &self,
        url: Url,
        bearer: &SecretString,
    ) -> Result<Option<T>, ProviderError> {
        let host = host(&url);
        let answer =
            self.send(self.client.get(url).bearer_auth(bearer.expose_secret()), &host).await?;
        if matches!(answer.status(), StatusCode::FORBIDDEN | StatusCode::NOT_FOUND) {
            return Ok(None);
        }
        parse(&read_successful(answer, &host).await?, &host).map(Some)
    }

    /// `GET`: whether the body is a JWT by its media type (RFC 7519, 10.3.1), and the body.
    pub async fn get_body(
        &self,
        url: Url,
        bearer: Option<&SecretString>,
    ) -> Result<(bool, Vec<u8>), ProviderError> {
        let host = host(&url);
        let mut request = self.client.get(url);
        if let Some(token) = bearer {
            request = request.bearer_auth(token.expose_secret());
        }
        let answer = self.send(request, &host).await?;
        let media_type = answer.headers().get(header::CONTENT_TYPE);
        let is_jwt = media_type.and_then(|value| value.to_str().ok()).is_some_and(is_jwt);
        Ok((is_jwt, read_successful(answer, &host).await?))
    }

    /// `POST` to a token endpoint. What the provider refuses by the RFC is a refusal, all else is
    /// no answer.
    pub async fn post_form<T: DeserializeOwned>(
        &self,
        url: Url,
        form: &HashMap<&str, &str>,
        basic: Option<(&str, &SecretString)>,
    ) -> Result<T, ProviderError> {
        let host = host(&url);
        let mut request = self.client.post(url).form(form);
        if let Some((name, secret)) = basic {
            // RFC 6749, 2.3.1: both are encoded as in a form first.
            let [name, secret] = [name, secret.expose_secret()]
                .map(|text| byte_serialize(text.as_bytes()).collect::<String>());
            request = request.basic_auth(name, Some(secret));
        }
        let answer = self.send(request, &host).await?;
        let status = answer.status();
        let body = read_bounded(answer, &host).await?;
        if let Ok(OAuthError { error }) = serde_json::from_slice(&body)
            && !status.is_server_error()
        {
            return Err(ProviderError::Refused(error_code(&error)));
        }
        if !status.is_success() {
            return Err(unusable(&host, &format!("answered {status}")));
        }
        parse(&body, &host)
    }

    async fn send(&self, request: RequestBuilder, host: &str) -> Result<Response, ProviderError> {
        let _turn = self
            .waiting
            .try_acquire()
            .map_err(|_| unusable(host, "too many sign-ins wait for providers"))?;
        let request = request.header(header::ACCEPT, "application/json");
        // Without the URL, which can hold more than the host.
        request.send().await.map_err(|error| unusable(host, &error.without_url().to_string()))
    }
}

fn is_jwt(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/jwt")
}

async fn read_successful(answer: Response, host: &str) -> Result<Vec<u8>, ProviderError> {
    if !answer.status().is_success() {
        return Err(unusable(host, &format!("answered {}", answer.status())));
    }
    read_bounded(answer, host).await
}

pub(crate) fn parse<T: DeserializeOwned>(body: &[u8], host: &str) -> Result<T, ProviderError> {
    // The error's text names places and types, no values.
    serde_json::from_slice(body).map_err(|error| {
        let what = format!("line {} column {}", error.line(), error.column());
        unusable(host, &format!("the answer is not as documented at {what}"))
    })
}

fn host(url: &Url) -> String {
    url.host_str().unwrap_or("?").to_owned()
}

fn unusable(host: &str, what: &str) -> ProviderError {
    ProviderError::Unusable(format!("{host}: {what}"))
}

/// An error code of the RFC, or as much of it as is harmless: it comes from elsewhere, and is shown.
pub fn error_code(text: &str) -> String {
    let is_harmless = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    text.chars().filter(is_harmless).take(40).collect()
}

async fn read_bounded(mut answer: Response, host: &str) -> Result<Vec<u8>, ProviderError> {
    let mut body = Vec::new();
    let broken = |error: reqwest::Error| unusable(host, &error.without_url().to_string());
    while let Some(chunk) = answer.chunk().await.map_err(broken)? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(unusable(host, &format!("answered more than {MAX_ANSWER} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
