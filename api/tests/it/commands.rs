//! The command line: roles, and who can sign in to the dashboard.

use std::{
    io::Write as _,
    process::{Command as Process, Output, Stdio},
};

use api::commands::{
    dashboard,
    roles::{self, Command},
};
use clap::Parser;
use secrecy::SecretString;
use serde_json::json;

use crate::support::{
    app::{Answer, TestApp, credentials},
    database::TestDatabase,
};

#[derive(Parser)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

/// What `api roles …` prints, or why it fails.
async fn roles(app: &TestApp, line: &str) -> Result<String, String> {
    let words = ["roles"].into_iter().chain(line.split_whitespace());
    let command = Line::try_parse_from(words).expect("a command").command;
    roles::run(command, app.state.supertokens.core()).await.map_err(|error| error.to_string())
}

#[tokio::test]
async fn roles_are_made_granted_and_shown() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let nothing = roles(&app, "list").await.unwrap();
    assert!(nothing.starts_with("there are no roles"), "{nothing}");
    assert_eq!(
        roles(&app, "add support todos:read-any").await.unwrap(),
        "support is made: todos:read-any"
    );
    assert_eq!(
        roles(&app, "add support audit:read").await.unwrap(),
        "support was there: audit:read, todos:read-any"
    );
    roles(&app, "add ed").await.unwrap();
    assert_eq!(
        roles(&app, "list").await.unwrap(),
        "ed       nothing\nsupport  audit:read, todos:read-any"
    );
    let refused = roles(&app, "grant support ada@example.com").await.unwrap_err();
    assert!(refused.contains("not verified") && refused.contains(&ada.id), "{refused}");
    let core = app.state.supertokens.core();
    let token = core.create_verification_token(&ada.id, "ada@example.com").await.unwrap();
    core.verify_email(&token.expect("a token")).await.unwrap();
    let shown = format!("{} (ada@example.com; emailpassword)", ada.id);
    let granted = roles(&app, "grant support ADA@example.com").await.unwrap();
    assert_eq!(granted, format!("{shown} has support from the next sign-in on"));
    let again = roles(&app, &format!("grant support {}", ada.id)).await.unwrap();
    assert_eq!(again, format!("{shown} has support already"));
    assert_eq!(roles(&app, "list ada@example.com").await.unwrap(), format!("{shown}: support"));

    let ada = app.sign_in(&credentials("ada@example.com", "secret123")).await;
    let query = "query($id: ID!) { userTodos(userId: $id) { nodes { id } } }";
    ada.data(query, json!({"id": "somebody"})).await;
}

#[tokio::test]
async fn who_loses_a_role_has_to_sign_in_again() {
    let app = TestApp::start().await;
    for (line, end) in [
        ("revoke support ada@example.com", "no longer has support, and has to sign in again"),
        ("remove support todos:read-any", "the user who had it has to sign in again"),
        ("remove support", "support is removed; the user who had it has to sign in again"),
    ] {
        let ada = match app.state.supertokens.users().by_email("ada@example.com").await {
            Ok(users) if users.is_empty() => app.user("ada").await,
            _ => app.sign_in(&credentials("ada@example.com", "secret123")).await,
        };
        roles(&app, "add support todos:read-any").await.unwrap();
        roles(&app, &format!("grant support {}", ada.id)).await.unwrap();
        let said = roles(&app, line).await.unwrap();
        assert!(said.ends_with(end), "{said}");
        let refresh = app.post("/auth/session/refresh").bearer_auth(&ada.refresh_token);
        assert_eq!(Answer::read(refresh.send().await.unwrap()).await.status, 401, "{line}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_said() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for (line, text) in [
        ("list nobody@example.com", "nobody signs in with nobody@example.com"),
        ("grant support 1234", "there is no user with the id 1234"),
        (&format!("grant support {}", ada.id), "there is no role support: `api roles list` shows"),
        ("revoke support ada@example.com", "there is no role support"),
        ("remove support", "there is no role support"),
    ] {
        let error = roles(&app, line).await.expect_err(line);
        assert!(error.contains(text), "{line}: {error}");
    }
}

#[tokio::test]
async fn an_email_of_several_users_asks_for_an_id() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let core = app.state.supertokens.core();
    core.sign_in_up("google", "g-1", "ada@example.com", true).await.expect("the Core answers");
    roles(&app, "add support").await.unwrap();
    let error = roles(&app, "grant support ada@example.com").await.unwrap_err();
    assert!(error.contains("several users") && error.contains(&ada.id), "{error}");
    assert!(error.contains("thirdparty"), "{error}");
}

/// What `api dashboard …` prints, or why it fails, with this password.
async fn dashboard(app: &TestApp, line: &str, password: &str) -> Result<String, String> {
    #[derive(Parser)]
    struct Line {
        #[command(subcommand)]
        command: dashboard::Command,
    }
    let words = ["dashboard"].into_iter().chain(line.split_whitespace());
    let command = Line::try_parse_from(words).expect("a command").command;
    let core = app.state.supertokens.core();
    let password = || Ok(SecretString::from(password));
    dashboard::run(command, core, password).await.map_err(|error| error.to_string())
}

#[tokio::test]
async fn administrators_are_added_and_removed() {
    let app = TestApp::start().await;
    let sign_in = async |password: &str| {
        let body = json!({"email": "boss@example.com", "password": password});
        let request = app.post("/auth/dashboard/api/signin").json(&body);
        Answer::read(request.send().await.unwrap()).await.body["status"].clone()
    };
    let none = dashboard(&app, "list", "").await.unwrap();
    assert!(none.starts_with("nobody"), "{none}");
    let added = dashboard(&app, "add Boss@example.com", "bosspass1").await.unwrap();
    assert_eq!(added, "boss@example.com can sign in to the dashboard");
    assert_eq!(sign_in("bosspass1").await, "OK");
    assert_eq!(dashboard(&app, "list", "").await.unwrap(), "boss@example.com");
    dashboard(&app, "password boss@example.com", "bosspass2").await.unwrap();
    assert_eq!(sign_in("bosspass1").await, "INVALID_CREDENTIALS_ERROR");
    assert_eq!(sign_in("bosspass2").await, "OK");
    for (line, password, text) in [
        ("add boss@example.com", "bosspass1", "can sign in to the dashboard already"),
        ("add other@example.com", "short", "Password must contain"),
        ("add nope", "bosspass1", "Email is invalid"),
        ("password other@example.com", "bosspass1", "`api dashboard list` shows who can"),
        ("remove other@example.com", "", "`api dashboard list` shows who can"),
    ] {
        let error = dashboard(&app, line, password).await.expect_err(line);
        assert!(error.contains(text), "{line}: {error}");
    }
    dashboard(&app, "remove boss@example.com", "").await.unwrap();
    assert_eq!(sign_in("bosspass2").await, "INVALID_CREDENTIALS_ERROR");
}

/// Runs the program itself, with these variables alone.
fn api(vars: &[(&str, &str)], arguments: &[&str]) -> Output {
    let folder = folder();
    let mut process = Process::new(env!("CARGO_BIN_EXE_api"));
    process.env_clear().envs(vars.iter().copied()).args(arguments).current_dir(folder);
    process.output().expect("the program runs")
}

/// A folder without `.env`.
fn folder() -> std::path::PathBuf {
    std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}

#[tokio::test]
async fn the_program_itself() {
    let database = TestDatabase::migrated().await;
    let (owner, login) = (database.owner_url(), database.login_url());
    let vars = [("DATABASE_URL", &*owner), ("DATABASE_AUTHENTICATED_URL", &*login)];
    // Nothing but the Core's settings is needed.
    let made = api(&vars[..1], &["roles", "add", "support", "todos:read-any"]);
    assert_eq!(String::from_utf8_lossy(&made.stdout), "support is made: todos:read-any\n");
    let listed = api(&vars, &["roles", "list"]);
    assert_eq!(String::from_utf8_lossy(&listed.stdout), "support  todos:read-any\n");
    assert!(made.status.success() && listed.stderr.is_empty(), "{listed:?}");

    let mut add = Process::new(env!("CARGO_BIN_EXE_api"));
    add.env_clear().envs(vars[..1].iter().copied()).args(["dashboard", "add", "boss@example.com"]);
    add.current_dir(folder()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut add = add.spawn().expect("the program runs");
    let mut stdin = add.stdin.take().expect("a pipe");
    stdin.write_all(b"bosspass1\n").expect("the password is taken");
    drop(stdin);
    let added = add.wait_with_output().expect("the program ends");
    let said = String::from_utf8_lossy(&added.stdout);
    assert_eq!(said, "boss@example.com can sign in to the dashboard\n");

    let away = [vars[0], vars[1], ("SUPERTOKENS_URI", "http://127.0.0.1:9")];
    let failed = api(&away, &["roles", "list"]);
    let said = String::from_utf8_lossy(&failed.stderr);
    assert!(said.starts_with("error: ") && said.contains("check SUPERTOKENS_URI"), "{said}");
    assert_eq!((failed.status.code(), failed.stdout.len()), (Some(1), 0));

    let unset = api(&[], &["roles", "list"]);
    let said = String::from_utf8_lossy(&unset.stderr);
    let told = "error: SUPERTOKENS_URI and DATABASE_URL are both not set";
    assert!(said.starts_with(told), "{said}");
    let unset = api(&[], &["config", "check"]);
    let said = String::from_utf8_lossy(&unset.stderr);
    let told = "error: 3 settings cannot be used:\n- DATABASE_AUTHENTICATED_URL is not set";
    assert!(said.starts_with(told), "{said}");
}
