//! The page: a document, styles and modules of its own, no part of which comes from elsewhere.

use axum::{
    Router,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};

use super::options::DashboardOptions;
use crate::backend::SuperTokens;

/// Only its own files, and no way out of it but to the API beside it.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// A file in `dashboard`.
macro_rules! file {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/dashboard/", $name))
    };
}

/// Name, type and content of what the document loads.
const ASSETS: [(&str, &str, &str); 7] = [
    ("api.js", JAVASCRIPT, file!("api.js")),
    ("app.js", JAVASCRIPT, file!("app.js")),
    ("dashboard.css", CSS, file!("dashboard.css")),
    ("dom.js", JAVASCRIPT, file!("dom.js")),
    ("sign-in.js", JAVASCRIPT, file!("sign-in.js")),
    ("user.js", JAVASCRIPT, file!("user.js")),
    ("users.js", JAVASCRIPT, file!("users.js")),
];

/// `GET /dashboard` and the addresses of the reference's page below it: one document for all.
pub fn routes(options: &DashboardOptions) -> Router<SuperTokens> {
    let mut router = Router::new();
    for path in ["/dashboard", "/dashboard/", "/dashboard/roles", "/dashboard/tenants"] {
        router = router.route(path, get(async || answer(HTML, file!("index.html"))));
    }
    let theme =
        [("tokens.css", CSS, options.theme_css), ("icon.svg", "image/svg+xml", options.icon_svg)];
    for (name, kind, content) in ASSETS.into_iter().chain(theme) {
        let path = format!("/dashboard/assets/{name}");
        router = router.route(&path, get(async move || answer(kind, content)));
    }
    router
}

fn answer(kind: &'static str, content: &'static str) -> Response {
    let headers: [(HeaderName, HeaderValue); 3] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        // The next build has others under the same names.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, content).into_response()
}
