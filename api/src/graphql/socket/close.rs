//! Why a socket is closed: the codes of graphql-transport-ws and of RFC 6455 (7.4.1).

use std::error::Error as _;

use axum::extract::ws::{CloseFrame, Message};
use supertokens::session::Over;
use tokio_tungstenite::tungstenite;

/// A code, and a reason that is for the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Close {
    pub code: u16,
    pub reason: &'static str,
}

impl Close {
    /// The service stops: connect again.
    pub const GOING_AWAY: Self = Self { code: 1001, reason: "going away" };
    /// The Core is away, or the user has as many sockets as may be: connect again later.
    pub const TRY_AGAIN_LATER: Self = Self { code: 1013, reason: "try again later" };
    pub const TOO_MANY_SOCKETS: Self = Self { code: 1013, reason: "too many sockets" };
    /// A frame violates RFC 6455.
    pub const PROTOCOL_ERROR: Self = Self { code: 1002, reason: "protocol error" };
    /// A text is not UTF-8.
    pub const INVALID_UTF8: Self = Self { code: 1007, reason: "a text is not UTF-8" };
    pub const TOO_LARGE: Self = Self { code: 1009, reason: "the message is too large" };
    /// The message is not valid graphql-transport-ws.
    pub const BAD_REQUEST: Self = Self { code: 4400, reason: "bad request" };
    /// There is no session, or it has ended: sign in.
    pub const UNAUTHORISED: Self = Self { code: 4401, reason: "unauthorised" };
    /// The access token has expired: refresh and connect again. Not 4401, after which graphql-ws never reconnects.
    pub const TRY_REFRESH_TOKEN: Self = Self { code: 4403, reason: "try refresh token" };
    /// The session lacks a claim, such as a verified email: connecting again does not help.
    pub const INVALID_CLAIM: Self = Self { code: 4401, reason: "invalid claim" };
    pub const INIT_TIMEOUT: Self = Self { code: 4408, reason: "connection initialisation timeout" };
    pub const SUBSCRIBER_EXISTS: Self =
        Self { code: 4409, reason: "there is a subscriber of this id already" };
    pub const TOO_MANY_INITS: Self =
        Self { code: 4429, reason: "too many initialisation requests" };
    /// More messages than a client has use for: connect again, but not soon.
    pub const TOO_MANY_REQUESTS: Self = Self { code: 4429, reason: "too many requests" };
    /// A fault on our side.
    pub const INTERNAL: Self = Self { code: 4500, reason: "internal server error" };

    /// For what could not be received. None if the connection itself has failed.
    pub fn for_receive_error(error: &axum::Error) -> Option<Self> {
        let error = error.source()?.downcast_ref::<tungstenite::Error>()?;
        match error {
            tungstenite::Error::Capacity(_) => Some(Self::TOO_LARGE),
            tungstenite::Error::Utf8(_) => Some(Self::INVALID_UTF8),
            tungstenite::Error::Protocol(
                tungstenite::error::ProtocolError::ResetWithoutClosingHandshake,
            ) => None,
            tungstenite::Error::Protocol(_) => Some(Self::PROTOCOL_ERROR),
            _ => None,
        }
    }

    pub fn message(self) -> Message {
        Message::Close(Some(CloseFrame { code: self.code, reason: self.reason.into() }))
    }
}

impl From<Over> for Close {
    fn from(over: Over) -> Self {
        match over {
            Over::Expired => Self::TRY_REFRESH_TOKEN,
            Over::Ended => Self::UNAUTHORISED,
        }
    }
}

impl From<&supertokens::Error> for Close {
    fn from(error: &supertokens::Error) -> Self {
        use supertokens::Error;
        match error {
            Error::Unauthorised | Error::SessionEnded(_) | Error::TokenTheft(_) => {
                Self::UNAUTHORISED
            }
            Error::TryRefreshToken | Error::AmbiguousCookies(_) => Self::TRY_REFRESH_TOKEN,
            Error::InvalidClaim { .. } | Error::ForeignOrigin => Self::INVALID_CLAIM,
            Error::Unavailable { .. } | Error::MailUnavailable | Error::TooMany { .. } => {
                tracing::warn!(%error, "a socket's session cannot be checked");
                Self::TRY_AGAIN_LATER
            }
            Error::BadInput(_)
            | Error::General(_)
            | Error::Provider { .. }
            | Error::Unexpected(_) => {
                tracing::error!(%error, "a socket's session could not be checked");
                Self::INTERNAL
            }
        }
    }
}
