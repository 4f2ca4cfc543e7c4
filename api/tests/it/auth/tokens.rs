//! Tokens that are none of ours, against the only check of them: `POST /graphql` by bearer.

mod claims;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use axum::http::StatusCode;
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use serde_json::{Value, json};

use super::{
    TRY_REFRESH_TOKEN, UNAUTHORISED, WHO, base64url, operation, send,
    stand_in::{self, Key, StandIn, pem},
};
use crate::support::{
    app::{Answer, TestApp},
    core::TestClock,
    core_key::other_tokens,
};

const NOW: i64 = 1_800_000_000;

/// A service, and the key that its Core signs with.
struct Service {
    app: TestApp,
    key: Key,
    _core: StandIn,
}

impl Service {
    async fn start() -> Self {
        let key = Key::new("d-1799999999000");
        let core = StandIn::publishing(&[&key]).await;
        let clock = TestClock::at(NOW * 1000);
        Self { app: core.serve(clock.clock()).await, key, _core: core }
    }

    async fn ask(&self, token: &str) -> Answer {
        let request = self.app.post("/graphql").bearer_auth(token);
        send(request.json(&operation(WHO))).await
    }

    async fn accepts(&self, claims: &Value) {
        let answer = self.ask(&self.key.sign(claims)).await;
        assert_eq!(answer.status, 200, "{claims}: {:?}", answer.body);
        assert_eq!(answer.body["data"]["session"]["userId"], claims["sub"]);
    }

    /// Refused with the recorded body, and with nothing else in it.
    async fn refuses(&self, token: &str, message: &str) {
        let answer = self.ask(token).await;
        assert_eq!(answer.status, 401, "{token}: {:?}", answer.body);
        assert_eq!(answer.body, json!({"message": message}), "{token}");
        for header in ["front-token", "st-access-token", "set-cookie"] {
            assert!(!answer.headers.contains_key(header), "{header}: {token}");
        }
    }

    async fn refuses_claims(&self, change: impl FnOnce(&mut Value)) {
        let mut claims = stand_in::claims(NOW);
        change(&mut claims);
        self.refuses(&self.key.sign(&claims), TRY_REFRESH_TOKEN).await;
    }
}

#[tokio::test]
async fn a_token_of_the_core_is_accepted() {
    Service::start().await.accepts(&stand_in::claims(NOW)).await;
}

/// Signed by a real Core's keys for other services, with the claims of a session that lives: by header and by cookie,
/// at every route that takes a session.
#[tokio::test]
async fn token_of_another_kind_is_no_session_at_any_route() {
    let app = TestApp::start().await;
    let user = app.user("ada").await;
    let claims = super::payload(&user.access_token);
    let routes = [
        ("POST", "/graphql"),
        ("POST", "/auth/signout"),
        ("POST", "/auth/user/email/verify/token"),
        ("GET", "/auth/user/email/verify"),
    ];
    for (token, message) in other_tokens(&app.database, &claims).await {
        for (method, path) in routes {
            let request = || {
                let request = app.request(method.parse().expect("a method"), path);
                request.header("rid", "anti-csrf").json(&operation(WHO))
            };
            let by_header = send(request().bearer_auth(&token)).await;
            super::assert_refused(&by_header, 401, message);
            let by_cookie = send(request().header("cookie", format!("sAccessToken={token}"))).await;
            super::assert_refused(&by_cookie, 401, message);
        }
    }
    // The session itself still lives.
    let request = app.post("/graphql").bearer_auth(&user.access_token);
    assert_eq!(send(request.json(&operation(WHO))).await.status, 200);
}

#[tokio::test]
async fn only_rs256_is_accepted() {
    let service = Service::start().await;
    let key = &service.key;
    let payload = base64url(stand_in::claims(NOW).to_string());
    for alg in ["none", "None", "nOnE", ""] {
        let header = json!({"alg": alg, "typ": "JWT", "kid": key.kid, "version": "5"});
        let header = base64url(header.to_string());
        for signature in ["", "AAAA"] {
            let token = format!("{header}.{payload}.{signature}");
            service.refuses(&token, UNAUTHORISED).await;
        }
    }
    for alg in [Algorithm::RS384, Algorithm::RS512, Algorithm::PS256, Algorithm::PS512] {
        let header = Header { alg, ..key.header() };
        let token = key.sign_with(&header, &stand_in::claims(NOW));
        service.refuses(&token, UNAUTHORISED).await;
    }
}

#[tokio::test]
async fn the_public_key_is_no_shared_secret() {
    let service = Service::start().await;
    let key = &service.key;
    let pem = pem("PUBLIC", &key.public_der);
    let modulus = key.jwk["n"].as_str().expect("a modulus");
    let jwk = key.jwk.to_string();
    for secret in [
        pem.as_bytes(),
        pem.trim().as_bytes(),
        &key.public_der,
        &key.modulus,
        modulus.as_bytes(),
        jwk.as_bytes(),
        b"",
    ] {
        for alg in [Algorithm::HS256, Algorithm::HS512] {
            let header = Header { alg, ..key.header() };
            let secret = EncodingKey::from_secret(secret);
            let token =
                jsonwebtoken::encode(&header, &stand_in::claims(NOW), &secret).expect("a token");
            service.refuses(&token, UNAUTHORISED).await;
        }
    }
}

/// The key set has keys of other types under the very `kid` that a token names: none of them checks it.
#[tokio::test]
async fn a_key_of_another_type_checks_no_token() {
    let (key, kid) = (Key::new("d-1799999999000"), "d-1799999999001");
    let core = StandIn::publishing(&[&key]).await;
    let curve = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
    // 4, and the two coordinates.
    let point = curve.public_key().as_ref();
    let shared = json!({"kty": "oct", "kid": kid, "k": base64url("a shared secret")});
    let elliptic = json!({"kty": "EC", "kid": kid, "crv": "P-256",
        "x": base64url(&point[1..33]), "y": base64url(&point[33..])});
    let pkcs8 = curve.to_pkcs8v1().expect("PKCS#8");
    let signers = [
        (Algorithm::HS256, EncodingKey::from_secret(b"a shared secret")),
        (Algorithm::ES256, EncodingKey::from_ec_der(pkcs8.as_ref())),
    ];
    for other in [shared, elliptic] {
        core.answer(StatusCode::OK, json!({"keys": [other, key.jwk]}).to_string());
        let app = core.serve(TestClock::at(NOW * 1000).clock()).await;
        let ask = async |token: &str| {
            let request = app.post("/graphql").bearer_auth(token);
            send(request.json(&operation(WHO))).await
        };
        for (alg, signer) in &signers {
            let header = Header { kid: Some(kid.into()), alg: *alg, ..key.header() };
            let token = jsonwebtoken::encode(&header, &stand_in::claims(NOW), signer);
            let answer = ask(&token.expect("a token")).await;
            assert_eq!((answer.status.as_u16(), answer.message()), (401, UNAUTHORISED), "{other}");
        }
        let header = Header { kid: Some(kid.into()), ..key.header() };
        let answer = ask(&key.sign_with(&header, &stand_in::claims(NOW))).await;
        assert_eq!((answer.status.as_u16(), answer.message()), (401, TRY_REFRESH_TOKEN), "{other}");
        assert_eq!(ask(&key.sign(&stand_in::claims(NOW))).await.status, 200, "{other}");
    }
}

#[tokio::test]
async fn a_key_that_comes_with_the_token_is_not_used() {
    let service = Service::start().await;
    let forger = Key::new(&service.key.kid);
    let lure = StandIn::publishing(&[&forger]).await;
    let jwk: Jwk = serde_json::from_value(forger.jwk.clone()).expect("a JWK");
    for kid in [Some(service.key.kid.clone()), Some("d-2".into()), None] {
        let header = Header {
            jwk: Some(jwk.clone()),
            jku: Some(format!("{}/jwks.json", lure.url())),
            x5u: Some(format!("{}/cert.pem", lure.url())),
            kid,
            ..forger.header()
        };
        let message = match header.kid {
            Some(_) => TRY_REFRESH_TOKEN,
            None => UNAUTHORISED,
        };
        let token = forger.sign_with(&header, &stand_in::claims(NOW));
        service.refuses(&token, message).await;
    }
    assert_eq!(lure.requests(), 0, "a forged address was followed");
}

#[tokio::test]
async fn a_changed_token_is_refused() {
    let service = Service::start().await;
    let token = service.key.sign(&stand_in::claims(NOW));
    let parts: Vec<&str> = token.split('.').collect();
    let mut other = stand_in::claims(NOW);
    other["sub"] = "someone-else".into();
    let other = base64url(other.to_string());
    for token in [
        format!("{}.{other}.{}", parts[0], parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}.{}", parts[0], parts[1], base64url([0; 256])),
        format!("{}.{}.{}", parts[0], parts[1], &parts[2][4..]),
        Key::new(&service.key.kid).sign(&stand_in::claims(NOW)),
    ] {
        service.refuses(&token, TRY_REFRESH_TOKEN).await;
    }
    for token in ["..", "a.b.c", &format!(" .{}.{}", parts[1], parts[2])] {
        service.refuses(token, UNAUTHORISED).await;
    }
}

#[tokio::test]
async fn access_and_refresh_tokens_do_not_stand_in_for_each_other() {
    let app = TestApp::start().await;
    let user = app.user("ada").await;
    let ask = |token: &str| {
        let request = app.post("/graphql").bearer_auth(token);
        send(request.json(&operation(WHO)))
    };
    let refused = ask(&user.refresh_token).await;
    assert_eq!((refused.status.as_u16(), refused.message()), (401, UNAUTHORISED));

    let refresh = |token: &str| send(app.post("/auth/session/refresh").bearer_auth(token));
    let refused = refresh(&user.access_token).await;
    assert_eq!((refused.status.as_u16(), refused.message()), (401, UNAUTHORISED));
    assert_eq!(refused.header("front-token"), "remove");

    assert_eq!(ask(&user.access_token).await.status, 200);
    assert_eq!(refresh(&user.refresh_token).await.status, 200);
}
