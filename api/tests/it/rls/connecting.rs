//! Logins and settings of the URL that only a real server can check.

use std::time::Duration;

use api::{
    concurrency::Budget,
    rls::{ClaimsMode, PoolOptions, Rls, Signer},
};
use axum::Router;
use clock::Clock;
use rcgen::{CertificateParams, KeyPair};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::support::{app::TestApp, cluster::Cluster, database::TestDatabase};

/// Writes a file into the server's data folder that only the server can read.
async fn write(superuser: &mut PgConnection, name: &str, text: &str) {
    let lines = text.trim_end().replace('\n', "'), ('");
    let sql = format!("COPY (VALUES ('{lines}')) TO PROGRAM 'umask 077; cat > {name}'");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(superuser).await.expect("a file");
}

async fn enable_tls(superuser: &mut PgConnection) {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
    let certificate = params.self_signed(&key).expect("a certificate");
    write(superuser, "server.crt", &certificate.pem()).await;
    write(superuser, "server.key", &key.serialize_pem()).await;
    for sql in ["ALTER SYSTEM SET ssl = on", "SELECT pg_reload_conf()"] {
        sqlx::raw_sql(sql).execute(&mut *superuser).await.expect("a setting");
    }
}

async fn ping(url: &str) -> Result<(), String> {
    let rls = Rls::connect(&PoolOptions {
        url: url.into(),
        budget: Budget::new(1, 1, None),
        acquire_timeout: Duration::from_mins(1),
        prepares_statements: true,
        search_timeout: Duration::from_secs(2),
        signer: Signer { mode: ClaimsMode::Plain, key: None, clock: Clock::system() },
    });
    let rls = rls.map_err(|error| error.to_string())?;
    // Pings have a time limit, which a busy machine may exceed.
    for _ in 0..20 {
        match rls.ping().await {
            Err(pg_scope::Error::AcquireTimeout(_)) => {}
            pinged => return pinged.map_err(|error| error.to_string()),
        }
    }
    Err("no response".to_owned())
}

#[tokio::test]
async fn channel_binding_and_direct_tls_reach_a_server() {
    let Some(cluster) = Cluster::start().await else { return };
    let mut superuser = PgConnection::connect(cluster.url().as_str()).await.expect("it answers");
    let required = format!("{}?sslmode=require&channel_binding=require", cluster.url());
    assert!(ping(&required).await.is_err(), "the server has no TLS");
    enable_tls(&mut superuser).await;
    // The server reloads its settings soon.
    let mut pinged = ping(&required).await;
    for _ in 0..600 {
        if pinged.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        pinged = ping(&required).await;
    }
    pinged.expect("a connection with channel binding");
    let version: i32 = sqlx::query_scalar("SELECT current_setting('server_version_num')::int")
        .fetch_one(&mut superuser)
        .await
        .expect("a version");
    let direct = ping(&format!("{required}&sslnegotiation=direct")).await;
    assert_eq!(direct.is_ok(), version >= 170_000, "{version}: {direct:?}");
}

#[tokio::test]
async fn login_that_is_rejected_is_unavailable() {
    let database = TestDatabase::migrated().await;
    let name = format!("it_rejected_{}", uuid::Uuid::new_v4().simple());
    let create = format!(
        "CREATE ROLE {name} LOGIN NOINHERIT PASSWORD '{name}' IN ROLE authenticated, todos_support;
         ALTER ROLE {name} SET role = authenticated"
    );
    database.execute(&create).await;
    let url = database.url_as(&name, &name);
    let change = |config: &mut api::config::Config| config.database_authenticated_url = url.into();
    let app =
        TestApp::start_changed(database, &[], Clock::system(), change, |_| Router::new()).await;
    let ada = app.user("ada").await;
    ada.add("before").await;
    // As after a change of its password, which a server that trusts everybody does not ask for.
    let reject = format!(
        "ALTER ROLE {name} NOLOGIN;
         SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE usename = '{name}'"
    );
    app.database.execute(&reject).await;
    let query = "{ todos { nodes { id } } }";
    assert_eq!(ada.error_code(query, json!({})).await, "SERVICE_UNAVAILABLE");
    assert_eq!(app.get("/readyz").send().await.expect("a response").status(), 503);
    app.database.execute(&format!("ALTER ROLE {name} LOGIN")).await;
    assert_eq!(ada.tasks().await, ["before"]);
    let drop = format!(
        "ALTER ROLE {name} NOLOGIN;
         SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE usename = '{name}';
         DROP ROLE {name}"
    );
    app.database.execute(&drop).await;
}
