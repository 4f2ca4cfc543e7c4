//! What the running program writes: enough to know what happened, and no secret.

use std::{
    fs::{self, File},
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::support::{app::credentials, database::TestDatabase};

const EMAIL: &str = "ada.lovelace@example.com";
const PASSWORD: &str = "analytical-engine-1";
const WRONG: &str = "difference-engine-2";
const PATIENCE: Duration = Duration::from_secs(30);

/// The program, running; killed when dropped.
struct Program {
    child: Child,
    log: PathBuf,
    url: String,
    http: Client,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.log);
    }
}

impl Program {
    async fn start(database: &TestDatabase, level: &str) -> Self {
        let port = free_port();
        let log = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(Uuid::new_v4().to_string());
        let file = File::create(&log).expect("a file for the log");
        let child = Command::new(env!("CARGO_BIN_EXE_api"))
            .env_clear()
            .env("DATABASE_URL", database.owner_url())
            .env("DATABASE_AUTHENTICATED_URL", database.login_url())
            .env("PORT", port.to_string())
            .env("RUST_LOG", level)
            .current_dir(env!("CARGO_TARGET_TMPDIR"))
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("the file"))
            .stderr(file)
            .spawn()
            .expect("the program starts");
        let http = Client::builder().no_proxy().build().expect("a client");
        let program = Self { child, log, url: format!("http://127.0.0.1:{port}"), http };
        program.ready().await;
        program
    }

    async fn ready(&self) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.http.get(format!("{}/readyz", self.url)).send().await;
            if answer.is_ok_and(|answer| answer.status() == StatusCode::OK) {
                return;
            }
            assert!(Instant::now() < deadline, "not ready: {}", self.written());
            sleep(Duration::from_millis(50)).await;
        }
    }

    fn written(&self) -> String {
        fs::read_to_string(&self.log).expect("the log")
    }

    async fn post(&self, path: &str, bearer: Option<&str>, body: &Value) -> Response {
        let request = self.http.post(format!("{}{path}", self.url)).json(body);
        let request = match bearer {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        request.send().await.expect("an answer")
    }

    /// The token of the newest mail, as soon as there are `count`.
    async fn mailed(&self, count: usize) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let request = self.http.get(format!("{}/dev/mail", self.url));
            let answer = request.header("accept", "application/json").send().await;
            let mails: Vec<Value> = answer.expect("an answer").json().await.expect("a list");
            if mails.len() >= count {
                let text = mails[0]["plain"].as_str().expect("a text");
                let rest = text.split_once("token=").expect("a link").1;
                return rest.split('&').next().expect("a token").to_owned();
            }
            assert!(Instant::now() < deadline, "no mail came");
            sleep(Duration::from_millis(20)).await;
        }
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

fn header(answer: &Response, name: &str) -> String {
    answer.headers()[name].to_str().expect("text").to_owned()
}

#[tokio::test]
async fn what_the_lint_warns_of_is_told_at_start() {
    let database = TestDatabase::migrated().await;
    database
        .execute("create index on todos (task); drop index todos_list, todos_age, todos_client_key")
        .await;
    let written = Program::start(&database, "info").await.written();
    let told = written.lines().find(|line| line.contains("no index of todos leads on user_id"));
    let told = told.unwrap_or_else(|| panic!("{written}"));
    assert!(told.contains("WARN") && told.contains("policy-without-index"), "{told}");
    assert!(told.contains("CREATE INDEX ON todos (user_id)"), "{told}");
}

#[tokio::test]
async fn logs_hold_no_secret_however_much_they_tell() {
    let database = TestDatabase::migrated().await;
    let program = Program::start(&database, "trace").await;
    let signed_up = program.post("/auth/signup", None, &credentials(EMAIL, PASSWORD)).await;
    let access = header(&signed_up, "st-access-token");
    let refresh = header(&signed_up, "st-refresh-token");
    program.post("/auth/signin", None, &credentials(EMAIL, WRONG)).await;
    let operation = json!({"query": "{ session { email } todos { nodes { id } } }"});
    program.post("/graphql", Some(&access), &operation).await;
    let forged = format!("{}x", &access[..access.len() - 1]);
    program.post("/graphql", Some(&forged), &operation).await;
    program.post("/auth/user/email/verify/token", Some(&access), &json!({})).await;
    let verification = program.mailed(1).await;
    let ask = json!({"formFields": [{"id": "email", "value": EMAIL}]});
    program.post("/auth/user/password/reset/token", None, &ask).await;
    let reset = program.mailed(2).await;
    // A refresh, and the theft that follows.
    let refreshed = program.post("/auth/session/refresh", Some(&refresh), &json!({})).await;
    let (child, child_refresh) =
        (header(&refreshed, "st-access-token"), header(&refreshed, "st-refresh-token"));
    program.post("/graphql", Some(&child), &operation).await;
    let theft = program.post("/auth/session/refresh", Some(&refresh), &json!({})).await;
    assert_eq!(theft.status(), StatusCode::UNAUTHORIZED);
    let exists = format!("{}/auth/emailpassword/email/exists?email={EMAIL}", program.url);
    program.http.get(exists).send().await.expect("an answer");

    let written = program.written();
    assert!(written.contains("a spent refresh token was used again"), "{written}");
    let signature = |token: &str| token.rsplit('.').next().unwrap_or_default().to_owned();
    for secret in [
        PASSWORD,
        WRONG,
        EMAIL,
        &refresh,
        &child_refresh,
        &signature(&access),
        &signature(&child),
        &verification,
        &reset,
    ] {
        let line = written.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
}
