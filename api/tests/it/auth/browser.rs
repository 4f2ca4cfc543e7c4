//! A browser with session cookies, which it sends whoever makes it send a request.

use cookie::Cookie;
use reqwest::{Method, RequestBuilder, header};
use serde_json::Value;

use super::{operation, send};
use crate::support::app::{Answer, TestApp, credentials};

pub struct Browser<'a> {
    app: &'a TestApp,
    pub access: String,
    pub refresh: String,
    /// The secret against CSRF, empty if the session has none.
    pub anti_csrf: String,
}

impl<'a> Browser<'a> {
    /// Signs up a new user in cookie mode.
    pub async fn sign_up(app: &'a TestApp, name: &str) -> Self {
        let form = credentials(&format!("{name}@example.com"), "secret123");
        let request = app.post("/auth/signup").header("st-auth-mode", "cookie");
        let answer = send(request.json(&form)).await;
        assert_eq!(answer.body["status"], "OK", "{:?}", answer.body);
        let mut browser =
            Self { app, access: String::new(), refresh: String::new(), anti_csrf: String::new() };
        browser.keep(&answer);
        browser
    }

    /// What any site can make the browser send: the cookies go along, no header of our page does.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let (access, refresh) = (&self.access, &self.refresh);
        let cookies = format!("sAccessToken={access}; sRefreshToken={refresh}");
        self.app.request(method, path).header(header::COOKIE, cookies)
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.request(Method::POST, path)
    }

    /// An operation, as our page sends it.
    pub async fn run(&self, query: &str) -> Answer {
        let request = self.post("/graphql").header("rid", "session");
        send(request.json(&operation(query))).await
    }

    /// Refreshes the session, as our page does.
    pub async fn refresh(&self) -> Answer {
        send(self.post("/auth/session/refresh").header("rid", "session")).await
    }

    /// The tasks of the user.
    pub async fn tasks(&self) -> Value {
        let answer = self.run("{ todos { nodes { task } } }").await;
        answer.body["data"]["todos"]["nodes"].clone()
    }

    /// Takes the cookies and the secret of an answer.
    pub fn keep(&mut self, answer: &Answer) {
        if answer.headers.contains_key("anti-csrf") {
            answer.header("anti-csrf").clone_into(&mut self.anti_csrf);
        }
        for cookie in set_cookies(answer) {
            let value = cookie.value().to_owned();
            match cookie.name() {
                "sAccessToken" => self.access = value,
                "sRefreshToken" => self.refresh = value,
                other => panic!("cookie {other}"),
            }
        }
    }
}

/// The cookies that an answer sets, with values as they are on the wire.
pub fn set_cookies(answer: &Answer) -> Vec<Cookie<'static>> {
    answer
        .headers
        .get_all(header::SET_COOKIE)
        .iter()
        .map(|value| {
            let value = value.to_str().expect("text").to_owned();
            Cookie::parse(value).expect("a cookie")
        })
        .collect()
}
