//! The whole service in this process, on a port of its own, with a database of its own.

use std::net::TcpListener;

use api::{config::Config, router, server::Service, state::AppState};
use axum::Router;
use clock::Clock;
use reqwest::{Method, RequestBuilder, StatusCode, header};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use supertokens::{
    Claims,
    session::{self, NewSession},
};
use tokio::runtime::{self, Runtime};

pub use super::forms::credentials;
use super::{database::TestDatabase, proxy::Proxy};

pub struct TestApp {
    pub database: TestDatabase,
    pub url: String,
    pub state: AppState,
    /// To ask without a socket.
    pub router: Router,
    http: reqwest::Client,
    /// Where the service runs. On the test's own runtime it would stand still while the database is
    /// dropped, and one of its connections that is half signed in would hold that up for a minute.
    runtime: Option<Runtime>,
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl TestApp {
    pub async fn start() -> Self {
        Self::start_with(&[], Clock::system()).await
    }

    /// Starts with these variables beside the usual ones; a later one wins.
    pub async fn start_with(vars: &[(&str, &str)], clock: Clock) -> Self {
        Self::start_on(TestDatabase::migrated().await, vars, clock).await
    }

    pub async fn start_on(database: TestDatabase, vars: &[(&str, &str)], clock: Clock) -> Self {
        Self::start_serving(database, vars, clock, |_| Router::new()).await
    }

    /// Starts with a proxy between the service's own connections and the database. The development Core connects
    /// directly.
    pub async fn start_behind_proxy(vars: &[(&str, &str)]) -> (Self, Proxy) {
        let database = TestDatabase::migrated().await;
        let proxy = Proxy::before(&database.login_url()).await;
        let url = proxy.on(&database.login_url());
        let vars = [vars, &[("DATABASE_AUTHENTICATED_URL", url.as_str())]].concat();
        (Self::start_on(database, &vars, Clock::system()).await, proxy)
    }

    /// Starts with routes of the test's own beside the service's.
    pub async fn start_serving(
        database: TestDatabase,
        vars: &[(&str, &str)],
        clock: Clock,
        routes: impl FnOnce(&AppState) -> Router,
    ) -> Self {
        Self::start_changed(database, vars, clock, |_| (), routes).await
    }

    /// Starts with what no variable can say, too.
    pub async fn start_changed(
        database: TestDatabase,
        vars: &[(&str, &str)],
        clock: Clock,
        change: impl FnOnce(&mut Config),
        more_routes: impl FnOnce(&AppState) -> Router,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a socket");
        let port = listener.local_addr().expect("an address").port();
        let mut config = config(&database, port, vars);
        change(&mut config);
        let runtime = runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let start = async move { (Service::start(&config, clock).await, config) };
        let (service, config) = runtime.spawn(start).await.expect("no panic");
        let service = service.expect("the service starts");
        let state = service.state.clone();
        let router = service.router.clone().merge(router::layers(more_routes(&state), &config));
        let app = router.clone();
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a runtime");
            service.serve(listener, app).await;
        });
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .expect("a client");
        let url = format!("http://127.0.0.1:{port}");
        Self { database, url, state, router, http, runtime: Some(runtime) }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.request(Method::POST, path)
    }

    /// The claims of a user's access token, verified as for a request.
    pub async fn claims(&self, user: &User<'_>) -> Claims {
        let mut headers = header::HeaderMap::new();
        let bearer = format!("Bearer {}", user.access_token);
        headers.insert(header::AUTHORIZATION, bearer.parse().expect("a header"));
        let request = session::Request { method: &Method::POST, path: "/", headers: &headers };
        self.state.supertokens.session(request).await.expect("a session").claims
    }

    /// Signs up a new user, and answers a client that acts as them by bearer token.
    pub async fn user(&self, name: &str) -> User<'_> {
        let form = credentials(&format!("{name}@example.com"), "secret123");
        self.enter("/auth/signup", &form).await
    }

    /// Signs in, and answers a client as [`user`](Self::user) does.
    pub async fn sign_in(&self, form: &Value) -> User<'_> {
        self.enter("/auth/signin", form).await
    }

    /// A session of a user who never signed up: what it takes is done sooner than a password is
    /// hashed.
    pub async fn guest(&self, user_id: &str) -> User<'_> {
        let issuer = self.url.replace("127.0.0.1", "localhost");
        let session = NewSession {
            user_id,
            access_token_payload: json!({"iss": format!("{issuer}/auth")}),
            session_data: json!({}),
            enable_anti_csrf: false,
        };
        let tokens = self.state.supertokens.core().create_session(session).await;
        let tokens = tokens.expect("the Core answers");
        User {
            app: self,
            id: user_id.to_owned(),
            access_token: tokens.access_token.token.expose_secret().to_owned(),
            refresh_token: tokens.refresh_token.token.expose_secret().to_owned(),
        }
    }

    /// The same user with new tokens.
    pub async fn refreshed(&self, user: &User<'_>) -> User<'_> {
        let request = self.post("/auth/session/refresh").bearer_auth(&user.refresh_token);
        let answer = Answer::read(request.send().await.expect("the service answers")).await;
        self.signed_in(user.id.clone(), &answer)
    }

    async fn enter(&self, path: &str, form: &Value) -> User<'_> {
        let request = self.post(path).header("st-auth-mode", "header").json(form);
        let answer = Answer::read(request.send().await.expect("the service answers")).await;
        assert_eq!(answer.body["status"], "OK", "{:?}", answer.body);
        let id = answer.body["user"]["id"].as_str().expect("an id").to_owned();
        self.signed_in(id, &answer)
    }

    fn signed_in(&self, id: String, answer: &Answer) -> User<'_> {
        User {
            app: self,
            id,
            access_token: answer.header("st-access-token").to_owned(),
            refresh_token: answer.header("st-refresh-token").to_owned(),
        }
    }
}

/// The number of the row that has this id.
pub fn number(id: &str) -> i64 {
    id.strip_prefix("todo_").expect("a typed id").parse().expect("a number")
}

/// The configuration of a test: everything embedded, on loopback.
pub fn config(database: &TestDatabase, port: u16, vars: &[(&str, &str)]) -> Config {
    let (owner, login, port) = (database.owner_url(), database.login_url(), port.to_string());
    let usual = [
        ("DATABASE_URL", owner.as_str()),
        ("DATABASE_AUTHENTICATED_URL", login.as_str()),
        ("DATABASE_MAX_CONNECTIONS", "4"),
        ("PORT", port.as_str()),
        // What no test builds, so that none depends on it by chance.
        ("WEB_DIST", "/nonexistent"),
        ("GRAPHIQL_DIST", "/nonexistent"),
    ];
    let vars: Vec<_> = vars.iter().rev().chain(&usual).copied().collect();
    Config::from_vars(|name| {
        vars.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    })
    .expect("a valid configuration")
}

/// Somebody who is signed in.
pub struct User<'a> {
    app: &'a TestApp,
    pub id: String,
    pub access_token: String,
    pub refresh_token: String,
}

impl User<'_> {
    /// Sends an operation with variables.
    pub async fn send(&self, query: &str, variables: Value) -> Answer {
        let request = self
            .app
            .post("/graphql")
            .bearer_auth(&self.access_token)
            .json(&json!({"query": query, "variables": variables}));
        Answer::read(request.send().await.expect("the service answers")).await
    }

    /// The data of an operation that must work.
    pub async fn data(&self, query: &str, variables: Value) -> Value {
        let answer = self.send(query, variables).await;
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
        assert_eq!(answer.body.get("errors"), None, "{:?}", answer.body);
        answer.body["data"].clone()
    }

    /// The code of the one error of an operation that must fail.
    pub async fn error_code(&self, query: &str, variables: Value) -> String {
        let answer = self.send(query, variables).await;
        let errors = answer.body["errors"].as_array().expect("errors");
        assert_eq!(errors.len(), 1, "{errors:?}");
        errors[0]["extensions"]["code"].as_str().expect("a code").to_owned()
    }

    /// Adds a todo, and answers its id.
    pub async fn add(&self, task: &str) -> String {
        let query = "mutation($task: String!) { addTodo(input: {task: $task}) { todo { id } } }";
        let data = self.data(query, json!({"task": task})).await;
        data["addTodo"]["todo"]["id"].as_str().expect("an id").to_owned()
    }

    /// The tasks of the first page.
    pub async fn tasks(&self) -> Vec<String> {
        let data = self.data("{ todos { nodes { task } } }", json!({})).await;
        let nodes = data["todos"]["nodes"].as_array().expect("nodes").clone();
        nodes.iter().map(|node| node["task"].as_str().expect("a task").to_owned()).collect()
    }
}

/// An answer that was read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: header::HeaderMap,
    /// JSON, or the text as a JSON string.
    pub body: Value,
}

impl Answer {
    pub async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.expect("a text body");
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self { status, headers, body }
    }

    /// A header that must be there.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).unwrap_or_else(|| panic!("no header {name}"));
        value.to_str().expect("a text header")
    }

    /// What two requests may have in common: all but their ids.
    pub fn without_request_id(mut self) -> Value {
        for error in self.body["errors"].as_array_mut().into_iter().flatten() {
            let extensions = error["extensions"].as_object_mut();
            extensions.and_then(|extensions| extensions.remove("requestId")).expect("an id");
        }
        self.body
    }

    /// The one error of an answer of GraphQL's.
    pub fn graphql_error(&self) -> &Value {
        let errors = self.body["errors"].as_array();
        let [error] = errors.map_or(&[][..], Vec::as_slice) else { panic!("{:?}", self.body) };
        error
    }

    /// As the FDI tells it or, at `/graphql`, as GraphQL does.
    pub fn message(&self) -> &str {
        let told = self.body["message"].as_str();
        told.or_else(|| self.body["errors"][0]["message"].as_str())
            .unwrap_or_else(|| panic!("no message: {:?}", self.body))
    }
}
