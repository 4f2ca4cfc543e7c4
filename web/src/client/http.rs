//! One request, one answer: the only place that calls `fetch`.

use gloo_net::http::{Request, RequestBuilder, Response};
use serde::de::DeserializeOwned;
use web_sys::AbortSignal;

use crate::auth::anti_csrf;
use crate::client::api;
use crate::client::error::Error;
use crate::client::prefetch;

/// An answer that takes longer than this is treated as none.
const TIMEOUT_MS: u32 = 20_000;

/// What came back, read to its end.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    pub status: u16,
    /// Seconds, from `Retry-After`.
    pub retry_after: Option<u32>,
    pub body: String,
}

#[derive(serde::Deserialize)]
struct Message {
    message: String,
}

impl Reply {
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_str(&self.body).map_err(|_| Error::Unexpected)
    }

    /// The `message` of an answer that has one.
    pub fn message(&self) -> Option<String> {
        self.json::<Message>().ok().map(|m| m.message)
    }

    /// What a status means by itself, whoever was asked.
    pub fn fault(&self) -> Option<Error> {
        match self.status {
            429 => Some(Error::TooMany(self.retry_after)),
            502..=504 => Some(Error::Unavailable(self.retry_after)),
            500.. => Some(Error::Unexpected),
            _ => None,
        }
    }
}

/// The body of a request that says everything by its path.
pub const NOTHING: &str = "{}";

/// `rid` names the recipe; any value proves that no foreign form sent the request.
/// `body` is JSON.
pub async fn post(path: &str, rid: &str, body: &str) -> Result<Reply, Error> {
    let url = api::url(path);
    if let Some(answer) = prefetch::answer(&url, body).await {
        return read(answer.into()).await;
    }
    let request = ask(Request::post(&url), rid)
        .header("content-type", "application/json")
        .body(body)
        .map_err(|_| Error::Unexpected)?;
    send(request).await
}

pub async fn get(path: &str, rid: &str) -> Result<Reply, Error> {
    let request = ask(Request::get(&api::url(path)), rid).build().map_err(|_| Error::Unexpected)?;
    send(request).await
}

fn ask(request: RequestBuilder, rid: &str) -> RequestBuilder {
    let request = request
        .credentials(api::CREDENTIALS)
        .header("rid", rid)
        .header("st-auth-mode", "cookie")
        .abort_signal(Some(&AbortSignal::timeout_with_u32(TIMEOUT_MS)));
    match anti_csrf::token() {
        Some(token) => request.header(anti_csrf::HEADER, &token),
        None => request,
    }
}

async fn send(request: Request) -> Result<Reply, Error> {
    read(request.send().await.map_err(|_| Error::Offline)?).await
}

async fn read(response: Response) -> Result<Reply, Error> {
    let headers = response.headers();
    anti_csrf::update(
        headers.get(anti_csrf::HEADER),
        headers.get(anti_csrf::FRONT_TOKEN).as_deref(),
    );
    Ok(Reply {
        status: response.status(),
        retry_after: headers.get("retry-after").and_then(|seconds| seconds.parse().ok()),
        body: response.text().await.map_err(|_| Error::Offline)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        Reply { status, retry_after: Some(7), body: body.to_owned() }
    }

    #[test]
    fn a_status_says_what_it_means() {
        assert_eq!(reply(200, "").fault(), None);
        assert_eq!(reply(401, "").fault(), None);
        assert_eq!(reply(429, "").fault(), Some(Error::TooMany(Some(7))));
        assert_eq!(reply(503, "").fault(), Some(Error::Unavailable(Some(7))));
        assert_eq!(reply(500, "").fault(), Some(Error::Unexpected));
    }

    #[test]
    fn a_message_is_read_where_there_is_one() {
        let said = reply(401, r#"{"message":"try refresh token"}"#).message();
        assert_eq!(said.as_deref(), Some("try refresh token"));
        assert_eq!(reply(401, "<html>").message(), None);
    }
}
