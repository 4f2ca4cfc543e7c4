//! What the data plane costs by itself: `cargo bench -p api --bench data`.
//!
//! An operation without I/O, and a transaction as a user beside a bare round trip. The latter want
//! `DATABASE_AUTHENTICATED_URL`, a migrated database as the service's login.

mod common;

use std::{env, hint::black_box, time::Duration};

use api::{
    concurrency::Budget,
    graphql::{Accounts, Error, Introspection},
    live::Live,
    rls::{Access, ClaimsMode, PoolOptions, Rls, Role, Signer},
    schema,
    todos::{Arguments, List},
};
use axum::http::Method;
use clock::Clock;
use criterion::{Criterion, criterion_group, criterion_main};
use sea_orm::ConnectionTrait as _;
use supertokens::{Claims, account::Account, session};
use tokio::runtime::Runtime;

use common::{Signed, USER, backend, bearer};

/// Where nothing listens.
const NOWHERE: &str = "postgres://nobody@127.0.0.1:1/none";

/// Nobody is asked.
struct NoAccounts;

#[async_trait::async_trait]
impl Accounts for NoAccounts {
    async fn email_of(&self, _: &str) -> Result<Option<String>, Error> {
        Ok(None)
    }

    async fn permits(&self, _: &str, _: &str) -> Result<bool, Error> {
        Ok(false)
    }

    fn own(&self, _: &Claims) -> Account {
        unreachable!("no operation here is about the account")
    }
}

fn claims(runtime: &Runtime) -> Claims {
    let signed = Signed::new(1);
    let headers = bearer(&signed.tokens[0]);
    let request = session::Request { method: &Method::POST, path: "/graphql", headers: &headers };
    let session = runtime.block_on(async { backend(&signed).await.session(request).await });
    let claims = session.expect("a session").claims;
    assert_eq!(claims.user_id(), USER);
    claims
}

fn connect(url: String) -> Rls {
    let options = PoolOptions {
        url: url.into(),
        budget: Budget::new(1, 1, None),
        acquire_timeout: Duration::from_secs(3),
        prepares_statements: true,
        search_timeout: Duration::from_secs(2),
        signer: Signer { mode: ClaimsMode::Plain, key: None, clock: Clock::system() },
    };
    Rls::connect(&options).expect("a URL")
}

fn operation(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let claims = claims(&runtime);
    let _entered = runtime.enter();
    let nowhere = connect(NOWHERE.into());
    let live = Live::open(&NOWHERE.into(), 1).expect("a URL");
    let schema = schema::schema(&nowhere, NoAccounts, &live, Introspection::Allowed);
    let mut group = criterion.benchmark_group("operation without I/O");
    for (name, query) in [
        ("one field", "{ __typename }"),
        ("the session", "{ session { userId id expiresAt accessTokenPayload } }"),
    ] {
        group.bench_function(name, |bencher| {
            bencher.to_async(&runtime).iter(|| async {
                let request = async_graphql::Request::new(query).data(claims.clone());
                let answer = schema.execute(request).await;
                assert!(answer.errors.is_empty());
                answer
            });
        });
    }
    group.finish();
}

fn transaction(criterion: &mut Criterion) {
    let Some(url) = env::var("DATABASE_AUTHENTICATED_URL").ok().filter(|url| !url.is_empty())
    else {
        println!("transactions are left out: DATABASE_AUTHENTICATED_URL is not set");
        return;
    };
    let runtime = Runtime::new().expect("a runtime");
    let claims = claims(&runtime);
    let _entered = runtime.enter();
    let rls = connect(url);
    let list = List::new(&Arguments::default(), None, None).expect("a list").select_all();
    let statement = sea_orm::QueryTrait::build(&list, sea_orm::DbBackend::Postgres);
    let begin = async || rls.begin(Role::Authenticated, Access::Read, &claims).await.expect("one");
    let mut group = criterion.benchmark_group("transaction");
    group.bench_function("a bare round trip", |bencher| {
        bencher.to_async(&runtime).iter(|| async { rls.ping().await.expect("a server") });
    });
    group.bench_function("a list, all of it in one round trip", |bencher| {
        bencher.to_async(&runtime).iter(|| async {
            let transaction = begin().await.ending();
            black_box(transaction.query_all_raw(statement.clone()).await.expect("rows"))
        });
    });
    group.bench_function("a list, and its end in another", |bencher| {
        bencher.to_async(&runtime).iter(|| async {
            let transaction = begin().await;
            let rows = transaction.query_all_raw(statement.clone()).await.expect("rows");
            transaction.commit().await.expect("an end");
            black_box(rows)
        });
    });
    group.finish();
}

criterion_group!(benches, operation, transaction);
criterion_main!(benches);
