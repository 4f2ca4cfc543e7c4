//! Sign-in with an account elsewhere, against stand-ins of the providers.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use clock::Clock;
use jsonwebtoken::{Algorithm, Header};
use reqwest::StatusCode;
use serde_json::{Value, json};
use supertokens::recipes::thirdparty::{AppleKey, ClientSecret, Pkce, Protocol, ProviderOptions};

use super::{
    provider::{CLIENT_ID, TestProvider},
    send,
    stand_in::{Key, pem},
};
use crate::support::{
    app::{Answer, TestApp, credentials},
    database::TestDatabase,
};

const REDIRECT: &str = "http://localhost:3000/auth/callback/custom";

pub async fn app(providers: Vec<ProviderOptions>) -> TestApp {
    TestApp::start_changed(
        TestDatabase::migrated().await,
        &[("WEBSITE_DOMAIN", "http://localhost:3000")],
        Clock::system(),
        |config| config.providers = providers,
        |_| axum::Router::new(),
    )
    .await
}

async fn authorise(app: &TestApp, id: &str) -> Answer {
    let query = [("thirdPartyId", id), ("redirectURIOnProviderDashboard", REDIRECT)];
    send(app.get("/auth/authorisationurl").query(&query)).await
}

pub async fn sign_in(app: &TestApp, id: &str, code: &str) -> Answer {
    sign_in_with(app, id, json!({"code": code}), None).await
}

async fn sign_in_with(app: &TestApp, id: &str, query: Value, verifier: Option<&str>) -> Answer {
    let body = json!({"thirdPartyId": id, "redirectURIInfo": {
        "redirectURIOnProviderDashboard": REDIRECT,
        "redirectURIQueryParams": query,
        "pkceCodeVerifier": verifier,
    }});
    send(app.post("/auth/signinup").json(&body)).await
}

#[tokio::test]
async fn who_a_provider_names_is_signed_in_and_the_second_time_is_the_same_user() {
    let provider = TestProvider::start().await;
    let app = app(vec![provider.options()]).await;
    provider.grant("one", &provider.claims("grace"));
    let first = sign_in(&app, "custom", "one").await;
    assert_eq!(first.body["status"], "OK", "{first:?}");
    assert_eq!(first.body["createdNewRecipeUser"], true);
    assert!(!first.header("st-access-token").is_empty());
    // Neither token of the provider is in the answer.
    assert!(
        !first.body.to_string().contains("id_token") && !first.body.to_string().contains("\"at\"")
    );

    provider.grant("two", &provider.claims("grace"));
    let second = sign_in(&app, "custom", "two").await;
    assert_eq!(second.body["createdNewRecipeUser"], false);
    assert_eq!(second.body["user"]["id"], first.body["user"]["id"]);
    let (form, _) = provider.last_exchange();
    assert_eq!(form["redirect_uri"], REDIRECT);
    assert_eq!(form["client_secret"], "s3cret");
}

#[tokio::test]
async fn an_email_of_a_provider_never_joins_an_account() {
    let provider = TestProvider::start().await;
    let app = app(vec![provider.options()]).await;
    let form = credentials("grace@oidc.example.com", "secret123");
    let owner = send(app.post("/auth/signup").json(&form)).await;
    for (code, is_verified) in [("one", json!(false)), ("two", json!(true))] {
        let mut claims = provider.claims("grace");
        claims["sub"] = format!("grace-{code}").into();
        claims["email_verified"] = is_verified.clone();
        provider.grant(code, &claims);
        let guest = sign_in(&app, "custom", code).await;
        assert_eq!(guest.body["status"], "OK", "{guest:?}");
        assert_ne!(guest.body["user"]["id"], owner.body["user"]["id"]);
        let is_verified_here = &guest.body["user"]["loginMethods"][0]["verified"];
        assert_eq!(*is_verified_here, is_verified);
    }
}

#[tokio::test]
async fn an_id_token_that_proves_nothing_is_refused() {
    let provider = TestProvider::start().await;
    let app = app(vec![provider.options()]).await;
    let good = provider.claims("grace");
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        provider.key.sign(&claims)
    };
    let unsigned = format!(
        "{}.{}.",
        super::base64url(r#"{"alg":"none"}"#),
        super::base64url(good.to_string())
    );
    let hmac = jsonwebtoken::encode(
        &Header { kid: Some(provider.key.kid.clone()), ..Header::new(Algorithm::HS256) },
        &good,
        &jsonwebtoken::EncodingKey::from_secret(&provider.key.public_der),
    )
    .expect("a token");
    for (what, token) in [
        ("of another client", with("aud", json!("other"))),
        ("made for another party", with("azp", json!("other"))),
        ("of another issuer", with("iss", json!("https://evil.example.com"))),
        ("expired", with("exp", json!(1_000_000))),
        ("of nobody", with("sub", json!(""))),
        ("signed by a stranger", Key::new(&provider.key.kid).sign(&good)),
        ("of an unknown key", Key::new("other").sign(&good)),
        ("unsigned", unsigned),
        ("signed with the public key", hmac),
        ("no token", "nonsense".into()),
    ] {
        provider.answer_to_code("code", json!({"access_token": "at", "id_token": token}));
        let answer = sign_in(&app, "custom", "code").await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{what}: {answer:?}");
        assert!(answer.headers.get("st-access-token").is_none(), "{what}");
    }
}

#[tokio::test]
async fn a_spent_code_and_a_refusal_are_told_in_words() {
    let provider = TestProvider::start().await;
    let app = app(vec![provider.options()]).await;
    let spent = sign_in(&app, "custom", "spent").await;
    assert_eq!(spent.status, StatusCode::BAD_REQUEST);
    assert!(spent.message().contains("invalid_grant"), "{}", spent.message());
    let query = json!({"error": "access_denied<script>", "state": "x"});
    let denied = sign_in_with(&app, "custom", query, None).await;
    assert_eq!(denied.status, StatusCode::BAD_REQUEST);
    assert!(denied.message().contains("access_denied"), "{}", denied.message());
    assert!(!denied.message().contains('<'), "{}", denied.message());
}

#[tokio::test]
async fn a_provider_that_is_away_or_odd_is_a_bad_gateway() {
    let odd = TestProvider::start().await;
    let mut away = odd.options();
    away.id = "away".into();
    away.protocol = Protocol::Oidc { issuer: "http://127.0.0.1:9".parse().expect("a URL") };
    let mut other = odd.options();
    other.id = "other".into();
    other.protocol = Protocol::Oidc { issuer: odd.url.join("/realm").expect("a URL") };
    let app = app(vec![odd.options(), away, other]).await;
    for id in ["away", "other"] {
        let answer = authorise(&app, id).await;
        assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "{id}: {answer:?}");
        assert!(answer.message().contains("another way"), "{}", answer.message());
    }
    for nonsense in [json!("text"), json!({"id_token": 7}), json!({}), json!(null)] {
        odd.answer_to_code("code", nonsense.clone());
        let answer = sign_in(&app, "custom", "code").await;
        assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "{nonsense}: {answer:?}");
    }
}

#[tokio::test]
async fn user_info_tells_the_email_where_the_id_token_does_not_and_must_be_of_the_same_user() {
    let provider = TestProvider::start().await;
    let app = app(vec![provider.options()]).await;
    let mut claims = provider.claims("grace");
    claims.as_object_mut().expect("claims").remove("email");
    provider.grant("none", &claims);
    provider.profile_at("/me", json!({"sub": "grace"}));
    let answer = sign_in(&app, "custom", "none").await;
    assert_eq!(answer.body, json!({"status": "NO_EMAIL_GIVEN_BY_PROVIDER"}));

    provider.grant("other", &claims);
    provider.profile_at("/me", json!({"sub": "mallory", "email": "m@example.com"}));
    assert_eq!(sign_in(&app, "custom", "other").await.status, StatusCode::BAD_REQUEST);

    provider.grant("good", &claims);
    let info = json!({"sub": "grace", "email": " Grace@Example.com ", "email_verified": "true"});
    provider.profile_at("/me", info);
    let answer = sign_in(&app, "custom", "good").await;
    assert_eq!(answer.body["user"]["emails"], json!(["grace@example.com"]), "{answer:?}");
    assert_eq!(answer.body["user"]["loginMethods"][0]["verified"], true);
}

#[tokio::test]
async fn github_is_asked_for_the_user_and_the_primary_email() {
    let stand_in = TestProvider::start().await;
    let mut github = ProviderOptions::github("gh".into(), "gh-secret".to_owned().into());
    let (web, api) = (stand_in.url.clone(), stand_in.url.clone());
    github.protocol = Protocol::GitHub { web, api };
    let app = app(vec![github]).await;
    stand_in.answer_to_code("code", json!({"access_token": "at", "token_type": "bearer"}));
    stand_in.profile_at("/user", json!({"id": 583_231, "login": "grace"}));
    stand_in.profile_at(
        "/user/emails",
        json!([
            {"email": "old@example.com", "primary": false, "verified": true},
            {"email": "grace@example.com", "primary": true, "verified": false},
        ]),
    );
    let answer = sign_in(&app, "github", "code").await;
    assert_eq!(answer.body["user"]["thirdParty"], json!([{"id": "github", "userId": "583231"}]));
    assert_eq!(answer.body["user"]["loginMethods"][0]["verified"], false);
    let (form, headers) = stand_in.last_exchange();
    assert_eq!(form["client_secret"], "gh-secret");
    assert_eq!(headers["accept"], "application/json");
    // GitHub tells of a spent code with status 200.
    stand_in.answer_to_code("spent", json!({"error": "bad_verification_code"}));
    assert_eq!(sign_in(&app, "github", "spent").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn x_gets_the_verifier_and_the_secret_in_the_header_and_needs_no_email() {
    let stand_in = TestProvider::start().await;
    let mut x = ProviderOptions::twitter("tw".into(), "tw-secret".to_owned().into());
    let (web, api) = (stand_in.url.clone(), stand_in.url.clone());
    x.protocol = Protocol::Twitter { web, api };
    let app = app(vec![x]).await;
    let begun = authorise(&app, "twitter").await.body;
    let verifier = begun["pkceCodeVerifier"].as_str().expect("a verifier").to_owned();
    assert!(begun["urlWithQueryParams"].as_str().expect("a URL").contains("code_challenge="));

    stand_in.answer_to_code("code", json!({"access_token": "at"}));
    stand_in.profile_at("/2/users/me", json!({"data": {"id": "2244994945"}}));
    let query = json!({"code": "code"});
    let answer = sign_in_with(&app, "twitter", query, Some(&verifier)).await;
    assert_eq!(answer.body["user"]["thirdParty"][0]["userId"], "2244994945", "{answer:?}");
    let (form, headers) = stand_in.last_exchange();
    assert_eq!(form["code_verifier"], verifier);
    assert!(!form.contains_key("client_secret"));
    let basic = format!("Basic {}", STANDARD.encode("tw:tw-secret"));
    assert_eq!(headers["authorization"], basic.as_str());
}

fn apple_key() -> (String, Vec<u8>) {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
    let public = aws_lc_rs::signature::KeyPair::public_key(&pair).as_ref().to_vec();
    let private = pair.to_pkcs8v1().expect("PKCS#8");
    (pem("PRIVATE", private.as_ref()).replace('\n', "\\n"), public)
}

#[tokio::test]
async fn apple_gets_a_signed_client_secret_and_its_form_comes_to_the_page() {
    let stand_in = TestProvider::start().await;
    let (private, public) = apple_key();
    let key = AppleKey::new("TEAM".into(), "KEY".into(), &private).expect("a key");
    let mut apple = ProviderOptions::apple(CLIENT_ID.into(), key);
    apple.protocol = Protocol::Oidc { issuer: stand_in.url.clone() };
    let app = app(vec![apple]).await;
    let begun = authorise(&app, "apple").await.body;
    let url = begun["urlWithQueryParams"].as_str().expect("a URL");
    assert!(url.contains("response_mode=form_post"), "{url}");

    stand_in.grant("code", &stand_in.claims("grace"));
    assert_eq!(sign_in(&app, "apple", "code").await.body["status"], "OK");
    let (form, _) = stand_in.last_exchange();
    let secret = &form["client_secret"];
    let key = jsonwebtoken::DecodingKey::from_ec_der(&public);
    let mut validation = jsonwebtoken::Validation::new(Algorithm::ES256);
    validation.set_audience(&["https://appleid.apple.com"]);
    validation.set_issuer(&["TEAM"]);
    let claims = jsonwebtoken::decode::<Value>(secret, &key, &validation).expect("valid").claims;
    assert_eq!(claims["sub"], CLIENT_ID);
    assert_eq!(jsonwebtoken::decode_header(secret).expect("a header").kid.as_deref(), Some("KEY"));
}

#[tokio::test]
async fn apples_form_is_sent_on_to_our_own_page_only() {
    let app = app(vec![]).await;
    let post = async |redirect: &str| {
        let state = json!({"state": "xyz", "frontendRedirectURI": redirect}).to_string();
        let form = [("code", "c0de"), ("state", &STANDARD.encode(state)), ("id_token", "secret")];
        app.post("/auth/callback/apple").form(&form).send().await.expect("an answer")
    };
    let answer = post("http://localhost:3000/auth/callback/apple").await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let location = answer.headers()["location"].to_str().expect("text").to_owned();
    assert!(location.starts_with("http://localhost:3000/auth/callback/apple?code=c0de&state="));
    assert!(!location.contains("id_token"), "{location}");
    for elsewhere in [
        "https://evil.example.com/auth/callback/apple",
        "http://localhost:3000@evil.example.com/",
        "http://localhost:3000.evil.example.com/",
        "javascript:alert(1)",
        "//evil.example.com",
    ] {
        assert_eq!(post(elsewhere).await.status(), StatusCode::BAD_REQUEST, "{elsewhere}");
    }
    // The page itself is at the same address.
    let page = send(app.get("/auth/callback/apple?code=c0de").header("accept", "text/html")).await;
    assert!(page.header("content-type").starts_with("text/html"), "{page:?}");
    let nonsense = app.post("/auth/callback/apple").form(&[("state", "%%%")]);
    assert_eq!(send(nonsense).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn pkce_is_used_where_it_is_offered_or_there_is_no_secret() {
    let provider = TestProvider::start().await;
    let mut public = provider.options();
    (public.id, public.secret) = ("public".into(), ClientSecret::None);
    let mut always = provider.options();
    (always.id, always.pkce) = ("always".into(), Pkce::Always);
    let app = app(vec![provider.options(), public, always]).await;
    for (id, with_pkce) in [("custom", false), ("public", true), ("always", true)] {
        let begun = authorise(&app, id).await.body;
        assert_eq!(begun["pkceCodeVerifier"].is_string(), with_pkce, "{id}: {begun}");
    }
}

#[tokio::test]
async fn a_page_is_told_which_ways_there_are_to_sign_in() {
    let provider = TestProvider::start().await;
    let with = app(vec![provider.options()]).await;
    let answer = send(with.get("/auth/loginmethods")).await;
    assert_eq!(answer.body["thirdParty"]["providers"], json!([{"id": "custom", "name": "Custom"}]));
    assert_eq!(answer.body["firstFactors"], json!(["emailpassword", "thirdparty"]));
    let without = app(vec![]).await;
    let answer = send(without.get("/auth/loginmethods")).await;
    assert_eq!(answer.body["thirdParty"]["enabled"], false);
}

#[tokio::test]
async fn tokens_instead_of_a_code_are_refused() {
    let provider = TestProvider::start().await;
    let app = app(vec![provider.options()]).await;
    let body = json!({"thirdPartyId": "custom", "oAuthTokens": {"access_token": "at"}});
    let answer = send(app.post("/auth/signinup").json(&body)).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.message().contains("redirectURIInfo"), "{}", answer.message());
}
