//! One batch and its response: sends the statements with one Sync, and reads to `ReadyForQuery`.

use std::{io, pin::pin, sync::Arc};

use postgres_protocol::message::backend::{ErrorFields, Message};
use tokio::time::{Instant, sleep};

use super::{
    Connection,
    cancel::{CANCEL_TIMEOUT, Cancel},
    prepared::columns,
};
use crate::{
    batch::{Column, QueryResult, ResultLimits, Row, Statement},
    error::{DbError, Error},
};

/// A statement of the batch whose response is being read.
pub(super) struct Step<'b> {
    pub statement: &'b Statement,
    /// Known before the rows arrive if the statement was prepared earlier.
    pub columns: Option<Arc<[Column]>>,
    /// The name that this batch prepares.
    pub new_name: Option<Arc<str>>,
    pub returns_rows: bool,
}

/// What a batch sends, and how much it may receive.
pub(super) struct Request<'b> {
    pub statements: &'b [Statement],
    pub result_index: usize,
    pub limits: ResultLimits,
}

impl<'b> Request<'b> {
    pub fn one(statement: &'b Statement) -> Self {
        Self {
            statements: std::slice::from_ref(statement),
            result_index: 0,
            limits: ResultLimits::default(),
        }
    }
}

/// The part of a response that was read so far.
#[derive(Default)]
struct Response {
    result: QueryResult,
    bytes: usize,
    error: Option<Error>,
    is_too_large: bool,
}

impl Connection {
    /// Sends the statements with one Sync, and reads the response to its end. When the caller is gone, or the
    /// result is too large, the statement is canceled.
    pub(super) async fn exchange(
        &mut self,
        request: &Request<'_>,
        caller_gone: impl Future<Output = ()>,
    ) -> Result<QueryResult, Error> {
        let sent = self.send(request);
        self.is_broken |= sent.is_err();
        let mut steps = sent?.into_iter();
        let mut step = steps.next();
        let mut response = Response::default();
        let mut caller_gone = pin!(caller_gone);
        let mut is_caller_gone = false;
        let mut cancel = Cancel::default();
        let mut deadline = pin!(sleep(self.response_timeout));
        let mut has_progressed = false;
        'response: loop {
            while let Some(message) = self.buffered(&mut response)? {
                if let Message::ReadyForQuery(ready) = message {
                    self.status = ready.status();
                    // The server has read all of a batch when it is ready.
                    self.is_broken |= !self.framed.outgoing().is_empty();
                    break 'response;
                }
                let received = self.receive(message, &mut step, &mut steps, &mut response, request);
                if let Err(error) = received {
                    self.is_broken = true;
                    return Err(error);
                }
            }
            let wants_cancel = is_caller_gone || response.is_too_large;
            tokio::select! {
                biased;
                () = &mut caller_gone, if !is_caller_gone => is_caller_gone = true,
                canceled = cancel.run(&self.canceller), if wants_cancel => {
                    if let Err(error) = canceled {
                        self.is_broken = true;
                        return Err(error);
                    }
                }
                filled = self.framed.fill() => {
                    has_progressed = true;
                    if let Err(error) = filled {
                        return Err(self.ended_by(error, &mut response));
                    }
                }
                () = &mut deadline => {
                    if !std::mem::take(&mut has_progressed) {
                        self.is_broken = true;
                        // So that the server does not keep a backend whose connection is closed here.
                        let _ = self.canceller.clone().cancel(CANCEL_TIMEOUT).await;
                        let text = "the server sent nothing for too long";
                        return Err(io::Error::new(io::ErrorKind::TimedOut, text).into());
                    }
                    deadline.as_mut().reset(Instant::now() + self.response_timeout);
                }
            }
        }
        // A cancel request that is still on its way could reach the next statement.
        self.is_broken |= cancel.finish().await.is_err();
        match response {
            Response { is_too_large: true, bytes, .. } => {
                let ResultLimits { max_rows, max_bytes } = request.limits;
                Err(if bytes > max_bytes {
                    Error::TooLarge { limit: max_bytes, unit: "bytes" }
                } else {
                    Error::TooLarge { limit: max_rows, unit: "rows" }
                })
            }
            Response { error: Some(error), .. } => Err(error),
            Response { result, .. } => Ok(result),
        }
    }

    fn buffered(&mut self, response: &mut Response) -> Result<Option<Message>, Error> {
        self.framed.buffered().map_err(|error| self.ended_by(error, response))
    }

    /// The reason of a FATAL comes before the end.
    fn ended_by(&mut self, error: io::Error, response: &mut Response) -> Error {
        self.is_broken = true;
        self.has_ended = true;
        response.error.take().unwrap_or_else(|| error.into())
    }
    /// Handles one message of a response. The connection cannot be used after an error.
    fn receive<'b>(
        &mut self,
        message: Message,
        step: &mut Option<Step<'b>>,
        steps: &mut impl Iterator<Item = Step<'b>>,
        response: &mut Response,
        request: &Request<'_>,
    ) -> Result<(), Error> {
        match (message, &mut *step) {
            (Message::NoticeResponse(notice), _) => log_notice(notice.fields()),
            (
                Message::ParseComplete
                | Message::ParameterDescription(_)
                | Message::BindComplete
                | Message::CloseComplete
                | Message::ParameterStatus(_)
                | Message::NotificationResponse(_),
                _,
            ) => {}
            (Message::ErrorResponse(error), step) => {
                let error = DbError::read(error.fields())?;
                self.is_broken |= error.is_fatal();
                if let Some(step) = step {
                    self.discard(step, &error);
                }
                response.error.get_or_insert_with(|| error.into());
            }
            (Message::RowDescription(description), Some(step)) => {
                let columns = columns(&description, &self.types)?;
                self.keep(step, columns);
            }
            (Message::NoData, Some(step)) => self.keep(step, Arc::default()),
            (Message::DataRow(body), Some(step)) => {
                if step.returns_rows && !response.is_too_large {
                    response.bytes += body.buffer().len();
                    let ResultLimits { max_rows, max_bytes } = request.limits;
                    let rows = &mut response.result.rows;
                    if rows.len() >= max_rows || response.bytes > max_bytes {
                        response.is_too_large = true;
                        rows.clear();
                    } else {
                        let columns = step.columns.clone().unwrap_or_default();
                        rows.push(Row { columns, body });
                    }
                }
            }
            (Message::CommandComplete(done), Some(finished)) => {
                let tag = done.tag()?;
                if finished.returns_rows {
                    response.result.rows_affected = rows_affected(tag);
                }
                if finished.statement.sql == "COMMIT" && tag != "COMMIT" {
                    response.error.get_or_insert(Error::RolledBack);
                }
                *step = steps.next();
            }
            (Message::EmptyQueryResponse, Some(_)) => *step = steps.next(),
            _ => {
                let text =
                    "the server sent a message that no statement here asks for, such as COPY";
                return Err(Error::Protocol(text.to_owned()));
            }
        }
        Ok(())
    }
}

pub(super) fn log_notice(fields: ErrorFields<'_>) {
    if let Ok(notice) = DbError::read(fields) {
        tracing::debug!(severity = notice.severity(), %notice, "notice of the database");
    }
}

/// A tag ends with the number of rows, if it has one: `INSERT 0 3`.
fn rows_affected(tag: &str) -> u64 {
    tag.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}
