//! What signing in costs beside the Core, and what each request costs for the check of its token:
//! `cargo bench -p api --bench sign_in`. Each beside what it cannot do without.

use std::{hint::black_box, net::IpAddr, sync::Arc};

use api::{
    clock::Clock,
    supertokens::{
        self, AntiCsrf, ClientAddress, EmailVerificationMode, Mailer, Options, RateLimits,
        SuperTokens,
        core::{NewSession, SignIn},
        mailer::Mail,
        session,
    },
};
use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
    signature::KeyPair as _,
};
use axum::{
    Json, Router,
    body::Body,
    http::{HeaderMap, Method, Request, header},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use criterion::{Criterion, criterion_group, criterion_main};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

const USER: &str = "8d4e3e52-0c02-4f0f-8d0e-3ad62a7b0b2a";
const KID: &str = "d-1799999999000";
const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

struct NoMail;

impl Mailer for NoMail {
    fn send(&self, _: Mail) {}
}

/// A signing key, and a token of it that is good for an hour.
struct Signed {
    public: (String, String),
    token: String,
}

impl Signed {
    fn new() -> Self {
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
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(KID.to_owned());
        let token = jsonwebtoken::encode(&header, &claims(), &key).expect("a token");
        Self { public, token }
    }

    fn jwks(&self) -> Value {
        let (n, e) = &self.public;
        json!({"keys": [{"kty": "RSA", "kid": KID, "n": n, "e": e, "alg": "RS256", "use": "sig"}]})
    }
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
        "accessToken": token(&signed.token), "refreshToken": token("refresh.V2")});
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

async fn backend(signed: &Signed) -> SuperTokens {
    let origin: url::Url = "http://localhost:3000".parse().expect("a URL");
    let options = Options {
        api_domain: origin.clone(),
        website_domain: origin,
        core_uris: vec![core(signed).await],
        core_api_key: None,
        anti_csrf: AntiCsrf::default(),
        email_verification: EmailVerificationMode::default(),
        cookie_domain: None,
        providers: Vec::new(),
        rate_limits: RateLimits::OFF,
        dashboard: None,
    };
    SuperTokens::new(options, Arc::new(NoMail), Clock::system()).expect("a client")
}

fn token_check(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let signed = Signed::new();
    let backend = runtime.block_on(backend(&signed));
    let mut headers = HeaderMap::new();
    let bearer = format!("Bearer {}", signed.token).parse().expect("a header");
    headers.insert(header::AUTHORIZATION, bearer);
    let check = || async {
        let request = session::Request { method: &Method::POST, headers: &headers };
        backend.session(request).await.expect("a session")
    };
    // The first one fetches the key.
    runtime.block_on(check());
    let allocated = allocation_counter::measure(|| {
        black_box(futures_util::FutureExt::now_or_never(check()).expect("nothing to wait for"));
    });
    println!(
        "a token check allocates {} times, {} bytes",
        allocated.count_total, allocated.bytes_total
    );

    let (n, e) = &signed.public;
    let key = DecodingKey::from_rsa_components(n, e).expect("a key");
    let mut group = criterion.benchmark_group("token check");
    group.bench_function("signature alone", |bencher| {
        let validation = Validation::new(Algorithm::RS256);
        bencher.iter(|| jsonwebtoken::decode::<Value>(&signed.token, &key, &validation));
    });
    group.bench_function("whole session", |bencher| bencher.to_async(&runtime).iter(check));
    group.finish();
}

fn sign_in(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let signed = Signed::new();
    let backend = runtime.block_on(backend(&signed));
    let routes = supertokens::routes(backend.clone());
    let mut group = criterion.benchmark_group("sign-in");
    group.bench_function("calls to the Core alone", |bencher| {
        bencher.to_async(&runtime).iter(|| async {
            let core = backend.core();
            let Ok(SignIn::Ok { user, .. }) = core.sign_in("ada@example.com", "secret123").await
            else {
                panic!("not signed in")
            };
            let roles = core.roles_of(&user.id).await.expect("roles");
            let session = NewSession {
                user_id: &user.id,
                access_token_payload: json!({"st-role": roles}),
                session_data: json!({}),
                enable_anti_csrf: false,
            };
            core.create_session(session).await.expect("a session")
        });
    });
    let form = json!({"formFields": [
        {"id": "email", "value": "ada@example.com"}, {"id": "password", "value": "secret123"}]})
    .to_string();
    group.bench_function("POST /auth/signin", |bencher| {
        bencher.to_async(&runtime).iter(|| async {
            let request = Request::post("/auth/signin")
                .header("content-type", "application/json")
                .extension(ClientAddress(CLIENT))
                .body(Body::from(form.clone()))
                .expect("a request");
            let answer = routes.clone().oneshot(request).await.expect("an answer");
            assert!(answer.headers().contains_key("st-access-token"));
            answer
        });
    });
    group.finish();
}

criterion_group!(benches, token_check, sign_in);
criterion_main!(benches);
