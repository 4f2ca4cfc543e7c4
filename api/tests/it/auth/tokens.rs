//! Tokens that are none of ours, against the only check of them: `POST /graphql` by bearer.

use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use serde_json::{Value, json};

use super::{
    TRY_REFRESH_TOKEN, UNAUTHORISED, WHO, base64url, operation, send,
    stand_in::{Key, StandIn, claims, pem},
};
use crate::support::{
    app::{Answer, TestApp},
    core::TestClock,
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
        Self {
            app: core.serve(clock.clock()).await,
            key,
            _core: core,
        }
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
        let mut claims = claims(NOW);
        change(&mut claims);
        self.refuses(&self.key.sign(&claims), TRY_REFRESH_TOKEN)
            .await;
    }
}

#[tokio::test]
async fn a_token_of_the_core_is_accepted() {
    Service::start().await.accepts(&claims(NOW)).await;
}

#[tokio::test]
async fn only_rs256_is_accepted() {
    let service = Service::start().await;
    let key = &service.key;
    let payload = base64url(claims(NOW).to_string());
    for alg in ["none", "None", "nOnE", ""] {
        let header = base64url(json!({"alg": alg, "typ": "JWT", "kid": key.kid}).to_string());
        for signature in ["", "AAAA"] {
            let token = format!("{header}.{payload}.{signature}");
            service.refuses(&token, UNAUTHORISED).await;
        }
    }
    for alg in [
        Algorithm::RS384,
        Algorithm::RS512,
        Algorithm::PS256,
        Algorithm::PS512,
    ] {
        let header = Header {
            alg,
            ..key.header()
        };
        let token = key.sign_with(&header, &claims(NOW));
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
            let header = Header {
                alg,
                ..key.header()
            };
            let secret = EncodingKey::from_secret(secret);
            let token = jsonwebtoken::encode(&header, &claims(NOW), &secret).expect("a token");
            service.refuses(&token, UNAUTHORISED).await;
        }
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
        let token = forger.sign_with(&header, &claims(NOW));
        service.refuses(&token, message).await;
    }
    assert_eq!(lure.requests(), 0, "a forged address was followed");
}

#[tokio::test]
async fn a_changed_token_is_refused() {
    let service = Service::start().await;
    let token = service.key.sign(&claims(NOW));
    let parts: Vec<&str> = token.split('.').collect();
    let mut other = claims(NOW);
    other["sub"] = "someone-else".into();
    let other = base64url(other.to_string());
    for token in [
        format!("{}.{other}.{}", parts[0], parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}.{}", parts[0], parts[1], base64url([0; 256])),
        format!("{}.{}.{}", parts[0], parts[1], &parts[2][4..]),
        Key::new(&service.key.kid).sign(&claims(NOW)),
    ] {
        service.refuses(&token, TRY_REFRESH_TOKEN).await;
    }
    for token in ["..", "a.b.c", &format!(" .{}.{}", parts[1], parts[2])] {
        service.refuses(token, UNAUTHORISED).await;
    }
}

#[tokio::test]
async fn claims_must_be_there_and_of_their_type() {
    let service = Service::start().await;
    for name in [
        "iat",
        "exp",
        "sub",
        "tId",
        "rsub",
        "sessionHandle",
        "refreshTokenHash1",
        "iss",
    ] {
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
        service
            .refuses_claims(|claims| claims[name] = (NOW + 60).to_string().into())
            .await;
    }
    service
        .refuses_claims(|claims| claims["sub"] = "".into())
        .await;
    let token = service.key.sign(&json!("no object"));
    service.refuses(&token, TRY_REFRESH_TOKEN).await;
}

#[tokio::test]
async fn a_claim_that_is_there_twice_is_refused() {
    let service = Service::start().await;
    let claims = claims(NOW).to_string();
    for twice in [
        r#""sub":"someone","#,
        r#""exp":9999999999,"#,
        r#""tId":"public","#,
    ] {
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
        service
            .refuses_claims(|claims| claims["exp"] = exp.into())
            .await;
    }
    for name in ["iat", "nbf"] {
        for ahead in [NOW + 61, NOW + 3000, i64::MAX] {
            service
                .refuses_claims(|claims| claims[name] = ahead.into())
                .await;
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
        service
            .refuses_claims(|claims| claims["iss"] = issuer.into())
            .await;
    }
    service
        .refuses_claims(|claims| claims["iss"] = json!(["http://localhost:3001/auth"]))
        .await;
    for tenant in ["", "other", "Public", "public "] {
        service
            .refuses_claims(|claims| claims["tId"] = tenant.into())
            .await;
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
    let service = Service {
        app: core.serve(TestClock::at(NOW * 1000).clock()).await,
        key,
        _core: core,
    };
    // As `createJWT` makes them, for machines.
    let machine = json!({"iss": "http://localhost:3001/auth", "source": "microservice",
        "iat": NOW, "exp": NOW + 3600});
    let token = service.key.sign(&machine);
    service.refuses(&token, TRY_REFRESH_TOKEN).await;
    service.accepts(&claims(NOW)).await;
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
    assert_eq!(
        (refused.status.as_u16(), refused.message()),
        (401, UNAUTHORISED)
    );

    let refresh = |token: &str| send(app.post("/auth/session/refresh").bearer_auth(token));
    let refused = refresh(&user.access_token).await;
    assert_eq!(
        (refused.status.as_u16(), refused.message()),
        (401, UNAUTHORISED)
    );
    assert_eq!(refused.header("front-token"), "remove");

    assert_eq!(ask(&user.access_token).await.status, 200);
    assert_eq!(refresh(&user.refresh_token).await.status, 200);
}
