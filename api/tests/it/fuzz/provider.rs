//! Answers of an OpenID provider: discovery, tokens, id tokens, the user's profile.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, Uri},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use supertokens::recipes::thirdparty::{ClientSecret, ProviderOptions};
use tokio::{net::TcpListener, runtime::Runtime};

use super::{change, fuzz};
use crate::{
    auth::stand_in::Key,
    support::{app::TestApp, core::TestClock, database::TestDatabase},
};

const NOW: i64 = 1_800_000_000;
/// After which a provider is asked again what it says of itself.
const FRESH: i64 = 3_601_000;

/// What the provider answers at each of its addresses.
#[derive(Debug, Clone, Default)]
struct Answers {
    discovery: Value,
    token: Value,
    keys: Value,
    profile: Value,
}

type Shared = Arc<Mutex<Answers>>;

async fn start(answers: Shared) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let answer = async |State(answers): State<Shared>, uri: Uri| {
        let answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
        Json(match uri.path() {
            "/.well-known/openid-configuration" => answers.discovery.clone(),
            "/token" => answers.token.clone(),
            "/jwks" => answers.keys.clone(),
            _ => answers.profile.clone(),
        })
    };
    let router = Router::new().fallback(answer).with_state(answers);
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// As a provider would answer with these claims in its id token.
fn good(issuer: &str, key: &Key, claims: &Value) -> Answers {
    let at = |path: &str| format!("{issuer}/{path}");
    Answers {
        discovery: json!({"issuer": issuer, "authorization_endpoint": at("auth"),
            "token_endpoint": at("token"), "jwks_uri": at("jwks"), "userinfo_endpoint": at("me"),
            "code_challenge_methods_supported": ["S256"]}),
        token: json!({"access_token": "at", "token_type": "bearer", "id_token": key.sign(claims)}),
        keys: json!({"keys": [key.jwk]}),
        profile: json!({"sub": claims["sub"], "email": "ada@example.com", "email_verified": true}),
    }
}

fn claims(issuer: &str) -> Value {
    json!({"iss": issuer, "aud": "todos", "sub": "ada", "iat": NOW, "exp": NOW + 10_000_000_000_i64,
        "email": "ada@example.com", "email_verified": true, "azp": "todos"})
}

/// The good answers with one of them changed, or with an id token of other claims.
fn answers(issuer: String, key: Arc<Key>) -> impl Strategy<Value = Answers> {
    let seed = good(&issuer, &key, &claims(&issuer));
    let token = seed.token["id_token"].to_string().into_bytes();
    let one = |value: &Value| change::value(vec![value.clone()]);
    let with = |change: fn(&mut Answers, Value)| {
        let seed = seed.clone();
        move |value: Value| {
            let mut answers = seed.clone();
            change(&mut answers, value);
            answers
        }
    };
    let discovery = one(&seed.discovery).prop_map(with(|it, value| it.discovery = value));
    let exchanged = one(&seed.token).prop_map(with(|it, value| it.token = value));
    let keys = one(&seed.keys).prop_map(with(|it, value| it.keys = value));
    let profile = one(&seed.profile).prop_map(with(|it, value| it.profile = value));
    let broken = change::text(vec![token]).prop_map(|token| String::from_utf8_lossy(&token).into());
    let broken = broken.prop_map(with(|it, value| it.token["id_token"] = value));
    let claimed = one(&claims(&issuer)).prop_map(move |claims| good(&issuer, &key, &claims));
    prop_oneof![discovery, exchanged, keys, profile, broken, claimed]
}

/// Signs in.
async fn sign_in(app: &TestApp, id: &str) -> StatusCode {
    let body = json!({"thirdPartyId": id, "redirectURIInfo": {
        "redirectURIOnProviderDashboard": "http://localhost:3000/auth/callback/x",
        "redirectURIQueryParams": {"code": "c"}, "pkceCodeVerifier": "v".repeat(43)}});
    app.post("/auth/signinup").json(&body).send().await.expect("an answer").status()
}

#[test]
fn no_answer_of_a_provider_is_a_fault_of_ours() {
    let runtime = Runtime::new().expect("a runtime");
    let (shared, key) = (Shared::default(), Arc::new(Key::new("provider-1")));
    let issuer = runtime.block_on(start(Arc::clone(&shared)));
    let secret = ClientSecret::Fixed("s3cret".to_owned().into());
    let url = issuer.parse().expect("a URL");
    let provider = ProviderOptions::oidc("x", "X", url, "todos".into(), secret);
    let clock = TestClock::at(NOW * 1000);
    let app = runtime.block_on(async {
        let (vars, clock) = ([("RATE_LIMIT_ADDRESS", "off")], clock.clock());
        let database = TestDatabase::migrated().await;
        let change = |config: &mut api::config::Config| config.providers = vec![provider];
        TestApp::start_changed(database, &vars, clock, change, |_| Router::new()).await
    });
    fuzz(&runtime, &answers(issuer, key), async |answers| {
        *shared.lock().unwrap_or_else(PoisonError::into_inner) = answers;
        clock.advance(FRESH);
        let status = sign_in(&app, "x").await;
        let expected = [StatusCode::OK, StatusCode::BAD_REQUEST, StatusCode::BAD_GATEWAY];
        prop_assert!(expected.contains(&status), "{status}");
        Ok(())
    });
    runtime.block_on(async move { drop(app) });
}
