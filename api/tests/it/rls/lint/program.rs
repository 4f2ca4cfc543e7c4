//! The program itself.

use std::process::{Command, Output};

use serde_json::Value;

use crate::support::database::{LOGIN, TestDatabase};

/// `api rls-lint …`, with these variables alone, in a folder without `.env`.
fn rls_lint(vars: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_api"));
    program.env_clear().envs(vars.iter().copied()).arg("rls-lint").args(arguments);
    program.current_dir(env!("CARGO_TARGET_TMPDIR"));
    program.output().expect("the program runs")
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test]
async fn how_it_ends_says_what_it_found() {
    let database = TestDatabase::migrated().await;
    let login = database.login_url();
    let vars = [("DATABASE_AUTHENTICATED_URL", &*login)];
    let clean = rls_lint(&vars, &[]);
    // The server of these tests may be one to warn of.
    let of_server = ["warning server-with-known-leaks", "warning create-in-public"];
    let warnings: usize = of_server.iter().map(|text| said(&clean).matches(text).count()).sum();
    let told =
        format!("0 errors, {warnings} warnings; looked at role authenticated and login {LOGIN}");
    let told = told.replace("1 warnings", "1 warning");
    assert!(code(&clean) == Some(0) && said(&clean).trim_end().ends_with(&told), "{clean:?}");
    let denied = rls_lint(&vars, &["--deny", "warnings"]);
    assert_eq!(code(&denied), Some(i32::from(warnings > 0)));

    database.execute("grant select (task) on todos to public").await;
    assert_eq!(code(&rls_lint(&vars, &[])), Some(0));
    assert_eq!(code(&rls_lint(&vars, &["--deny", "warnings"])), Some(1));

    database.execute("alter table todos no force row level security").await;
    let found = rls_lint(&vars, &[]);
    assert_eq!(code(&found), Some(1));
    assert!(said(&found).contains("table-without-force") && said(&found).contains("\n1 error, "));
    let found: Value =
        serde_json::from_slice(&rls_lint(&vars, &["--format", "json"]).stdout).expect("JSON");
    assert_eq!(
        (&found["errors"], &found["findings"][0]["object"]),
        (&1.into(), &"table todos".into())
    );
}

#[tokio::test]
async fn owners_are_not_taken_for_the_service_unless_they_are_its_login() {
    let database = TestDatabase::migrated().await;
    let owner = database.owner_url();
    for (vars, arguments, ends) in [
        (&[][..], &["--url", &owner][..], 0),
        (&[("DATABASE_URL", &*owner)], &[], 0),
        (&[], &["--url", &owner, "--login", LOGIN], 0),
        (&[], &["--url", &owner, "--login", "it_owner"], 1),
        (&[("DATABASE_AUTHENTICATED_URL", &owner)], &[], 1),
    ] {
        let output = rls_lint(vars, arguments);
        assert_eq!(code(&output), Some(ends), "{vars:?} {arguments:?}: {output:?}");
    }
}

#[tokio::test]
async fn another_role_is_looked_at_by_name() {
    let database = TestDatabase::migrated().await;
    database.execute("create table open (id int); grant select on open to it_owner").await;
    let url = database.url_as("", "");
    let output = rls_lint(&[], &["--url", &url, "--role", "todos_support"]);
    assert_eq!(code(&output), Some(0), "{output:?}");
    let output = rls_lint(&[], &["--url", &url, "--role", "it_owner"]);
    assert!(said(&output).contains("table open can be reached by it_owner"), "{output:?}");
}

#[tokio::test]
async fn it_says_why_it_cannot_look_and_shows_no_password() {
    let database = TestDatabase::migrated().await;
    let login = database.login_url();
    let nowhere = "postgres://a:s3cret@127.0.0.1:9/x";
    let no_database = format!("{}_not", login.replace(":it_login@", ":s3cret@"));
    for (arguments, text) in [
        (&[][..], "no database is named"),
        (
            &["--url", "mysql://a:s3cret@localhost/x"],
            "--url: the database URL cannot be used: it is not a URL of a PostgreSQL database",
        ),
        (
            &["--url", "postgres://a:s3cret@[/x"],
            "--url: the database URL cannot be used: it is not a URL of a PostgreSQL database",
        ),
        (&["--url", nowhere], "the database of --url cannot be used"),
        (&["--url", &no_database], "the database of --url cannot be used"),
        (&["--url", &login, "--role", "nobody"], "there is no role \"nobody\""),
        (&["--url", &login, "--login", "nobody"], "there is no role \"nobody\""),
        (&["--url", &login, "--format", "xml"], "invalid value 'xml'"),
    ] {
        let output = rls_lint(&[], arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((code(&output), said(&output)), (Some(2), String::new()), "{output:?}");
        assert!(error.starts_with("error: ") && error.contains(text), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
}

#[tokio::test]
async fn it_can_be_looked_at_by_who_may_write_nothing() {
    let database = TestDatabase::migrated().await;
    database.execute("do $$ begin execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$").await;
    let output = rls_lint(&[], &["--url", &database.login_url()]);
    assert_eq!(code(&output), Some(0), "{output:?}");
}

#[test]
fn it_lists_its_rules() {
    let output = rls_lint(&[], &["--rules"]);
    assert_eq!((code(&output), said(&output)), (Some(0), rls_lint::rules_as_markdown()));
}
