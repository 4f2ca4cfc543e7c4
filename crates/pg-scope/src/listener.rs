//! A connection that receives notifications (PostgreSQL, "LISTEN").

use std::{collections::VecDeque, io, sync::Arc};

use postgres_protocol::message::backend::{Message, NotificationResponseBody};
use tokio_postgres::types::Type;

use crate::{
    batch::Statement,
    connection::Connection,
    error::{DbError, Error},
    options::Options,
};

/// A connection of its own that listens on a channel. It has no scope, and sees no rows.
#[derive(Debug)]
pub struct Listener(Connection);

/// What NOTIFY sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// As LISTEN names it.
    pub channel: Box<str>,
    /// Empty if NOTIFY has none.
    pub payload: Box<str>,
}

impl Notification {
    pub(crate) fn read(body: &NotificationResponseBody) -> io::Result<Self> {
        Ok(Self { channel: body.channel()?.into(), payload: body.message()?.into() })
    }
}

impl Listener {
    /// Opens a connection. Nothing of the pool's limits applies to it.
    pub async fn connect(options: &Options) -> Result<Self, Error> {
        let options = options.clone().prepares_statements(false);
        let mut connection = Connection::open(&options, &Arc::default()).await?;
        connection.notifications = Some(VecDeque::new());
        Ok(Self(connection))
    }

    /// Notifications of transactions that commit from now on are received.
    pub async fn listen(&mut self, channel: &str) -> Result<(), Error> {
        let channel = channel.replace('"', "\"\"");
        self.run(&Statement::command(format!("LISTEN \"{channel}\""))).await
    }

    /// Notifies everybody who listens on the channel, this connection too.
    pub async fn notify(&mut self, channel: &str, payload: &str) -> Result<(), Error> {
        let parameters = [(&channel as _, Type::TEXT), (&payload as _, Type::TEXT)];
        let sql = "SELECT pg_catalog.pg_notify($1, $2)";
        self.run(&Statement::with_parameters(sql, &parameters)?).await
    }

    /// Returns when the server has responded.
    pub async fn ping(&mut self) -> Result<(), Error> {
        self.run(&Statement::plain("")).await
    }

    /// The next notification. Dropping the future loses nothing.
    pub async fn receive(&mut self) -> Result<Notification, Error> {
        loop {
            let received = self.0.notifications.as_mut().and_then(VecDeque::pop_front);
            if let Some(notification) = received {
                return Ok(notification);
            }
            match self.0.framed.next().await? {
                Message::ErrorResponse(error) => return Err(DbError::read(error.fields())?.into()),
                message => self.0.receive_unrequested(&message)?,
            }
        }
    }

    async fn run(&mut self, statement: &Statement) -> Result<(), Error> {
        self.0.run_alone(statement).await.map(|_| ())
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.terminate();
    }
}
