//! What the world may ask: `GET` of one path. All else is not found, here, before the service hears of it.

use std::{convert::Infallible, time::Duration};

use anyhow::Result;
use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{CACHE_CONTROL, CONTENT_TYPE},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use reqwest::{Client, redirect};
use tokio::net::TcpStream;
use url::Url;

use crate::answer;

/// The keys of the service, as SuperTokens has it.
pub const PATH: &str = "/auth/jwt/jwks.json";

const MAX_KEYS: usize = 64 * 1024;
const WITHIN: Duration = Duration::from_secs(10);

/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct Relay {
    http: Client,
    keys: Url,
}

impl Relay {
    /// For the service at this origin.
    pub fn new(service: &Url) -> Result<Self> {
        let http = Client::builder().timeout(WITHIN).no_proxy();
        let http = http.redirect(redirect::Policy::none()).build()?;
        Ok(Self { http, keys: service.join(PATH)? })
    }

    /// Answers what comes over a connection, until it ends.
    pub async fn serve(&self, stream: TcpStream) -> hyper::Result<()> {
        let service = service_fn(|request: Request<Incoming>| async move {
            Ok::<_, Infallible>(self.answer(&request).await)
        });
        // Who has said all that they will say is answered all the same.
        http1::Builder::new().half_close(true).serve_connection(TokioIo::new(stream), service).await
    }

    async fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let uri = request.uri();
        if request.method() != Method::GET || uri.path() != PATH || uri.query().is_some() {
            return plain(StatusCode::NOT_FOUND);
        }
        match self.fetch().await {
            Ok(keys) => keys,
            Err(error) => {
                eprintln!(
                    "the keys were asked for, and the service does not hand them out: {error:#}"
                );
                plain(StatusCode::BAD_GATEWAY)
            }
        }
    }

    /// A request of our own: nothing of what came through the tunnel is in it.
    async fn fetch(&self) -> Result<Response<Full<Bytes>>> {
        let answer = self.http.get(self.keys.clone()).send().await?.error_for_status()?;
        let headers = [CONTENT_TYPE, CACHE_CONTROL]
            .map(|name| Some((answer.headers().get(&name)?.clone(), name)))
            .into_iter()
            .flatten();
        let headers: Vec<_> = headers.collect();
        let keys = answer::read(answer, MAX_KEYS).await?;
        let mut response = Response::new(Full::new(Bytes::from(keys)));
        response.headers_mut().extend(headers.into_iter().map(|(value, name)| (name, value)));
        Ok(response)
    }
}

fn plain(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}
