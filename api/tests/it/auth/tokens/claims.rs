//! Tokens that the Core's key has signed, and that are still no session.

use serde_json::json;

use super::{
    super::{
        TRY_REFRESH_TOKEN,
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

#[tokio::test]
async fn issuer_and_tenant_must_be_ours() {
    let service = Service::start().await;
    for issuer in [
        "",
        "http://localhost:3001",
        "http://localhost:3001/auth/",
        "https://localhost:3001/auth",
        "http://localhost:3001.evil.example/auth",
        "HTTP://LOCALHOST:3001/AUTH",
    ] {
        service.refuses_claims(|claims| claims["iss"] = issuer.into()).await;
    }
    service.refuses_claims(|claims| claims["iss"] = json!(["http://localhost:3001/auth"])).await;
    for tenant in ["", "other", "Public", "public "] {
        service.refuses_claims(|claims| claims["tId"] = tenant.into()).await;
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

#[tokio::test]
async fn a_token_of_the_static_key_that_is_no_session_is_refused() {
    let key = Key::new("s-40a5f57f-51d0-4a49-8a0a-a6a4b1a3b1d3");
    let core = StandIn::publishing(&[&key]).await;
    let service =
        Service { app: core.serve(TestClock::at(NOW * 1000).clock()).await, key, _core: core };
    // As `createJWT` makes them, for machines.
    let machine = json!({"iss": "http://localhost:3001/auth", "sub": "cron", "tId": "public",
        "iat": NOW, "exp": NOW + 3600});
    let token = service.key.sign(&machine);
    service.refuses(&token, TRY_REFRESH_TOKEN).await;
    service.accepts(&claims(NOW)).await;
}
