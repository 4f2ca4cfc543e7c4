//! Users who go on while something is broken, and remember what they were told.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::json;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::PATIENCE;
use crate::support::app::{Answer, User};

const ADD: &str = "mutation($input: AddTodoInput!) { addTodo(input: $input) { todo { id } } }";

/// What several writers did, all of it by one user.
#[derive(Default)]
pub struct Work {
    done: Mutex<Done>,
    is_over: AtomicBool,
}

#[derive(Default, Clone)]
struct Done {
    /// Tasks that were acknowledged.
    added: Vec<String>,
    /// How often somebody was told to come back.
    refused: usize,
    /// How long the slowest answer took.
    slowest: Duration,
}

impl Work {
    /// Several write at once, one todo after the other, each again by its key until it is there; until
    /// [`end`](Self::end).
    pub async fn run(&self, user: &User<'_>, writers: usize) {
        join_all((0..writers).map(|writer| self.write(user, writer))).await;
    }

    async fn write(&self, user: &User<'_>, writer: usize) {
        let mut number = 0;
        while !self.is_over.load(Ordering::SeqCst) {
            let task = format!("{writer}-{number}");
            let input = json!({"input": {"task": task, "key": Uuid::new_v4()}});
            let deadline = Instant::now() + PATIENCE;
            loop {
                let began = Instant::now();
                let answer = user.send(ADD, input.clone()).await;
                self.change(|done| done.slowest = done.slowest.max(began.elapsed()));
                if answer.status == StatusCode::OK {
                    assert_eq!(answer.body.get("errors"), None, "{:?}", answer.body);
                    self.change(|done| done.added.push(task.clone()));
                    break;
                }
                is_told_to_come_back(&answer);
                self.change(|done| done.refused += 1);
                assert!(Instant::now() < deadline, "{task} cannot be added: {:?}", answer.body);
                sleep(Duration::from_millis(20)).await;
            }
            number += 1;
        }
    }

    pub fn end(&self) {
        self.is_over.store(true, Ordering::SeqCst);
    }

    /// Resolves when so many more were added.
    pub async fn added(&self, more: usize) {
        self.until(more, |done| done.added.len()).await;
    }

    /// Resolves when somebody was told so many times more to come back.
    pub async fn refused(&self, more: usize) {
        self.until(more, |done| done.refused).await;
    }

    async fn until(&self, more: usize, count: impl Fn(&Done) -> usize) {
        let wanted = self.change(|done| count(done)) + more;
        let deadline = Instant::now() + PATIENCE;
        while self.change(|done| count(done)) < wanted {
            assert!(Instant::now() < deadline, "nothing more happens");
            sleep(Duration::from_millis(2)).await;
        }
    }

    /// How long the slowest answer took so far.
    pub fn slowest(&self) -> Duration {
        self.change(|done| done.slowest)
    }

    /// Holds what is there to be what was acknowledged: nothing is lost, nothing is there twice. Says how
    /// many.
    pub async fn assert_kept(&self, user: &User<'_>) -> usize {
        let added = self.change(|done| done.added.clone());
        let mut kept = Vec::new();
        let mut after = json!(null);
        loop {
            let query = "query($after: String) { todos(first: 100, after: $after) {
                nodes { task } pageInfo { hasNextPage endCursor } } }";
            let data = user.data(query, json!({"after": after})).await;
            let nodes = data["todos"]["nodes"].as_array().expect("nodes");
            kept.extend(nodes.iter().map(|node| node["task"].as_str().expect("a task").to_owned()));
            if data["todos"]["pageInfo"]["hasNextPage"] != true {
                break;
            }
            after = data["todos"]["pageInfo"]["endCursor"].clone();
        }
        let (count, kept) = (kept.len(), kept.into_iter().collect::<BTreeSet<_>>());
        assert_eq!(count, kept.len(), "something is there twice");
        assert_eq!(kept, added.into_iter().collect::<BTreeSet<_>>());
        count
    }

    fn change<T>(&self, work: impl FnOnce(&mut Done) -> T) -> T {
        work(&mut self.done.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// 503, when to come back, and nothing of what is wrong inside.
#[track_caller]
pub fn is_told_to_come_back(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{:?}", answer.body);
    let seconds: u64 = answer.header("retry-after").parse().expect("seconds");
    assert!((1..=60).contains(&seconds), "{seconds}");
    let told = answer.message().to_lowercase();
    assert!(told.contains("again"), "{told}");
    for inside in ["database", "postgres", "pool", "connection", "core"] {
        assert!(!told.contains(inside), "{told}");
    }
}
