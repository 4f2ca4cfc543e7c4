//! Load as users make it: lists are read and changed, changes arrive, sessions begin and go on.
//!
//! Requests are due at a steady pace, whatever the service does: what it takes counts from when a
//! request was due, so that one that stalls is seen in all that wait behind it.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::{SinkExt as _, StreamExt as _, future::join_all, stream};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use tokio::{
    net::TcpStream,
    sync::Mutex,
    task::{JoinHandle, JoinSet},
    time::{Instant, sleep_until, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};

use super::forms::credentials;

const PASSWORD: &str = "analytical-engine-1";
const TODOS_EACH: usize = 20;
/// How many sign up or subscribe at once, before it begins.
const AT_ONCE: usize = 8;
const PATIENCE: Duration = Duration::from_mins(1);
/// How many things that went wrong are told; all are counted.
const TOLD: usize = 20;

const LIST: &str = "query Mine { todos(first: 50) { nodes { id task } } }";
const ADD: &str = "mutation Add($task: String!) { addTodo(input: {task: $task}) { todo { id } } }";
const UPDATE: &str = "mutation Update($id: ID!, $task: String!) {
    updateTodo(input: {id: $id, task: $task, isComplete: false}) { todo { id } } }";
const DELETE: &str = "mutation Delete($id: ID!) { deleteTodo(id: $id) { deletedId } }";
const CHANGED: &str = "subscription { todoChanged { kind todo { task } } }";

/// How much of it.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    pub users: usize,
    pub sockets: usize,
    /// Requests at once, each on a connection of its own.
    pub workers: usize,
    pub duration: Duration,
    /// Requests a second; none: each worker sends one after the other.
    pub rate: Option<f64>,
}

/// Of a thousand requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Read,
    Add,
    Update,
    Delete,
    Refresh,
    SignIn,
}

impl Kind {
    pub const ALL: [Self; 6] =
        [Self::Read, Self::Add, Self::Update, Self::Delete, Self::Refresh, Self::SignIn];

    /// The mix: mostly reads. A sign-in takes the processor a hundred times as long as a read, by
    /// design.
    fn of(turn: u64) -> Self {
        // A multiplier that has no factor in common with 1000 spreads the kinds.
        match turn.wrapping_mul(387) % 1000 {
            0 => Self::SignIn,
            1..10 => Self::Refresh,
            10..80 => Self::Add,
            80..150 => Self::Delete,
            150..220 => Self::Update,
            _ => Self::Read,
        }
    }
}

/// A request that was answered as it should be.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    pub kind: Kind,
    /// Since the load began.
    pub at: Duration,
    /// Since it was due.
    pub took: Duration,
}

#[derive(Debug, Default)]
pub struct Outcome {
    pub samples: Vec<Sample>,
    /// How many requests were not answered as they should be, or sockets ended.
    pub faults: u64,
    /// What the first of them were.
    pub told: Vec<String>,
    /// How many changes the sockets heard of.
    pub events: u64,
    pub took: Duration,
}

impl Outcome {
    fn fault(&mut self, what: String) {
        self.faults += 1;
        if self.told.len() < TOLD {
            self.told.push(what);
        }
    }
}

/// Users who have signed up, with their lists and sockets.
pub struct Crowd {
    service: Service,
    members: Vec<Arc<Mutex<Member>>>,
    sockets: JoinSet<String>,
    events: Arc<AtomicU64>,
}

#[derive(Clone)]
struct Service {
    url: String,
    http: Client,
}

struct Member {
    number: usize,
    email: String,
    access: String,
    refresh: String,
    todos: VecDeque<String>,
    added: usize,
}

impl Crowd {
    /// Signs up `users` and fills their lists; then `sockets` subscribe, in turns.
    pub async fn gather(url: &str, load: &Load) -> Self {
        let http = Client::builder().no_proxy().timeout(PATIENCE).build().expect("a client");
        let service = Service { url: url.to_owned(), http };
        let members: Vec<_> = stream::iter(0..load.users)
            .map(|number| Member::join(&service, number))
            .buffered(AT_ONCE)
            .map(|member| Arc::new(Mutex::new(member)))
            .collect()
            .await;
        let events = Arc::new(AtomicU64::new(0));
        let opened: Vec<_> = stream::iter(0..load.sockets)
            .map(|turn| members[turn % members.len()].clone())
            .map(async |member| service.subscribe(&member.lock().await.access).await)
            .buffered(AT_ONCE)
            .collect()
            .await;
        let mut sockets = JoinSet::new();
        for socket in opened {
            sockets.spawn(listen(socket, events.clone()));
        }
        Self { service, members, sockets, events }
    }

    /// Has everybody refresh and read, in turns, until there have been so many tokens.
    pub async fn renew(&mut self, tokens: usize) -> Outcome {
        let mut outcome = Outcome::default();
        let members = self.members.iter().cycle().take(tokens);
        let mut renewed = stream::iter(members)
            .map(async |member| {
                let mut member = member.lock().await;
                member.act(&self.service, Kind::Refresh).await?;
                member.act(&self.service, Kind::Read).await
            })
            .buffer_unordered(AT_ONCE);
        while let Some(done) = renewed.next().await {
            if let Err(fault) = done {
                outcome.fault(fault);
            }
        }
        outcome
    }

    /// Sends requests for as long as the load says. Users belong to a worker each, so that nobody
    /// refreshes a session twice at once.
    pub async fn work(&mut self, load: &Load) -> Outcome {
        let heard = self.events.load(Ordering::Relaxed);
        let begun = Instant::now();
        let workers = (0..load.workers).map(|worker| {
            let members = self.members.iter().skip(worker).step_by(load.workers);
            let members: Vec<_> = members.cloned().collect();
            let work = work(self.service.clone(), members, *load, worker, begun);
            AbortOnDrop(tokio::spawn(work))
        });
        let workers: Vec<_> = workers.collect();
        let mut outcome = Outcome::default();
        for done in join_all(workers.into_iter().map(AbortOnDrop::join)).await {
            outcome.samples.extend(done.samples);
            outcome.faults += done.faults;
            outcome.told.extend(done.told);
        }
        outcome.took = begun.elapsed();
        while let Some(ended) = self.sockets.try_join_next() {
            outcome.fault(format!("a socket ended: {}", ended.expect("no panic")));
        }
        outcome.told.truncate(TOLD);
        outcome.events = self.events.load(Ordering::Relaxed) - heard;
        outcome
    }
}

/// Whoever stops waiting stops the work too.
struct AbortOnDrop(JoinHandle<Outcome>);

impl AbortOnDrop {
    async fn join(mut self) -> Outcome {
        (&mut self.0).await.expect("no panic")
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn work(
    service: Service,
    members: Vec<Arc<Mutex<Member>>>,
    load: Load,
    worker: usize,
    begun: Instant,
) -> Outcome {
    let mut outcome = Outcome::default();
    #[expect(clippy::cast_precision_loss, reason = "a handful of workers")]
    let pace = load.rate.map(|rate| Duration::from_secs_f64(load.workers as f64 / rate));
    // Workers begin one after the other, and each elsewhere in the mix.
    let mut due = begun + pace.unwrap_or_default() * index(worker) / index(load.workers);
    let first = u64::try_from(worker).expect("a small number") * 61;
    for (turn, member) in (first..).zip(members.iter().cycle()) {
        match pace {
            Some(_) => sleep_until(due).await,
            None => due = Instant::now(),
        }
        if due.duration_since(begun) >= load.duration {
            break;
        }
        let kind = Kind::of(turn);
        match member.lock().await.act(&service, kind).await {
            Ok(kind) => {
                let at = due.duration_since(begun);
                outcome.samples.push(Sample { kind, at, took: due.elapsed() });
            }
            Err(fault) => outcome.fault(format!("{kind:?}: {fault}")),
        }
        due += pace.unwrap_or_default();
    }
    outcome
}

fn index(of: usize) -> u32 {
    u32::try_from(of).expect("a small number")
}

impl Member {
    async fn join(service: &Service, number: usize) -> Self {
        let email = format!("load-{number}-{}@example.com", uuid::Uuid::new_v4());
        let (access, refresh) =
            service.enter("/auth/signup", &email).await.expect("whoever is new may sign up");
        let mut member = Self { number, email, access, refresh, todos: VecDeque::new(), added: 0 };
        for _ in 0..TODOS_EACH {
            member.act(service, Kind::Add).await.expect("a task is added");
        }
        member
    }

    /// Does it, or what is possible instead; answers what was done.
    async fn act(&mut self, service: &Service, kind: Kind) -> Result<Kind, String> {
        match kind {
            Kind::Read => self.read(service).await?,
            Kind::Update | Kind::Delete if self.todos.len() < TODOS_EACH => {
                self.read(service).await?;
                return Ok(Kind::Read);
            }
            Kind::Add => {
                self.added += 1;
                let task = format!("{}: task {}", self.number, self.added);
                let data = self.ask(service, ADD, json!({"task": task})).await?;
                self.todos.push_back(id(&data["addTodo"])?);
            }
            Kind::Update => {
                let (id, task) = (self.todos.back(), format!("{}: changed", self.number));
                let variables = json!({"id": id, "task": task});
                self.ask(service, UPDATE, variables).await?;
            }
            Kind::Delete => {
                let id = self.todos.pop_front();
                self.ask(service, DELETE, json!({"id": id})).await?;
            }
            Kind::Refresh => {
                let request = service.http.post(format!("{}/auth/session/refresh", service.url));
                let answer = request.bearer_auth(&self.refresh).send().await;
                (self.access, self.refresh) = tokens(&answer.map_err(told)?)?;
            }
            Kind::SignIn => {
                (self.access, self.refresh) = service.enter("/auth/signin", &self.email).await?;
            }
        }
        Ok(kind)
    }

    /// All of one's own, and nothing of others.
    async fn read(&mut self, service: &Service) -> Result<(), String> {
        let data = self.ask(service, LIST, json!({})).await?;
        let nodes = data["todos"]["nodes"].as_array().ok_or("no list")?;
        let own = format!("{}: ", self.number);
        let is_own =
            |node: &Value| node["task"].as_str().is_some_and(|task| task.starts_with(&own));
        if nodes.len() != self.todos.len().min(50) || !nodes.iter().all(is_own) {
            return Err(format!("{} has {} todos, not {nodes:?}", self.number, self.todos.len()));
        }
        Ok(())
    }

    async fn ask(
        &mut self,
        service: &Service,
        query: &str,
        variables: Value,
    ) -> Result<Value, String> {
        let Service { url, http } = service;
        let request = http.post(format!("{url}/graphql")).bearer_auth(&self.access);
        let request = request.json(&json!({"query": query, "variables": variables}));
        let answer = request.send().await.map_err(told)?;
        // The first use of a refreshed token has it replaced: whoever keeps it has the Core asked each time.
        if let Some(access) = answer.headers().get("st-access-token") {
            access.to_str().map_err(|error| error.to_string())?.clone_into(&mut self.access);
        }
        let status = answer.status();
        let mut body: Value = answer.json().await.map_err(told)?;
        if status != StatusCode::OK || body.get("errors").is_some() {
            return Err(format!("{status} {body}"));
        }
        Ok(body["data"].take())
    }
}

impl Service {
    /// Access and refresh token.
    async fn enter(&self, path: &str, email: &str) -> Result<(String, String), String> {
        let form = credentials(email, PASSWORD);
        let request = self.http.post(format!("{}{path}", self.url)).json(&form);
        tokens(&request.header("st-auth-mode", "header").send().await.map_err(told)?)
    }

    async fn subscribe(&self, access: &str) -> WebSocketStream<TcpStream> {
        let address = self.url.trim_start_matches("http://");
        let request = format!("ws://{address}/graphql/ws").into_client_request();
        let mut request = request.expect("a request");
        for (name, value) in [
            ("authorization", format!("Bearer {access}")),
            ("sec-websocket-protocol", "graphql-transport-ws".to_owned()),
        ] {
            request.headers_mut().insert(name, value.parse().expect("a header"));
        }
        let stream = TcpStream::connect(address).await.expect("the service listens");
        let (mut socket, _) = client_async(request, stream).await.expect("a socket");
        let subscribe = json!({"type": "subscribe", "id": "1", "payload": {"query": CHANGED}});
        for message in [json!({"type": "connection_init"}), subscribe] {
            socket.send(Message::text(message.to_string())).await.expect("it is open");
        }
        // The acknowledgement, then that the list is to be read.
        for _ in 0..2 {
            let heard = timeout(PATIENCE, socket.next()).await.expect("an answer in time");
            assert!(matches!(heard, Some(Ok(Message::Text(_)))), "{heard:?}");
        }
        socket
    }
}

/// Counts what arrives; ends with the socket, and says why.
async fn listen(mut socket: WebSocketStream<TcpStream>, events: Arc<AtomicU64>) -> String {
    while let Some(heard) = socket.next().await {
        match heard {
            Ok(Message::Text(_)) => drop(events.fetch_add(1, Ordering::Relaxed)),
            Ok(Message::Close(frame)) => return format!("closed: {frame:?}"),
            Ok(_) => {}
            Err(error) => return error.to_string(),
        }
    }
    "gone".to_owned()
}

fn tokens(answer: &Response) -> Result<(String, String), String> {
    let header = |name| {
        let value = answer.headers().get(name).and_then(|value| value.to_str().ok());
        value.map(str::to_owned).ok_or_else(|| format!("{} without {name}", answer.status()))
    };
    Ok((header("st-access-token")?, header("st-refresh-token")?))
}

fn id(payload: &Value) -> Result<String, String> {
    payload["todo"]["id"].as_str().map(str::to_owned).ok_or_else(|| format!("no id: {payload}"))
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn told(error: reqwest::Error) -> String {
    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    format!("{error}: {cause}")
}
