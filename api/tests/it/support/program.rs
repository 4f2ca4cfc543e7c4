//! The program itself, as it is run.

use std::{
    fs::{self, File},
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{database::TestDatabase, forms::credentials};

const PATIENCE: Duration = Duration::from_mins(2);

/// The program, running; killed when dropped.
pub struct Program {
    child: Child,
    log: PathBuf,
    pub url: String,
    pub http: Client,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.log);
    }
}

impl Program {
    /// With these variables beside those that it cannot do without.
    pub async fn start(database: &TestDatabase, vars: &[(&str, &str)]) -> Self {
        Self::start_on(free_port(), database, vars).await
    }

    /// On this port, where nothing may listen.
    pub async fn start_on(port: u16, database: &TestDatabase, vars: &[(&str, &str)]) -> Self {
        let log = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(Uuid::new_v4().to_string());
        let file = File::create(&log).expect("a file for the log");
        let child = Command::new(env!("CARGO_BIN_EXE_api"))
            .env_clear()
            .env("DATABASE_URL", database.owner_url())
            .env("DATABASE_AUTHENTICATED_URL", database.login_url())
            .env("PORT", port.to_string())
            .envs(vars.iter().copied())
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

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Tells it to stop, as a supervisor does.
    pub fn terminate(&self) {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(told.expect("kill runs").success());
    }

    /// How it ended, as soon as it has.
    pub async fn ended(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status;
            }
            assert!(Instant::now() < deadline, "it does not end: {}", self.written());
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Signs somebody up, and answers their access token.
    pub async fn sign_up(&self, email: &str) -> String {
        let form = credentials(email, "secret123");
        let request = self.http.post(format!("{}/auth/signup", self.url)).json(&form);
        let answer = request.header("st-auth-mode", "header").send().await.expect("an answer");
        header(&answer, "st-access-token")
    }

    pub fn written(&self) -> String {
        fs::read_to_string(&self.log).expect("the log")
    }

    pub async fn post(&self, path: &str, bearer: Option<&str>, body: &Value) -> Response {
        let request = self.http.post(format!("{}{path}", self.url)).json(body);
        let request = match bearer {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        request.send().await.expect("an answer")
    }

    /// The token of the newest mail, as soon as there are `count`.
    pub async fn mailed(&self, count: usize) -> String {
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

/// Resident memory of a process, in kB.
pub fn memory(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("Linux tells it");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

pub fn header(answer: &Response, name: &str) -> String {
    answer.headers()[name].to_str().expect("text").to_owned()
}
