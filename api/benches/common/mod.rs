//! A backend whose Core answers at once, and tokens for it.

use std::sync::Arc;

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
    signature::KeyPair as _,
};
use axum::{
    Json, Router,
    http::{HeaderMap, header},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use clock::Clock;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use supertokens::{
    AntiCsrf, EmailVerificationMode, Mailer, Options, RateLimits, SuperTokens, mailer::Mail,
};

pub const USER: &str = "8d4e3e52-0c02-4f0f-8d0e-3ad62a7b0b2a";
const KID: &str = "d-1799999999000";

struct NoMail;

impl Mailer for NoMail {
    fn send(&self, _: Mail) {}
}

/// The public half of a signing key, and tokens of sessions that it signed, good for an hour.
pub struct Signed {
    pub public: (String, String),
    pub tokens: Vec<String>,
}

impl Signed {
    pub fn new(sessions: usize) -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key");
        let public = pair.public_key();
        let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let public = (
            number(public.modulus().big_endian_without_leading_zero()),
            number(public.exponent().big_endian_without_leading_zero()),
        );
        let private = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).expect("PKCS#8");
        let base64 = base64::engine::general_purpose::STANDARD.encode(private.as_ref());
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{base64}\n-----END PRIVATE KEY-----\n");
        let key = EncodingKey::from_rsa_pem(pem.as_bytes()).expect("a private key");
        Self { public, tokens: (0..sessions).map(|session| sign(&key, session)).collect() }
    }

    fn jwks(&self) -> Value {
        let (n, e) = &self.public;
        json!({"keys": [{"kty": "RSA", "kid": KID, "n": n, "e": e, "alg": "RS256", "use": "sig"}]})
    }
}

fn sign(key: &EncodingKey, session: usize) -> String {
    let mut header = Header::new(Algorithm::RS256);
    header.kid = Some(KID.to_owned());
    let mut claims = claims();
    claims["sessionHandle"] = format!("40a5f57f-51d0-4a49-8a0a-{session:012}").into();
    jsonwebtoken::encode(&header, &claims, key).expect("a token")
}

pub fn bearer(token: &str) -> HeaderMap {
    let value = format!("Bearer {token}").parse().expect("a header");
    HeaderMap::from_iter([(header::AUTHORIZATION, value)])
}

fn claims() -> Value {
    let now = Clock::system().now().timestamp();
    let claim = |value: Value| json!({"v": value, "t": now * 1000});
    json!({
        "iat": now, "exp": now + 3600, "sub": USER, "rsub": USER, "tId": "public",
        "sessionHandle": "40a5f57f-51d0-4a49-8a0a-a6a4b1a3b1d3",
        "refreshTokenHash1": "1e5eda39624597eee577e1497016a6ecdb64202b379c20153f1aa10450b4cdd5",
        "parentRefreshTokenHash1": null, "antiCsrfToken": null,
        "iss": "http://localhost:3000/auth",
        "st-ev": claim(false.into()), "st-role": claim(json!([])), "st-perm": claim(json!([])),
    })
}

/// A Core that answers at once: what is left is HTTP and our own time.
async fn core(signed: &Signed) -> url::Url {
    let method = json!({
        "recipeId": "emailpassword", "recipeUserId": USER, "tenantIds": ["public"],
        "email": "ada@example.com", "timeJoined": 1, "verified": false});
    let user = json!({
        "id": USER, "isPrimaryUser": false, "tenantIds": ["public"], "emails": ["ada@example.com"],
        "phoneNumbers": [], "thirdParty": [], "loginMethods": [method], "timeJoined": 1});
    let token =
        |text: &str| json!({"token": text, "expiry": 4_102_444_800_000_i64, "createdTime": 1});
    let session = json!({
        "status": "OK",
        "session": {"handle": "40a5", "userId": USER, "recipeUserId": USER, "userDataInJWT": {},
                    "tenantId": "public"},
        "accessToken": token(&signed.tokens[0]), "refreshToken": token("refresh.V2")});
    let answer = |body: Value| move || async { Json(body) };
    let router = Router::new()
        .route("/apiversion", get(answer(json!({"versions": ["5.2"]}))))
        .route("/.well-known/jwks.json", get(answer(signed.jwks())))
        .route(
            "/recipe/signin",
            post(answer(json!({
            "status": "OK", "user": user, "recipeUserId": USER}))),
        )
        .route("/public/recipe/user/roles", get(answer(json!({"status": "OK", "roles": []}))))
        .route("/public/recipe/session", post(answer(session)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url.parse().expect("a URL")
}

pub async fn backend(signed: &Signed) -> SuperTokens {
    let origin: url::Url = "http://localhost:3000".parse().expect("a URL");
    let options = Options {
        api_domain: origin.clone(),
        website_domain: origin,
        core_uris: vec![core(signed).await],
        core_api_key: None,
        anti_csrf: AntiCsrf::default(),
        email_verification: EmailVerificationMode::default(),
        cookie_domain: None,
        older_cookie_domain: None,
        providers: Vec::new(),
        rate_limits: RateLimits::OFF,
        dashboard: None,
    };
    SuperTokens::new(options, Arc::new(NoMail), Clock::system()).expect("a client")
}
