//! Statements of a connection that belongs to one caller: a listener, or a session without scopes.

use postgres_protocol::message::{backend::Message, frontend};

use super::{
    Connection,
    exchange::{Request, rows_affected},
    pending,
};
use crate::{
    batch::{QueryResult, Statement},
    error::{DbError, Error},
};

/// How a text of several commands ended.
#[derive(Debug, Default)]
pub(crate) struct ScriptResult {
    /// The tag of the last command (PostgreSQL, "`CommandComplete`").
    pub tag: String,
    /// Of the last command.
    pub rows_affected: u64,
}

impl Connection {
    /// Runs one statement. Must be polled to its end: otherwise the connection cannot be used any more.
    pub async fn run_alone(&mut self, statement: &Statement) -> Result<QueryResult, Error> {
        self.begin_alone()?;
        let result = self.exchange(&Request::one(statement), pending()).await;
        self.is_exchanging = false;
        let mut result = result?;
        self.resolve_types(&statement.sql, &mut result).await;
        Ok(result)
    }

    /// Runs a text of several commands (PostgreSQL, "Simple Query"). Rows are discarded. Must be polled to its end.
    pub async fn run_script(&mut self, sql: &str) -> Result<ScriptResult, Error> {
        if sql.contains('\0') {
            return Err(Error::Encode("the SQL text has a NUL byte".to_owned()));
        }
        self.begin_alone()?;
        let result = self.exchange_script(sql).await;
        self.is_exchanging = false;
        result
    }

    /// A response that was abandoned must not be read as that of the next statement.
    fn begin_alone(&mut self) -> Result<(), Error> {
        self.is_broken |= self.is_exchanging;
        if self.is_broken {
            return Err(std::io::Error::from(std::io::ErrorKind::NotConnected).into());
        }
        self.is_exchanging = true;
        Ok(())
    }

    async fn exchange_script(&mut self, sql: &str) -> Result<ScriptResult, Error> {
        frontend::query(sql, self.framed.outgoing())?;
        let mut result = ScriptResult::default();
        let mut failure = None;
        loop {
            let message = match self.framed.next().await {
                Ok(message) => message,
                Err(error) => {
                    self.is_broken = true;
                    self.has_ended = true;
                    // The reason of a FATAL comes before the end.
                    return Err(failure.unwrap_or_else(|| error.into()));
                }
            };
            match message {
                Message::ReadyForQuery(ready) => {
                    self.status = ready.status();
                    return failure.map_or(Ok(result), Err);
                }
                Message::CommandComplete(done) => {
                    let tag = done.tag()?.to_owned();
                    result = ScriptResult { rows_affected: rows_affected(&tag), tag };
                }
                Message::ErrorResponse(error) => {
                    let error = DbError::read(error.fields())?;
                    self.is_broken |= error.is_fatal();
                    failure.get_or_insert_with(|| error.into());
                }
                Message::RowDescription(_) | Message::DataRow(_) | Message::EmptyQueryResponse => {}
                message => {
                    if let Err(error) = self.receive_unrequested(&message) {
                        self.is_broken = true;
                        return Err(error);
                    }
                }
            }
        }
    }

    /// Says that the connection ends, as far as the socket takes it at once.
    pub fn terminate(&mut self) {
        if !self.has_ended {
            self.framed.terminate();
        }
    }
}
