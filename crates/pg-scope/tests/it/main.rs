//! pg-scope against a real PostgreSQL (`TEST_DATABASE_URL`) and against a scripted server.

mod connecting;
mod drops;
mod handshake;
mod scripted;
#[cfg(feature = "sea-orm")]
mod sea_orm;
mod server;
mod shares;
mod transactions;

use std::{env, sync::LazyLock};

use pg_scope::{Access, Error, Options, Pool, Scope, ScopeTemplate, Transaction};

static READ: LazyLock<ScopeTemplate> =
    LazyLock::new(|| ScopeTemplate::new(&["app.user"], &[], Access::Read));
static WRITE: LazyLock<ScopeTemplate> =
    LazyLock::new(|| ScopeTemplate::new(&["app.user"], &[], Access::Write));

fn read_as(user: &str) -> Scope {
    READ.scope(&[user]).expect("a scope")
}

fn write_as(user: &str) -> Scope {
    WRITE.scope(&[user]).expect("a scope")
}

/// Options of the test server. Each connection has this `application_name`.
fn postgres(name: &str) -> Options {
    let url = env::var("TEST_DATABASE_URL");
    let url = url.expect("TEST_DATABASE_URL: run `cargo xtask test`, which starts a PostgreSQL");
    let separator = if url.contains('?') { '&' } else { '?' };
    Options::from_url(&format!("{url}{separator}application_name={name}")).expect("a URL")
}

/// The user that the server sees in this transaction.
async fn user(transaction: &Transaction) -> Result<String, Error> {
    let sql = "SELECT coalesce(current_setting('app.user', true), '')";
    transaction.query(sql, &[]).await?.rows[0].get(0)
}

/// How many connections with this `application_name` the server has.
async fn backends(observer: &Pool, name: &str) -> i64 {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1";
    let transaction = observer.begin(read_as("observer")).await.expect("a connection").ending();
    let result = transaction.query(sql, &[(&name, pg_scope::types::Type::TEXT)]).await;
    result.expect("rows").rows[0].get(0).expect("a count")
}
