//! Tokens that the Core's key has signed, and that are still no session.

use jsonwebtoken::{Extras, Header};
use serde_json::{Value, json};

use super::{
    super::{
        TRY_REFRESH_TOKEN, UNAUTHORISED, assert_refused,
        stand_in::{Key, StandIn, claims},
    },
    NOW, Service,
};
use crate::support::core::TestClock;

#[tokio::test]
async fn claims_must_be_there_and_of_their_type() {
    let service = Service::start().await;
    for name in ["iat", "exp", "sub", "tId", "rsub", "sessionHandle", "refreshTokenHash1", "iss"] {
        service
            .refuses_claims(|claims| {
                claims.as_object_mut().expect("claims").remove(name);
            })
            .await;
        for value in [json!(null), json!(true), json!([]), json!({}), json!(1.5)] {
            service.refuses_claims(|claims| claims[name] = value).await;
        }
    }
    for name in ["iat", "exp", "nbf"] {
        service.refuses_claims(|claims| claims[name] = (NOW + 60).to_string().into()).await;
    }
    service.refuses_claims(|claims| claims["sub"] = "".into()).await;
    let token = service.key.sign(&json!("no object"));
    service.refuses(&token, TRY_REFRESH_TOKEN).await;
}

#[tokio::test]
async fn a_claim_that_is_there_twice_is_refused() {
    let service = Service::start().await;
    let claims = claims(NOW).to_string();
    for twice in [r#""sub":"someone","#, r#""exp":9999999999,"#, r#""tId":"public","#] {
        let payload = claims.replacen('{', &format!("{{{twice}"), 1);
        let payload: Box<serde_json::value::RawValue> =
            serde_json::from_str(&payload).expect("JSON");
        let (header, key) = (service.key.header(), &service.key.encoding);
        let token = jsonwebtoken::encode(&header, &payload, key).expect("a token");
        service.refuses(&token, TRY_REFRESH_TOKEN).await;
    }
}

#[tokio::test]
async fn times_are_checked_with_a_bounded_skew() {
    let service = Service::start().await;
    for exp in [NOW, NOW - 1, 0, -1, i64::MIN] {
        service.refuses_claims(|claims| claims["exp"] = exp.into()).await;
    }
    for name in ["iat", "nbf"] {
        for ahead in [NOW + 61, NOW + 3000, i64::MAX] {
            service.refuses_claims(|claims| claims[name] = ahead.into()).await;
        }
        let mut claims = claims(NOW);
        claims[name] = (NOW + 60).into();
        service.accepts(&claims).await;
    }
    let mut claims = claims(NOW);
    claims["exp"] = (NOW + 1).into();
    service.accepts(&claims).await;
}

/// Every backend of a Core writes its own issuer, and none checks it: as recorded.
#[tokio::test]
async fn issuer_is_any_text() {
    let service = Service::start().await;
    for issuer in ["", "http://localhost:3002/auth", "https://api.example.com/auth", "x"] {
        let mut claims = claims(NOW);
        claims["iss"] = issuer.into();
        service.accepts(&claims).await;
    }
    service.refuses_claims(|claims| claims["iss"] = json!(["http://localhost:3001/auth"])).await;
}

/// A refresh would keep the tenant, so the session ends.
#[tokio::test]
async fn session_of_another_tenant_is_over() {
    let service = Service::start().await;
    for tenant in ["", "other", "Public", "public "] {
        let mut claims = claims(NOW);
        claims["tId"] = tenant.into();
        let answer = service.ask(&service.key.sign(&claims)).await;
        assert_refused(&answer, 401, UNAUTHORISED);
        assert_eq!(answer.header("front-token"), "remove");
    }
}

#[tokio::test]
async fn tokens_of_another_kind_are_no_session() {
    let service = Service::start().await;
    let id_token = json!({
        "iss": "http://localhost:3001/auth",
        "sub": "8d4e3e52-0c02-4f0f-8d0e-3ad62a7b0b2a",
        "aud": "client",
        "iat": NOW,
        "exp": NOW + 3600,
        "nonce": "n",
        "email": "ada@example.com",
        "email_verified": true,
    });
    let token = service.key.sign(&id_token);
    service.refuses(&token, TRY_REFRESH_TOKEN).await;
    for stt in [json!(1), json!(2), json!(-1), json!("0"), json!(null)] {
        service.refuses_claims(|claims| claims["stt"] = stt).await;
    }
}

/// A token of the Core's static key, which also signs for other services (`POST /recipe/jwt`), with all the claims of
/// a session.
#[tokio::test]
async fn token_of_static_key_is_no_session() {
    let key = Key::new("s-40a5f57f-51d0-4a49-8a0a-a6a4b1a3b1d3");
    let core = StandIn::publishing(&[&key]).await;
    let service =
        Service { app: core.serve(TestClock::at(NOW * 1000).clock()).await, key, _core: core };
    service.refuses(&service.key.sign(&claims(NOW)), TRY_REFRESH_TOKEN).await;
    let header = header(&service.key, None);
    service.refuses(&service.key.sign_with(&header, &claims(NOW)), UNAUTHORISED).await;
    for kid in ["", "d", "S-1", "d_1", "x-d-1"] {
        let key = Key { kid: kid.to_owned(), ..Key::new(kid) };
        service.refuses(&key.sign(&claims(NOW)), TRY_REFRESH_TOKEN).await;
    }
}

/// The dynamic key signs for other services, too, if they ask for it.
#[tokio::test]
async fn token_without_session_version_is_no_session() {
    let service = Service::start().await;
    let (key, claims) = (&service.key, claims(NOW));
    let other = [json!("1"), json!("2"), json!(""), json!("x"), json!("-5"), json!(5), json!(null)];
    for version in other.map(Some).into_iter().chain([None]) {
        let token = key.sign_with(&header(key, version), &claims);
        service.refuses(&token, UNAUTHORISED).await;
    }
    for typ in [None, Some("at+jwt".to_owned())] {
        let header = Header { typ, ..key.header() };
        service.refuses(&key.sign_with(&header, &claims), UNAUTHORISED).await;
    }
    for version in ["3", "4", "5", "6"] {
        let token = key.sign_with(&header(key, Some(version.into())), &claims);
        let answer = service.ask(&token).await;
        assert_eq!(answer.status, 200, "{version}: {:?}", answer.body);
    }
}

fn header(key: &Key, version: Option<Value>) -> Header {
    let mut header = Header { extras: Extras::default(), ..key.header() };
    if let Some(version) = version {
        header.extras.insert("version", version);
    }
    header
}
