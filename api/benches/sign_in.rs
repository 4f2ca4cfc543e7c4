//! What signing in costs beside the Core, and what each request costs for the check of its token:
//! `cargo bench -p api --bench sign_in`. Each beside what it cannot do without.

mod common;

use std::{hint::black_box, net::IpAddr};

use axum::{
    body::Body,
    http::{HeaderMap, Method, Request},
};
use criterion::{Criterion, criterion_group, criterion_main};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use supertokens::{
    ClientAddress,
    recipes::emailpassword::SignIn,
    session::{self, NewSession},
};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

use common::{Signed, backend, bearer};

const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
/// More than the service remembers: whoever comes round again is a stranger.
const STRANGERS: usize = 5_000;

fn token_check(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let signed = Signed::new(STRANGERS);
    let backend = runtime.block_on(backend(&signed));
    let strangers: Vec<_> = signed.tokens.iter().map(|token| bearer(token)).collect();
    let known = strangers[0].clone();
    let check = |headers: &HeaderMap| {
        let request = session::Request { method: &Method::POST, path: "/graphql", headers };
        let checked = futures_util::FutureExt::now_or_never(backend.session(request));
        checked.expect("nothing to wait for").expect("a session")
    };
    // The first one fetches the key.
    let first = session::Request { method: &Method::POST, path: "/graphql", headers: &known };
    runtime.block_on(backend.session(first)).expect("a session");
    for (name, headers) in [("of a stranger", &strangers[1]), ("seen before", &known)] {
        let allocated = allocation_counter::measure(|| drop(black_box(check(headers))));
        let (times, bytes) = (allocated.count_total, allocated.bytes_total);
        println!("the check of a token {name} allocates {times} times, {bytes} bytes");
    }

    let (n, e) = &signed.public;
    let key = DecodingKey::from_rsa_components(n, e).expect("a key");
    let mut group = criterion.benchmark_group("token check");
    group.bench_function("signature alone", |bencher| {
        let validation = Validation::new(Algorithm::RS256);
        bencher.iter(|| jsonwebtoken::decode::<Value>(&signed.tokens[0], &key, &validation));
    });
    let mut next = strangers.iter().cycle();
    group.bench_function("whole session, a token that is new", |bencher| {
        bencher.iter(|| check(next.next().expect("a cycle has no end")));
    });
    group.bench_function("whole session, a token seen before", |bencher| {
        bencher.iter(|| check(&known));
    });
    group.finish();
}

fn sign_in(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let signed = Signed::new(1);
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
