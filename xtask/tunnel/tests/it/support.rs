//! A service whose keys are shown, which remembers what it was asked.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{Router, extract::Request, http::header::CONTENT_TYPE, response::IntoResponse as _};
use tokio::net::TcpListener;
use tunnel::PATH;
use url::Url;

pub const KEYS: &str = r#"{"keys":[]}"#;

pub struct Service {
    pub url: Url,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Service {
    pub async fn start() -> Self {
        Self::with_keys(KEYS.to_owned()).await
    }

    pub async fn with_keys(keys: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let log = Arc::clone(&asked);
        let app = Router::new().fallback(move |request: Request| async move {
            let (method, uri) = (request.method(), request.uri());
            let line = format!("{method} {uri} {:?}", request.headers());
            log.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            if uri.path() == PATH {
                ([(CONTENT_TYPE, "application/json; charset=utf-8")], keys).into_response()
            } else {
                "what nobody may see".into_response()
            }
        });
        tokio::spawn(axum::serve(listener, app).into_future());
        let url = Url::parse(&format!("http://127.0.0.1:{port}")).expect("a URL");
        Self { url, asked }
    }

    /// Each request's method, address and headers.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
