//! The page and the playground: files built beforehand, served from our own origin.

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware,
    response::{Html, IntoResponse, Response},
    routing::get,
};
use tower_http::{
    services::{
        ServeDir,
        fs::{Backend, DefaultServeDirFallback},
    },
    set_header::SetResponseHeaderLayer,
};

use crate::{error::ApiError, files::Files};

const ASSETS: &str = "assets";

/// Files below `assets` have a hash of their content in their name.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ALWAYS_ASK: HeaderValue = HeaderValue::from_static("no-cache");

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
        .with_state(Document { files, missing: NOT_BUILT })
}

/// GraphiQL at `/graphiql`.
pub fn playground(files: Files) -> Router {
    Router::new()
        .nest_service("/graphiql/assets", assets(&files))
        .route("/graphiql", get(document).with_state(Document { files, missing: NO_PLAYGROUND }))
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

fn kept<B: Backend>(files: ServeDir<DefaultServeDirFallback, B>) -> Router {
    let files = files.precompressed_br().precompressed_gzip();
    Router::new().fallback_service(files).layer(middleware::map_response(keep))
}

async fn keep(mut response: Response) -> Response {
    // What is missing now may be there after the next build.
    let how_long = if response.status().is_success() { FOREVER } else { ALWAYS_ASK };
    response.headers_mut().insert(header::CACHE_CONTROL, how_long);
    response
}

#[derive(Clone)]
struct Document {
    files: Files,
    missing: &'static str,
}

/// Answers browsers that open an address, and anyone who asks for `/`; anything else that no route
/// knows is not found.
async fn document(State(document): State<Document>, request: Request) -> Response {
    let is_page = matches!(*request.method(), Method::GET | Method::HEAD);
    let is_root = request.uri().path() == "/";
    if !is_page || !(is_root || wants_html(request.headers())) {
        return ApiError::NotFound.into_response();
    }
    match document.files.index().await {
        Some(html) => ([(header::CACHE_CONTROL, ALWAYS_ASK)], Html(html)).into_response(),
        None => (StatusCode::NOT_FOUND, Html(document.missing)).into_response(),
    }
}

fn wants_html(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("text/html"))
}
