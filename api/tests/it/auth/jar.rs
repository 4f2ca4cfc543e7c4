//! The cookies of a browser, kept and sent by domain and path (RFC 6265, 5.3 and 5.4).

use cookie::{Cookie, Expiration, time::OffsetDateTime};
use reqwest::RequestBuilder;
use serde_json::Value;

use super::{WHO, browser::set_cookies, operation, send};
use crate::support::app::{Answer, TestApp, credentials};

#[derive(Debug)]
pub struct Jar {
    host: &'static str,
    email: String,
    cookies: Vec<Kept>,
}

#[derive(Debug, PartialEq)]
struct Kept {
    name: String,
    /// `None`: of the host alone.
    domain: Option<String>,
    path: String,
    value: String,
}

impl Jar {
    pub fn new(host: &'static str) -> Self {
        Self { host, email: String::new(), cookies: Vec::new() }
    }

    pub async fn sign_up(&mut self, app: &TestApp, email: &str) {
        email.clone_into(&mut self.email);
        self.enter(app, "/auth/signup").await;
    }

    pub async fn sign_in(&mut self, app: &TestApp) {
        self.enter(app, "/auth/signin").await;
    }

    async fn enter(&mut self, app: &TestApp, path: &str) {
        let form = credentials(&self.email, "secret123");
        let answer = self.post(app, path, &form).await;
        assert_eq!(answer.body["status"], "OK", "{answer:?}");
    }

    /// An operation that needs a session.
    pub async fn run(&mut self, app: &TestApp) -> Answer {
        self.post(app, "/graphql", &operation(WHO)).await
    }

    pub async fn refresh(&mut self, app: &TestApp) -> Answer {
        self.post(app, "/auth/session/refresh", &Value::Null).await
    }

    /// Does what official clients do until an operation succeeds: refresh after a 401, and sign in if that fails. Returns
    /// how often it signed in.
    pub async fn get_in(&mut self, app: &TestApp) -> usize {
        let mut sign_ins = 0;
        for _ in 0..6 {
            if self.run(app).await.status == 200 {
                return sign_ins;
            }
            if self.refresh(app).await.status != 200 {
                sign_ins += 1;
                self.sign_in(app).await;
            }
        }
        panic!("locked out: {self:?}")
    }

    /// What a page of a sibling subdomain can set.
    pub fn plant(&mut self, name: &str, domain: &str, path: &str) {
        let domain = Some(domain.to_owned());
        self.put(Kept { name: name.into(), domain, path: path.into(), value: "planted".into() });
    }

    async fn post(&mut self, app: &TestApp, path: &str, body: &Value) -> Answer {
        let request = app.post(path).header("rid", "session").header("st-auth-mode", "cookie");
        let answer = send(self.with_cookies(request, path).json(body)).await;
        for cookie in set_cookies(&answer) {
            self.take(&cookie);
        }
        answer
    }

    fn with_cookies(&self, request: RequestBuilder, path: &str) -> RequestBuilder {
        let is_sent = |cookie: &&Kept| {
            path.strip_prefix(&cookie.path).is_some_and(|rest| {
                rest.is_empty() || rest.starts_with('/') || cookie.path.ends_with('/')
            })
        };
        let pairs = self.cookies.iter().filter(is_sent);
        let pairs: Vec<_> = pairs.map(|kept| format!("{}={}", kept.name, kept.value)).collect();
        if pairs.is_empty() { request } else { request.header("cookie", pairs.join("; ")) }
    }

    fn take(&mut self, cookie: &Cookie<'_>) {
        let domain = cookie.domain().map(str::to_owned);
        let is_own =
            |domain: &String| self.host == domain || self.host.ends_with(&format!(".{domain}"));
        assert!(domain.iter().all(is_own), "a browser rejects {cookie}");
        let is_over = cookie.max_age() == Some(cookie::time::Duration::ZERO)
            || matches!(cookie.expires(), Some(Expiration::DateTime(at)) if at <= OffsetDateTime::UNIX_EPOCH);
        let kept = Kept {
            name: cookie.name().to_owned(),
            domain,
            path: cookie.path().expect("a path").to_owned(),
            value: cookie.value().to_owned(),
        };
        if is_over {
            self.cookies.retain(|other| !other.is_same(&kept));
        } else {
            self.put(kept);
        }
    }

    fn put(&mut self, kept: Kept) {
        self.cookies.retain(|other| !other.is_same(&kept));
        self.cookies.push(kept);
    }
}

impl Kept {
    fn is_same(&self, other: &Self) -> bool {
        (&self.name, &self.domain, &self.path) == (&other.name, &other.domain, &other.path)
    }
}
