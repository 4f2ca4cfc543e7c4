//! Hosts under which developers open the service. A page of another host whose name leads here (DNS rebinding) is of one
//! origin with the service, as far as browsers know: its requests differ by `Host` alone.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{StatusCode, Uri, header, uri::Authority},
    middleware::Next,
    response::{Html, IntoResponse as _, Response},
};

use crate::config::Config;

const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

const UNKNOWN: &str = "<!doctype html><title>Unknown host</title><h1>Unknown host</h1>\
                       <p>Open this page at <code>localhost</code>, or at the host of \
                       <code>API_DOMAIN</code> or <code>WEBSITE_DOMAIN</code>.</p>";

/// The hosts of `API_DOMAIN` and `WEBSITE_DOMAIN`, and this machine. Ports do not matter.
#[derive(Clone)]
pub struct Hosts(Arc<BTreeSet<String>>);

impl Hosts {
    pub fn new(config: &Config) -> Self {
        let configured = [config.api_domain(), config.website_domain()];
        let configured = configured.iter().filter_map(|url| url.host_str().map(str::to_owned));
        Self(Arc::new(configured.chain(LOCAL.map(str::to_owned)).collect()))
    }

    fn contain(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        self.0.contains(host.strip_suffix('.').unwrap_or(&host))
    }
}

/// 421 for requests that name another host. Every browser names one.
pub async fn known_only(State(hosts): State<Hosts>, request: Request, next: Next) -> Response {
    let named = request.headers().get(header::HOST).map(|value| {
        let authority = value.to_str().ok().and_then(|text| text.parse::<Authority>().ok());
        authority.is_some_and(|authority| hosts.contain(authority.host()))
    });
    let is_target_known = Uri::host(request.uri()).is_none_or(|host| hosts.contain(host));
    if is_target_known && named.unwrap_or(true) {
        next.run(request).await
    } else {
        (StatusCode::MISDIRECTED_REQUEST, Html(UNKNOWN)).into_response()
    }
}
