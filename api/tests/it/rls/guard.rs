use std::time::Duration;

use api::{
    concurrency::Budget,
    rls::{CheckError, ClaimsMode, PoolOptions, Rls, Signer},
};
use axum::Router;
use clock::Clock;

use crate::support::{app::TestApp, database::TestDatabase};

/// What the service says when it starts on `database` as that role.
pub async fn faults(url: String) -> Vec<String> {
    let rls = Rls::connect(&PoolOptions {
        url: url.into(),
        budget: Budget::new(1, 1, None),
        acquire_timeout: Duration::from_secs(5),
        prepares_statements: true,
        search_timeout: Duration::from_secs(2),
        signer: Signer { mode: ClaimsMode::Plain, key: None, clock: Clock::system() },
    })
    .expect("a lazy pool");
    match rls.verify().await {
        Ok(()) => Vec::new(),
        Err(CheckError::Unsafe(unsafe_database)) => unsafe_database.0,
        Err(error) => panic!("{error}"),
    }
}

/// A role of this test alone: roles belong to the whole server.
pub struct Role<'a> {
    database: &'a TestDatabase,
    pub name: String,
}

impl<'a> Role<'a> {
    pub async fn create(database: &'a TestDatabase, attributes: &str) -> Self {
        let name = format!("guard_{}", uuid::Uuid::new_v4().simple());
        database.execute(&format!("create role {name} password 'x' {attributes}")).await;
        Self { database, name }
    }

    pub fn url(&self) -> String {
        self.database.url_as(&self.name, "x")
    }

    pub async fn drop(self) {
        self.database.execute(&format!("drop owned by {0}; drop role {0}", self.name)).await;
    }
}

#[tokio::test]
async fn the_login_of_the_migrations_is_accepted() {
    let database = TestDatabase::migrated().await;
    assert_eq!(faults(database.login_url()).await, Vec::<String>::new());
}

/// As a provider may hand it out: there is nothing that it would have to become.
#[tokio::test]
async fn a_login_that_is_authenticated_itself_serves() {
    let database = TestDatabase::migrated().await;
    database.execute("alter role authenticated login password 'x'").await;
    let url = database.url_as("authenticated", "x");
    assert_eq!(faults(url.clone()).await, Vec::<String>::new());
    let change = |config: &mut api::config::Config| config.database_authenticated_url = url.into();
    let app =
        TestApp::start_changed(database, &[], Clock::system(), change, |_| Router::new()).await;
    let (ada, eve) = (app.user("ada").await, app.user("eve").await);
    ada.add("hers").await;
    assert_eq!((ada.tasks().await, eve.tasks().await), (vec!["hers".to_owned()], vec![]));
}

#[tokio::test]
async fn a_login_that_can_bypass_row_level_security_is_refused() {
    let database = TestDatabase::migrated().await;
    for (attributes, fault) in [
        ("login superuser", "is a superuser"),
        ("login bypassrls in role authenticated", "has BYPASSRLS"),
        ("login in role authenticated, it_owner", "can act as the owner of table todos"),
        ("login", "is no member of \"authenticated\""),
        ("login in role authenticated", "does not start as \"authenticated\""),
    ] {
        let role = Role::create(&database, attributes).await;
        let found = faults(role.url()).await;
        role.drop().await;
        assert!(found.iter().any(|found| found.contains(fault)), "{attributes}: {found:?}");
    }
}

#[tokio::test]
async fn a_way_round_through_another_role_is_found() {
    let database = TestDatabase::migrated().await;
    let powerful = Role::create(&database, "nologin bypassrls").await;
    let login =
        Role::create(&database, &format!("login in role authenticated, {}", powerful.name)).await;
    database.execute(&format!("alter role {} set role = 'authenticated'", login.name)).await;
    let found = faults(login.url()).await;
    login.drop().await;
    powerful.drop().await;
    assert!(found.len() == 1 && found[0].contains("which has BYPASSRLS"), "{found:?}");
}

#[tokio::test]
async fn what_another_role_of_the_login_can_reach_is_looked_at_too() {
    let database = TestDatabase::migrated().await;
    let reader = Role::create(&database, "nologin").await;
    let attributes = format!("login in role authenticated, {}", reader.name);
    let login = Role::create(&database, &attributes).await;
    database
        .execute(&format!(
            "alter role {} set role = 'authenticated'; \
             create table open (id int); grant select on open to {}",
            login.name, reader.name
        ))
        .await;
    let found = faults(login.url()).await;
    login.drop().await;
    reader.drop().await;
    assert!(found.len() == 1 && found[0].contains("table open"), "{found:?}");
}

#[tokio::test]
async fn a_view_with_the_rights_of_its_caller_is_accepted() {
    let database = TestDatabase::migrated().await;
    database
        .execute(
            "create view mine with (security_invoker) as table todos; \
             grant select on mine to authenticated",
        )
        .await;
    assert_eq!(faults(database.login_url()).await, Vec::<String>::new());
}

#[tokio::test]
async fn the_relations_of_an_extension_are_its_own_concern() {
    let database = TestDatabase::migrated().await;
    // Its views are for everyone, and run with the rights of their owner.
    database.execute("create extension pg_stat_statements").await;
    assert_eq!(faults(database.login_url()).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_relation_without_row_level_security_is_refused() {
    for (sql, fault) in [
        ("alter table todos no force row level security", "FORCE ROW LEVEL SECURITY"),
        ("alter table todos disable row level security", "ENABLE ROW LEVEL SECURITY"),
        ("create table open (id int); grant select on open to authenticated", "table open"),
        ("create table open (id int); grant update (id) on open to public", "table open"),
        ("create view open as select 1; grant select on open to authenticated", "view open"),
        (
            "create view open with (security_invoker = off) as table todos; \
             grant select on open to authenticated",
            "view open",
        ),
        (
            "create materialized view open as table todos; grant select on open to authenticated",
            "materialized view open",
        ),
        (
            "create foreign data wrapper w; create server s foreign data wrapper w; \
             create foreign table open (id int) server s; grant select on open to authenticated",
            "foreign table open",
        ),
    ] {
        let database = TestDatabase::migrated().await;
        database.execute(sql).await;
        let found = faults(database.login_url()).await;
        assert!(found.len() == 1 && found[0].contains(fault), "{sql}: {found:?}");
    }
}
