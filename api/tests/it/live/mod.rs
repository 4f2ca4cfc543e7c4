//! Subscriptions over real sockets.

mod changes;
mod clients;
mod listener;
mod protocol;
mod sessions;
pub mod socket;

use serde_json::{Value, json};

use self::socket::Socket;
use crate::support::app::{TestApp, User};

const TODO_CHANGED: &str =
    "subscription { todoChanged { kind todoId todo { id task isComplete } } }";

/// Somebody who is told of their changes from now on.
async fn subscribed(app: &TestApp, user: &User<'_>) -> Socket {
    app.state.live.listening().await;
    let mut socket = Socket::of(app, user).await;
    socket.subscribe("1", TODO_CHANGED).await;
    assert_eq!(socket.change().await, refetch(), "the beginning");
    socket
}

fn refetch() -> Value {
    json!({"kind": "REFETCH", "todoId": null, "todo": null})
}

fn deleted(id: &str) -> Value {
    json!({"kind": "DELETED", "todoId": id, "todo": null})
}

fn told(kind: &str, id: &str, task: &str, is_complete: bool) -> Value {
    json!({"kind": kind, "todoId": id, "todo": {"id": id, "task": task, "isComplete": is_complete}})
}
