//! What happens to the list elsewhere, as it happens: graphql-transport-ws with one subscription.

use std::rc::Rc;

use gloo_events::EventListener;
use web_sys::wasm_bindgen::JsCast;
use web_sys::{CloseEvent, MessageEvent, WebSocket};

use crate::client::api;
use crate::client::graphql::{message, request};
use crate::sync::backoff::Closed;
use crate::todos::todo_api::{CHANGES, Event, event};

const PROTOCOL: &str = "graphql-transport-ws";

/// The session has ended, or lacks a claim. The reason says which.
const UNAUTHORISED: u16 = 4401;
/// The access token has expired.
const TRY_REFRESH_TOKEN: u16 = 4403;
const TOO_MANY_REQUESTS: u16 = 4429;

pub enum News {
    Event(Event),
    /// The answer to [`Socket::ask`].
    Here,
    /// No more will come.
    Over(Closed),
}

/// Closed when dropped, and then says nothing any more.
pub struct Socket {
    socket: WebSocket,
    _listeners: [EventListener; 3],
}

impl Socket {
    /// Asks whether the service is still at the other end.
    pub fn ask(&self) {
        let _ = self.socket.send_with_str(r#"{"type":"ping"}"#);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = self.socket.close();
    }
}

/// None where the browser does not even try.
pub fn open(hear: impl Fn(News) + 'static) -> Option<Socket> {
    let socket = WebSocket::new_with_str(&address()?, PROTOCOL).ok()?;
    let hear = Rc::new(hear);
    let listen = |kind: &'static str| {
        let (hear, target) = (hear.clone(), socket.clone());
        EventListener::new(&socket, kind, move |event| on(&target, event, &*hear))
    };
    let listeners = ["open", "message", "close"].map(listen);
    Some(Socket { socket, _listeners: listeners })
}

fn on(socket: &WebSocket, happened: &web_sys::Event, hear: &dyn Fn(News)) {
    if let Some(closed) = happened.dyn_ref::<CloseEvent>() {
        hear(News::Over(match closed.code() {
            // Connecting again soon does not help.
            UNAUTHORISED if closed.reason() == "invalid claim" => Closed::Otherwise,
            UNAUTHORISED | TRY_REFRESH_TOKEN => Closed::Session,
            TOO_MANY_REQUESTS => Closed::TooBusy,
            _ => Closed::Otherwise,
        }));
        return;
    }
    let Some(text) = happened.dyn_ref::<MessageEvent>() else {
        let _ = socket.send_with_str(r#"{"type":"connection_init"}"#);
        return;
    };
    let text = text.data().as_string().unwrap_or_default();
    let Some((kind, data)) = message(&text) else { return };
    let _ = match kind.as_str() {
        "connection_ack" => {
            let payload = request(CHANGES, "{}");
            let subscribe = [r#"{"id":"1","type":"subscribe","payload":"#, &payload, "}"].concat();
            socket.send_with_str(&subscribe)
        }
        "ping" => socket.send_with_str(r#"{"type":"pong"}"#),
        "pong" => {
            hear(News::Here);
            Ok(())
        }
        "next" => {
            if let Ok(event) = event(&data) {
                hear(News::Event(event));
            }
            Ok(())
        }
        // The service takes the subscription for ended, and keeps the socket.
        "error" | "complete" => socket.close(),
        _ => Ok(()),
    };
}

/// Browsers took relative ones late.
fn address() -> Option<String> {
    let mut address = api::url("/graphql/ws");
    if address.starts_with('/') {
        address.insert_str(0, &gloo_utils::window().location().origin().ok()?);
    }
    address.strip_prefix("http").map(|rest| ["ws", rest].concat())
}
