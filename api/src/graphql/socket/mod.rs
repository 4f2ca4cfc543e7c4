//! `GET /graphql/ws`: subscriptions over a WebSocket, in the protocol graphql-transport-ws.
//!
//! By hand, not async-graphql's own `WebSocket`: that one closes with other codes than the protocol
//! names, and takes as many operations, of every kind, as a client likes.

mod close;
mod connection;
mod message;
mod operations;
mod sockets;

use axum::{
    Extension,
    extract::{
        State, WebSocketUpgrade,
        ws::{WebSocket, rejection::WebSocketUpgradeRejection},
    },
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use supertokens::{ClientAddress, Error};

use self::connection::Connection;
pub use self::sockets::Sockets;
use super::{GraphqlState, request_id};
use crate::error::ApiError;

/// Cookies can be set for this path alone.
const PATH: &str = "/graphql/ws";
/// A message is one operation, as the body of a POST is.
const MAX_MESSAGE: usize = 64 * 1024;
/// What is written and read is small, and there may be thousands of sockets.
const BUFFER: usize = 4 * 1024;

/// Opens a socket for a page of ours, or for what is no page. Whose session it has, a browser cannot
/// be told by a status: the socket is opened, and closed with a code.
///
/// Errors: 403 for another origin, 400 for what asks for no WebSocket of this protocol, 503 when there
/// are too many.
pub async fn socket(
    State(state): State<GraphqlState>,
    client: Option<Extension<ClientAddress>>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let client = client.map(|Extension(client)| client);
    open(state, client, headers, upgrade).await.unwrap_or_else(IntoResponse::into_response)
}

async fn open(
    state: GraphqlState,
    client: Option<ClientAddress>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    if !state.supertokens.admits_socket(&headers) {
        return Err(ApiError::Forbidden("Sockets are for our own pages."));
    }
    let upgrade = upgrade.map(|upgrade| upgrade.protocols([message::PROTOCOL]));
    let Some(upgrade) = upgrade.ok().filter(|upgrade| upgrade.selected_protocol().is_some()) else {
        const TEXT: &str = "Open a WebSocket here, with the subprotocol graphql-transport-ws.";
        return Err(ApiError::BadRequest(TEXT.into()));
    };
    let request_id = request_id(&headers);
    let permit = state.sockets.enter().ok_or(ApiError::TooManySockets)?;
    let unauthenticated = match client {
        Some(client) => Some(state.sockets.enter_from(client).ok_or(ApiError::TooManySockets)?),
        None => None,
    };
    let mut session = state.supertokens.lasting_session(PATH, &headers).await;
    let cookies = match &mut session {
        Ok((session, _)) => std::mem::take(&mut session.headers),
        // Nothing but this response can clear a cookie for the path of the sockets alone.
        Err(Error::AmbiguousCookies(clearing)) => std::mem::take(clearing),
        Err(_) => HeaderMap::new(),
    };
    let mut response = upgrade
        .max_message_size(MAX_MESSAGE)
        .max_frame_size(MAX_MESSAGE)
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER)
        .on_upgrade(async move |socket: WebSocket| {
            Connection::new(socket, state, request_id)
                .serve(permit, unauthenticated, session)
                .await;
        });
    response.headers_mut().extend(cookies);
    Ok(response)
}
