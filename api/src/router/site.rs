//! The page and the playground: files built beforehand, served from our own origin.

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use sha2::{Digest as _, Sha256};
use tower::ServiceExt as _;
use tower_http::{
    services::{
        ServeDir,
        fs::{Backend, DefaultServeDirFallback},
    },
    set_header::SetResponseHeaderLayer,
};

use super::conditional;
use crate::{error::ApiError, files::Files};

const ASSETS: &str = "assets";

/// Files below `assets` have a hash of their content in their name.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ALWAYS_ASK: HeaderValue = HeaderValue::from_static("no-cache");
const BY_ACCEPT: HeaderValue = HeaderValue::from_static("accept, accept-encoding");

/// Of the playground: its editor sets styles from script and runs workers from our own origin.
const PLAYGROUND_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; \
     img-src 'self' data:; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; \
     frame-ancestors 'none'",
);

const NOT_BUILT: &str = "<!doctype html><title>Not built</title><h1>The page is not built</h1>\
                         <p>Run <code>cargo xtask dev</code>, which builds and serves it.</p>";
const NO_PLAYGROUND: &str = "<!doctype html><title>Not built</title>\
     <h1>The playground is not built</h1><p>Install Node.js with npm (version 20 or newer) and \
     start <code>cargo xtask dev</code> again. Everything else works without it.</p>";

/// The single-page app: its assets, and its document for every address that a browser opens.
pub fn page(files: Files) -> Router {
    Router::new()
        .nest_service("/assets", assets(&files))
        // The one address of the page to which something is posted, too.
        .route("/auth/callback/apple", get(document))
        .fallback(document)
        .with_state(Document { files, missing: NOT_BUILT, is_address })
}

/// GraphiQL at `/graphiql`.
pub fn playground(files: Files) -> Router {
    let page = Document { files, missing: NO_PLAYGROUND, is_address: |_| true };
    Router::new()
        .nest_service("/graphiql/assets", assets(&page.files))
        .route("/graphiql", get(document).with_state(page))
        .layer(SetResponseHeaderLayer::overriding(
            header::CONTENT_SECURITY_POLICY,
            PLAYGROUND_POLICY,
        ))
}

fn assets(files: &Files) -> Router {
    match files {
        Files::Folder(folder) => kept(ServeDir::new(folder.join(ASSETS))),
        Files::Carried(memory) => kept(ServeDir::with_backend(ASSETS, *memory)),
    }
}

fn kept<B>(files: ServeDir<DefaultServeDirFallback, B>) -> Router
where
    B: Backend + Clone + Send + Sync + 'static,
{
    let files = files.precompressed_br().precompressed_gzip();
    Router::new().fallback(move |request: Request| serve(files.clone(), request))
}

/// Asks `files` for the whole file first, which opens it and reads nothing: what is known of it decides about conditions and
/// ranges.
async fn serve<B>(files: ServeDir<DefaultServeDirFallback, B>, request: Request) -> Response
where
    B: Backend + Clone + Send + Sync + 'static,
{
    let (head, _) = request.into_parts();
    let ask = async |range: Option<HeaderValue>| {
        let mut request = Request::new(Body::empty());
        *request.method_mut() = head.method.clone();
        *request.uri_mut() = head.uri.clone();
        let encodings = head.headers.get_all(header::ACCEPT_ENCODING);
        for value in encodings {
            request.headers_mut().append(header::ACCEPT_ENCODING, value.clone());
        }
        request.headers_mut().extend(range.map(|range| (header::RANGE, range)));
        let response = files.clone().oneshot(request).await;
        let response = response.unwrap_or_else(|never| match never {}).map(Body::new);
        describe(head.uri.path(), response)
    };
    let full = ask(None).await;
    if !full.status().is_success() {
        return full;
    }
    let range = conditional::range(&head.method, &head.headers, &full);
    let response = conditional::respond(&head.headers, full);
    match range {
        Some(range) if response.status().is_success() => ask(Some(range)).await,
        _ => response,
    }
}

/// The name of a file has a hash of its content in it, and each encoding is another content.
fn describe(path: &str, mut response: Response) -> Response {
    let name = path.rsplit('/').next().unwrap_or_default();
    let headers = response.headers();
    let encoding = headers.get(header::CONTENT_ENCODING).and_then(|value| value.to_str().ok());
    let etag = match encoding {
        Some(encoding) => HeaderValue::from_str(&format!("\"{name}.{encoding}\"")),
        None => HeaderValue::from_str(&format!("\"{name}\"")),
    };
    // What is missing now may be there after the next build.
    let is_there = response.status().is_success();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, if is_there { FOREVER } else { ALWAYS_ASK });
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(etag) = etag
        && is_there
    {
        headers.insert(header::ETAG, etag);
    }
    response
}

#[derive(Clone)]
struct Document {
    files: Files,
    missing: &'static str,
    /// Whether the page knows a path.
    is_address: fn(&str) -> bool,
}

/// Responds to browsers that open an address, and to every client that asks for `/`. An address that the page does not know
/// is not found: browsers get the page, which says so.
async fn document(State(document): State<Document>, request: Request) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let path = request.uri().path();
    let is_known = (document.is_address)(path);
    if !is_read && is_known && !path.starts_with("/auth") {
        let allow = HeaderValue::from_static("GET,HEAD");
        return ([(header::ALLOW, allow)], ApiError::MethodNotAllowed).into_response();
    }
    if !is_read || !(path == "/" || wants_html(request.headers())) {
        return ([(header::VARY, BY_ACCEPT)], ApiError::NotFound).into_response();
    }
    let headers = [(header::CACHE_CONTROL, ALWAYS_ASK), (header::VARY, BY_ACCEPT)];
    match document.files.index().await {
        Some(html) if is_known => {
            // Weak, because it is compressed on the way.
            let etag = format!("W/\"{}\"", hex::encode(&Sha256::digest(&html)[..16]));
            let full = (headers, [(header::ETAG, etag)], Html(html)).into_response();
            conditional::respond(request.headers(), full)
        }
        Some(html) => (StatusCode::NOT_FOUND, headers, Html(html)).into_response(),
        None => (StatusCode::NOT_FOUND, headers, Html(document.missing)).into_response(),
    }
}

/// The addresses of the page, as in `web/src/routes.rs`.
const ADDRESSES: [&str; 5] =
    ["/", "/account", "/auth", "/auth/reset-password", "/auth/verify-email"];
/// Where providers send browsers back to.
const CALLBACKS: &str = "/auth/callback/";

fn is_address(path: &str) -> bool {
    let path = path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(path);
    ADDRESSES.contains(&path) || path.strip_prefix(CALLBACKS).is_some_and(|id| !id.is_empty())
}

fn wants_html(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("text/html"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_routes_are_addresses() {
        let routes = include_str!("../../../web/src/routes.rs");
        let (paths, _) = routes.split_once("impl Route").expect("the table of paths");
        let paths: Vec<&str> = paths.split('"').skip(1).step_by(2).collect();
        assert!(paths.len() > 4);
        for path in paths {
            assert!(is_address(path), "{path}");
        }
        for path in ["/auth/callback/github", "/account/", "/auth/"] {
            assert!(is_address(path), "{path}");
        }
        for path in [
            "/nope",
            "/accounts",
            "/auth/callback/",
            "/auth/callback",
            "//evil.example",
            "/graphiql",
        ] {
            assert!(!is_address(path), "{path}");
        }
    }
}
