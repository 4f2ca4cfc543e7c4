//! A database for each test, on the server of `TEST_DATABASE_URL`.

use std::{env, thread};

use secrecy::SecretString;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use url::Url;
use uuid::Uuid;

/// An empty database of its own, dropped with this value.
pub struct TestDatabase {
    server: Url,
    name: String,
}

impl TestDatabase {
    pub async fn new() -> Self {
        let server = env::var("TEST_DATABASE_URL")
            .expect("set TEST_DATABASE_URL, or run `cargo xtask test`");
        let server = Url::parse(&server).expect("TEST_DATABASE_URL is a URL");
        let name = format!("test_{}", Uuid::new_v4().simple());
        execute(&server, format!("create database {name}")).await;
        Self { server, name }
    }

    pub fn url(&self) -> SecretString {
        let mut url = self.server.clone();
        url.set_path(&self.name);
        SecretString::from(url.to_string())
    }

    /// Ends every connection to the database and drops it, as an outage would look.
    pub async fn take_away(&self) {
        execute(
            &self.server,
            format!("drop database if exists {} with (force)", self.name),
        )
        .await;
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // A thread and a runtime of its own: the test's runtime may be shutting down. Its failure
        // is no more than a database left over.
        let drop_database = || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime")
                .block_on(self.take_away());
        };
        let _ = thread::scope(|scope| scope.spawn(drop_database).join());
    }
}

async fn execute(server: &Url, statement: String) {
    let mut connection = PgConnection::connect(server.as_str())
        .await
        .expect("TEST_DATABASE_URL answers");
    connection
        .execute(AssertSqlSafe(statement))
        .await
        .expect("statement of the test set-up");
}
