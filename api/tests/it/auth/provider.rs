//! An OpenID provider of the test's own: it signs what it is told, for codes that work once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Form, Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use clock::Clock;
use serde_json::{Value, json};
use supertokens::recipes::thirdparty::{ClientSecret, ProviderOptions};
use tokio::net::TcpListener;
use url::Url;

use super::stand_in::Key;

pub const CLIENT_ID: &str = "todos";

/// A request to a token endpoint: its form and its headers.
type Exchange = (HashMap<String, String>, HeaderMap);

/// The documented paths of all that is asked of it, whichever provider it stands for.
#[derive(Clone)]
pub struct TestProvider {
    pub url: Url,
    pub key: Arc<Key>,
    /// What the token endpoint answers, by code.
    codes: Arc<Mutex<HashMap<String, Value>>>,
    /// What the profile endpoints answer, by path.
    profiles: Arc<Mutex<HashMap<String, Value>>>,
    /// Metadata beside the usual, and further keys.
    more: Arc<Mutex<(Value, Vec<Value>)>>,
    /// What the token endpoint was told.
    exchanges: Arc<Mutex<Vec<Exchange>>>,
}

impl TestProvider {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let provider = Self {
            url: format!("http://{address}").parse().expect("a URL"),
            key: Arc::new(Key::new("provider-1")),
            codes: Arc::default(),
            profiles: Arc::default(),
            more: Arc::new(Mutex::new((json!({}), Vec::new()))),
            exchanges: Arc::default(),
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/jwks", get(jwks))
            .route("/token", post(token))
            .route("/login/oauth/access_token", post(token))
            .route("/2/oauth2/token", post(token))
            .fallback(profile)
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    /// Described as an OpenID provider with the id `custom`.
    pub fn options(&self) -> ProviderOptions {
        let secret = ClientSecret::Fixed("s3cret".to_owned().into());
        ProviderOptions::oidc("custom", "Custom", self.url.clone(), CLIENT_ID.into(), secret)
    }

    pub fn issuer(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    /// The claims of a good id token.
    pub fn claims(&self, user: &str) -> Value {
        let now = Clock::system().now().timestamp();
        json!({
            "iss": self.issuer(), "aud": CLIENT_ID, "sub": user, "iat": now, "exp": now + 600,
            "email": format!("{user}@oidc.example.com"), "email_verified": true,
        })
    }

    /// From now on `code` is good for an id token with these claims, once.
    pub fn grant(&self, code: &str, claims: &Value) {
        self.answer_to_code(
            code,
            json!({"access_token": "at", "token_type": "bearer", "id_token": self.key.sign(claims)}),
        );
    }

    pub fn answer_to_code(&self, code: &str, answer: Value) {
        self.codes.lock().expect("no panic").insert(code.to_owned(), answer);
    }

    pub fn profile_at(&self, path: &str, answer: Value) {
        self.profiles.lock().expect("no panic").insert(path.to_owned(), answer);
    }

    /// From now on the metadata has this, too.
    pub fn describe(&self, metadata: Value) {
        self.more.lock().expect("no panic").0 = metadata;
    }

    /// Publishes another key.
    pub fn publish(&self, jwk: Value) {
        self.more.lock().expect("no panic").1.push(jwk);
    }

    /// The form and headers that the token endpoint got last.
    pub fn last_exchange(&self) -> Exchange {
        self.exchanges.lock().expect("no panic").last().expect("an exchange").clone()
    }
}

async fn discovery(State(provider): State<TestProvider>) -> Json<Value> {
    let at = |path: &str| format!("{}/{path}", provider.issuer());
    let mut metadata = json!({
        "issuer": provider.issuer(),
        // As recorded; no test goes there.
        "authorization_endpoint": "http://127.0.0.1:3569/auth",
        "token_endpoint": at("token"),
        "jwks_uri": at("jwks"),
        "userinfo_endpoint": at("me"),
    });
    let more = provider.more.lock().expect("no panic").0.clone();
    let more = more.as_object().expect("an object").clone();
    metadata.as_object_mut().expect("an object").extend(more);
    Json(metadata)
}

async fn jwks(State(provider): State<TestProvider>) -> Json<Value> {
    let mut keys = vec![provider.key.jwk.clone()];
    keys.extend(provider.more.lock().expect("no panic").1.iter().cloned());
    Json(json!({ "keys": keys }))
}

async fn token(
    State(provider): State<TestProvider>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let code = form.get("code").cloned().unwrap_or_default();
    provider.exchanges.lock().expect("no panic").push((form, headers));
    match provider.codes.lock().expect("no panic").remove(&code) {
        Some(answer) => Json(answer).into_response(),
        None => (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant"}))).into_response(),
    }
}

async fn profile(
    State(provider): State<TestProvider>,
    headers: HeaderMap,
    uri: axum::http::Uri,
) -> Response {
    if headers.get("authorization").is_none_or(|value| value != "Bearer at") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    match provider.profiles.lock().expect("no panic").get(uri.path()) {
        // A signed answer.
        Some(Value::String(jwt)) => {
            ([(CONTENT_TYPE, "application/jwt; charset=utf-8")], jwt.clone()).into_response()
        }
        Some(answer) => Json(answer.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
