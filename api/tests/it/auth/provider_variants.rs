//! Providers that differ from the usual: where the secret goes, how tokens are signed, what they do not tell.

use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use supertokens::recipes::thirdparty::{ClientSecret, Protocol, ProviderOptions};

use super::{
    base64url,
    provider::{CLIENT_ID, TestProvider},
    third_party::{app, sign_in},
};

/// RFC 6749, 2.3.1: encoded as in a form, then in base64.
#[tokio::test]
async fn secret_travels_in_the_header_if_the_metadata_offers_it() {
    let provider = TestProvider::start().await;
    provider.describe(json!({
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
    }));
    let secret = ClientSecret::Fixed("p%s:w rd+\u{fc}&".to_owned().into());
    let app = app(vec![ProviderOptions { secret, ..provider.options() }]).await;
    provider.grant("code", &provider.claims("ada"));
    assert_eq!(sign_in(&app, "custom", "code").await.body["status"], "OK");
    let (form, headers) = provider.last_exchange();
    assert!(!form.contains_key("client_secret"));
    let basic = STANDARD.encode(format!("{CLIENT_ID}:p%25s%3Aw+rd%2B%C3%BC%26"));
    assert_eq!(headers["authorization"], format!("Basic {basic}").as_str());
}

#[tokio::test]
async fn secret_travels_in_the_form_if_the_metadata_offers_that_alone() {
    let provider = TestProvider::start().await;
    provider.describe(json!({"token_endpoint_auth_methods_supported": ["client_secret_post"]}));
    let app = app(vec![provider.options()]).await;
    provider.grant("code", &provider.claims("ada"));
    assert_eq!(sign_in(&app, "custom", "code").await.body["status"], "OK");
    let (form, headers) = provider.last_exchange();
    assert_eq!(form["client_secret"], "s3cret");
    assert!(!headers.contains_key("authorization"));
}

/// A P-384 key, and what its provider publishes of it.
fn ec_key() -> (EncodingKey, Value) {
    let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).expect("a key");
    let der = pair.to_pkcs8v1().expect("PKCS#8");
    // 4, x and y (SEC 1, 2.3.3).
    let point = pair.public_key().as_ref();
    let (x, y) = point.get(1..).expect("a point").split_at(48);
    let jwk = json!({
        "kty": "EC", "crv": "P-384", "kid": "ec-1", "x": base64url(x), "y": base64url(y),
    });
    (EncodingKey::from_ec_der(der.as_ref()), jwk)
}

fn header(algorithm: Algorithm, kid: &str) -> Header {
    let mut header = Header::new(algorithm);
    header.kid = Some(kid.to_owned());
    header
}

fn id_token(provider: &TestProvider, code: &str, token: &str) {
    let answer = json!({"access_token": "at", "token_type": "bearer", "id_token": token});
    provider.answer_to_code(code, answer);
}

#[tokio::test]
async fn id_tokens_may_be_signed_in_every_public_way() {
    let provider = TestProvider::start().await;
    let (ec, jwk) = ec_key();
    provider.publish(jwk);
    let app = app(vec![provider.options()]).await;
    let rsa = &provider.key;
    for algorithm in [Algorithm::PS256, Algorithm::RS512, Algorithm::RS384, Algorithm::PS512] {
        let token = rsa.sign_with(&header(algorithm, &rsa.kid), &provider.claims("ada"));
        id_token(&provider, "code", &token);
        assert_eq!(sign_in(&app, "custom", "code").await.body["status"], "OK", "{algorithm:?}");
    }
    let header = header(Algorithm::ES384, "ec-1");
    let token = jsonwebtoken::encode(&header, &provider.claims("ada"), &ec).expect("a token");
    id_token(&provider, "code", &token);
    assert_eq!(sign_in(&app, "custom", "code").await.body["status"], "OK");
}

#[tokio::test]
async fn refused_algorithm_is_named() {
    let provider = TestProvider::start().await;
    let app = app(vec![provider.options()]).await;
    for algorithm in ["none", "HS256", "ES512"] {
        let header = base64url(json!({"alg": algorithm, "kid": provider.key.kid}).to_string());
        let claims = base64url(provider.claims("ada").to_string());
        id_token(&provider, "code", &format!("{header}.{claims}.AAAA"));
        let answer = sign_in(&app, "custom", "code").await;
        assert_eq!(answer.status, 400, "{answer:?}");
        let named = format!("is signed with {algorithm}, which is not accepted");
        assert!(answer.message().contains(&named), "{}", answer.message());
    }
}

#[tokio::test]
async fn user_info_may_be_signed() {
    let provider = TestProvider::start().await;
    let app = app(vec![provider.options()]).await;
    let mut claims = provider.claims("ada");
    claims["email"].take();
    let mut info = json!({
        "iss": provider.issuer(), "aud": CLIENT_ID, "sub": "ada",
        "email": "ada@info.example.com", "email_verified": true,
    });
    provider.profile_at("/me", provider.key.sign(&info).into());
    provider.grant("code", &claims);
    let answer = sign_in(&app, "custom", "code").await;
    assert_eq!(answer.body["user"]["emails"], json!(["ada@info.example.com"]), "{answer:?}");
    // Made for another client, or signed by nobody.
    info["aud"] = "another".into();
    let foreign = provider.key.sign(&info);
    let forged = super::stand_in::Key::new(&provider.key.kid).sign(&info);
    for token in [foreign, forged, "no.jwt".to_owned()] {
        provider.profile_at("/me", token.into());
        provider.grant("code", &claims);
        assert_eq!(sign_in(&app, "custom", "code").await.status, 400);
    }
}

#[tokio::test]
async fn github_app_without_the_email_permission_signs_in_without_email() {
    let provider = TestProvider::start().await;
    let github = ProviderOptions {
        protocol: Protocol::GitHub { web: provider.url.clone(), api: provider.url.clone() },
        ..ProviderOptions::github("gh".into(), "gh-secret".to_owned().into())
    };
    let app = app(vec![github]).await;
    provider.profile_at("/user", json!({"id": 583_231, "login": "ada"}));
    let mut ids = Vec::new();
    for code in ["first", "second"] {
        provider.answer_to_code(code, json!({"access_token": "at", "token_type": "bearer"}));
        let answer = sign_in(&app, "github", code).await;
        assert_eq!(answer.body["status"], "OK", "{answer:?}");
        ids.push(answer.body["user"]["id"].clone());
    }
    assert_eq!(ids[0], ids[1]);
}
