//! Users who have no part in a fault. They are served while it lasts, as before it.

use std::{
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::{join, join_all};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::{LIST, PATIENCE, overload::p99};
use crate::support::{
    app::{Answer, TestApp},
    program::Program,
};

const USERS: usize = 2;
/// Lists of all bystanders together, of which a p99 is taken.
pub const LISTS: usize = 300;
/// Lists that open connections and prepare statements.
const WARM_UP: usize = 20;

/// Each bystander reads their own list again and again, on a connection of their own.
pub struct Bystanders {
    users: Vec<Bystander>,
    measured: Mutex<Measured>,
    is_over: AtomicBool,
    calm: Duration,
}

struct Bystander {
    http: Client,
    url: String,
    access_token: String,
    task: String,
}

#[derive(Default)]
struct Measured {
    times: Vec<Duration>,
    refused: Vec<Answer>,
}

/// What a fault meant for the bystanders, for the table.
pub struct Impact {
    lists: usize,
    refused: usize,
    p99: Duration,
    calm: Duration,
}

impl fmt::Display for Impact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = |time: Duration| time.as_secs_f64() * 1000.0;
        let (p99, calm) = (millis(self.p99), millis(self.calm));
        let Self { lists, refused, .. } = self;
        write!(f, "{lists} lists, {refused} refused, p99 {p99:.1} ms ({calm:.1} ms before)")
    }
}

impl Bystanders {
    /// Two users of a service in this process. Their lists are measured before the fault.
    pub async fn of(app: &TestApp) -> Self {
        let mut tokens = Vec::new();
        for number in 0..USERS {
            tokens.push(app.guest(&format!("bystander-{number}")).await.access_token);
        }
        Self::measured(&app.url, tokens).await
    }

    /// Two users of a service in a process of its own.
    pub async fn of_program(program: &Program) -> Self {
        let mut tokens = Vec::new();
        for number in 0..USERS {
            tokens.push(program.sign_up(&format!("bystander-{number}@example.com")).await);
        }
        Self::measured(&program.url, tokens).await
    }

    async fn measured(url: &str, tokens: Vec<String>) -> Self {
        let mut users = Vec::new();
        for (number, access_token) in tokens.into_iter().enumerate() {
            let http = Client::builder().no_proxy().build().expect("a client");
            let task = format!("of bystander {number}");
            let user = Bystander { http, url: url.to_owned(), access_token, task };
            user.add_task().await;
            users.push(user);
        }
        let mut bystanders = Self {
            users,
            measured: Mutex::default(),
            is_over: AtomicBool::new(false),
            calm: Duration::ZERO,
        };
        bystanders.during(bystanders.answered(WARM_UP)).await;
        let ((), calm) = bystanders.during(bystanders.answered(LISTS)).await;
        bystanders.calm = calm.p99;
        bystanders
    }

    /// Reads lists until `fault` is over, at least one. No request is refused, and no list has another user's rows.
    pub async fn during<T>(&self, fault: impl Future<Output = T>) -> (T, Impact) {
        self.change(|measured| *measured = Measured::default());
        self.is_over.store(false, Ordering::SeqCst);
        let fault = async {
            let result = fault.await;
            self.is_over.store(true, Ordering::SeqCst);
            result
        };
        let (result, _) =
            join(fault, join_all(self.users.iter().map(|user| self.read(user)))).await;
        let Measured { times, refused } = self.change(std::mem::take);
        let impact =
            Impact { lists: times.len(), refused: refused.len(), p99: p99(times), calm: self.calm };
        assert!(refused.is_empty(), "bystanders are refused: {impact}: {:?}", refused[0]);
        (result, impact)
    }

    async fn read(&self, user: &Bystander) {
        loop {
            let began = Instant::now();
            let answer = user.send(json!({"query": LIST})).await;
            let took = began.elapsed();
            let is_served = answer.status == StatusCode::OK && answer.body.get("errors").is_none();
            if is_served {
                let own = json!([{"task": user.task}]);
                assert_eq!(answer.body["data"]["todos"]["nodes"], own, "another user's rows");
            }
            self.change(|measured| {
                measured.times.push(took);
                if !is_served {
                    measured.refused.push(answer);
                }
            });
            if self.is_over.load(Ordering::SeqCst) {
                return;
            }
        }
    }

    /// Resolves when so many more requests of the bystanders were answered. Only inside [`during`](Self::during).
    pub async fn answered(&self, more: usize) {
        let count = || self.change(|measured| measured.times.len());
        let wanted = count() + more;
        let deadline = Instant::now() + PATIENCE;
        while count() < wanted {
            assert!(Instant::now() < deadline, "bystanders get no answers");
            sleep(Duration::from_millis(2)).await;
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut Measured) -> T) -> T {
        change(&mut self.measured.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Bystander {
    async fn send(&self, body: Value) -> Answer {
        let request = self.http.post(format!("{}/graphql", self.url)).json(&body);
        let request = request.bearer_auth(&self.access_token);
        Answer::read(request.send().await.expect("the service answers")).await
    }

    async fn add_task(&self) {
        let query = "mutation($task: String!) { addTodo(input: {task: $task}) { todo { id } } }";
        let answer = self.send(json!({"query": query, "variables": {"task": self.task}})).await;
        assert!(answer.body["data"]["addTodo"]["todo"]["id"].is_string(), "{:?}", answer.body);
    }
}
