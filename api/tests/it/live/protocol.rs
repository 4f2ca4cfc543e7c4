//! graphql-transport-ws, and what a client may ask of it.

use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::{
    TODO_CHANGED, refetch,
    socket::{PROTOCOL, Refused, Socket},
};
use crate::support::app::{Answer, TestApp};

fn closed(code: u16, reason: &str) -> (u16, String) {
    (code, reason.to_owned())
}

#[tokio::test]
async fn what_asks_for_no_socket_of_this_protocol_is_told_so() {
    let app = TestApp::start().await;
    let text = "Open a WebSocket here, with the subprotocol graphql-transport-ws.";
    for protocols in [&[][..], &[("sec-websocket-protocol", "graphql-ws")]] {
        let refused = Socket::open(&app, protocols).await.err();
        assert_eq!(refused, Some(Refused(400, text.into())), "{protocols:?}");
    }
    let both = [("sec-websocket-protocol", "graphql-ws, graphql-transport-ws")];
    assert!(Socket::open(&app, &both).await.is_ok());
    let answer = Answer::read(app.get("/graphql/ws").send().await.expect("an answer")).await;
    assert_eq!((answer.status.as_u16(), answer.message()), (400, text));
    let answer = Answer::read(app.post("/graphql/ws").send().await.expect("an answer")).await;
    assert_eq!(answer.status.as_u16(), 405);
}

#[tokio::test]
async fn only_subscriptions_travel_over_a_socket() {
    let app = TestApp::start().await;
    let ada = app.guest("ada").await;
    let mut socket = Socket::of(&app, &ada).await;
    for query in [
        "{ todos { nodes { id } } }",
        "mutation { completeAll { count } }",
        "query { __schema { types { name } } }",
        "subscription { nothing }",
        "subscription {",
        "",
        "subscription { a: todoChanged { kind } b: todoChanged { kind } }",
        "subscription { ...f } fragment f on Subscription { todoChanged { kind } }",
    ] {
        socket.subscribe("1", query).await;
        assert_eq!(socket.error_code("1").await, "BAD_USER_INPUT", "{query}");
    }
    socket.subscribe("1", TODO_CHANGED).await;
    assert_eq!(socket.change().await, refetch());
    assert_eq!(ada.tasks().await, [""; 0]);
}

#[tokio::test]
async fn the_limits_of_an_operation_hold_here_too() {
    let app = TestApp::start().await;
    let mut socket = Socket::of(&app, &app.guest("ada").await).await;
    let aliases = (0..1_000).fold(String::new(), |query, n| query + &format!("a{n}: kind "));
    let fragments = (0..8).fold(String::new(), |query, n| {
        let next = format!("...f{} ", n + 1).repeat(3);
        query + &format!("fragment f{n} on TodoChange {{ {next} }} ")
    });
    let fragments = format!(
        "subscription {{ todoChanged {{ ...f0 }} }} {fragments} \
         fragment f8 on TodoChange {{ kind }}"
    );
    let directives = "@include(if: true) ".repeat(50);
    for query in [
        format!("subscription {{ todoChanged {{ {aliases} }} }}"),
        fragments,
        format!("subscription {{ todoChanged {directives} {{ kind }} }}"),
    ] {
        socket.subscribe("1", &query).await;
        assert_eq!(socket.error_code("1").await, "BAD_USER_INPUT", "{query}");
    }
}

#[tokio::test]
async fn a_socket_has_room_for_eight_subscriptions() {
    let app = TestApp::start().await;
    app.state.live.listening().await;
    let mut socket = Socket::of(&app, &app.guest("ada").await).await;
    for n in 0..8 {
        socket.subscribe(&format!("s{n}"), TODO_CHANGED).await;
        assert_eq!(socket.change().await, refetch());
    }
    socket.subscribe("more", TODO_CHANGED).await;
    assert_eq!(socket.error_code("more").await, "BAD_USER_INPUT");
    socket.say(json!({"type": "complete", "id": "s3"})).await;
    socket.say(json!({"type": "complete", "id": "unknown"})).await;
    socket.subscribe("more", TODO_CHANGED).await;
    assert_eq!(socket.change().await, refetch());
    socket.subscribe("s4", TODO_CHANGED).await;
    let reason = "there is a subscriber of this id already";
    assert_eq!(socket.closed().await, closed(4409, reason));
}

#[tokio::test]
async fn what_is_no_message_closes_the_socket() {
    let app = TestApp::start().await;
    let ada = app.guest("ada").await;
    let large = json!({"type": "ping", "payload": {"x": "x".repeat(64 * 1024)}});
    for message in [
        Message::text("hello"),
        Message::text(r#"{"type": "start", "id": "1", "payload": {"query": "{ x }"}}"#),
        Message::binary(&br#"{"type": "ping"}"#[..]),
        Message::text(large.to_string()),
    ] {
        let mut socket = Socket::of(&app, &ada).await;
        socket.send(message).await;
        assert_eq!(socket.closed().await, closed(4400, "bad request"));
    }
    let mut socket = Socket::of(&app, &ada).await;
    socket.say(json!({"type": "connection_init"})).await;
    let reason = "too many initialisation requests";
    assert_eq!(socket.closed().await, closed(4429, reason));
}

#[tokio::test]
async fn who_says_too_much_at_once_is_sent_away() {
    let app = TestApp::start().await;
    let ada = app.guest("ada").await;
    let ping = || json!({"type": "ping"});
    let subscribe =
        |n: u32| json!({"type": "subscribe", "id": n.to_string(), "payload": {"query": "{ x }"}});
    let complete = || json!({"type": "complete", "id": "x"});
    let mut known = Socket::of(&app, &ada).await;
    for _ in 0..40 {
        known.is_open().await;
    }
    let stranger = Socket::open(&app, &[PROTOCOL]).await.expect("a socket");
    for (mut socket, flood) in [
        (stranger, vec![ping(); 1_000]),
        (known, vec![ping(); 1_000]),
        (Socket::of(&app, &ada).await, (0..1_000).map(subscribe).collect()),
        (Socket::of(&app, &ada).await, vec![complete(); 1_000]),
    ] {
        let kind = flood[0]["type"].clone();
        for message in flood {
            socket.say(message).await;
        }
        let (told, closed_with) = socket.told_until_closed().await;
        assert_eq!(closed_with, closed(4429, "too many requests"), "{kind}");
        assert!(told < 1_000, "{kind}: {told} were answered");
    }
    Socket::of(&app, &ada).await.is_open().await;
}

#[tokio::test]
async fn who_says_nothing_is_not_waited_for() {
    let app = TestApp::start().await;
    let mut socket = Socket::open(&app, &[PROTOCOL]).await.expect("a socket");
    socket.is_open().await;
    let reason = "connection initialisation timeout";
    assert_eq!(socket.closed().await, closed(4408, reason));
}

#[tokio::test]
async fn a_user_has_twenty_sockets() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.guest("ada").await, app.guest("eve").await);
    let mut sockets = Vec::new();
    for _ in 0..20 {
        sockets.push(Socket::of(&app, &ada).await);
    }
    let bearer = format!("Bearer {}", ada.access_token);
    let headers = [PROTOCOL, ("authorization", bearer.as_str())];
    let mut more = Socket::open(&app, &headers).await.expect("a socket");
    more.say(json!({"type": "connection_init"})).await;
    assert_eq!(more.closed().await, closed(1013, "too many sockets"));
    Socket::of(&app, &eve).await.is_open().await;
    for socket in &mut sockets {
        socket.is_open().await;
    }
}
