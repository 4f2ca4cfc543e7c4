//! One batch and its response: sends the statements with one Sync, and reads to `ReadyForQuery`.

use std::{io, pin::pin, sync::Arc};

use postgres_protocol::message::backend::{ErrorFields, Message};
use tokio::time::{Instant, sleep};

use super::{
    Connection, IDLE,
    cancel::{CANCEL_TIMEOUT, Cancel},
    prepared::columns,
};
use crate::{
    batch::{Column, QueryResult, ResultLimits, Row, Statement},
    command::is_control_tag,
    error::{DbError, Error},
};

/// The type of the messages that have a row.
const DATA_ROW: u8 = b'D';
/// Messages other than rows are small.
const MAX_MESSAGE: usize = 64 * 1024 * 1024;

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
    /// Whether the end of the batch may commit a change.
    pub may_commit: bool,
}

impl<'b> Request<'b> {
    pub fn one(statement: &'b Statement) -> Self {
        Self {
            statements: std::slice::from_ref(statement),
            result_index: 0,
            limits: ResultLimits::default(),
            may_commit: false,
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

impl Response {
    /// The rows are discarded, and the statement is canceled.
    fn exceed(&mut self, bytes: usize) {
        self.is_too_large = true;
        self.bytes = bytes;
        self.result.rows = Vec::new();
    }
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
        let mut transferred = self.framed.transferred();
        'response: loop {
            while let Some(message) = self.buffered(step.as_ref(), &mut response, request)? {
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
                    if let Err(error) = filled {
                        return Err(self.ended_by(error, &mut response));
                    }
                }
                () = &mut deadline => {
                    if self.framed.transferred() == transferred {
                        self.is_broken = true;
                        // So that the server does not keep a backend whose connection is closed here.
                        let _ = self.canceller.clone().cancel(CANCEL_TIMEOUT).await;
                        let text = "nothing was sent or received for too long";
                        return Err(io::Error::new(io::ErrorKind::TimedOut, text).into());
                    }
                    transferred = self.framed.transferred();
                    deadline.as_mut().reset(Instant::now() + self.response_timeout);
                }
            }
        }
        // A cancel request that is still on its way could reach the next statement.
        self.is_broken |= cancel.finish().await.is_err();
        match response {
            Response { is_too_large: true, bytes, error, .. } => {
                let ResultLimits { max_rows, max_bytes } = request.limits;
                let has_bytes = bytes > max_bytes;
                let (limit, unit) =
                    if has_bytes { (max_bytes, "bytes") } else { (max_rows, "rows") };
                // The cancel request may have come too late.
                Err(if error.is_none() && request.may_commit && self.status == IDLE {
                    Error::CommittedTooLarge { limit, unit }
                } else {
                    Error::TooLarge { limit, unit }
                })
            }
            Response { error: Some(error), .. } => Err(error),
            Response { result, .. } => Ok(result),
        }
    }

    /// The next message, if all of it was read. A row that exceeds the limit is skipped before it is read.
    fn buffered(
        &mut self,
        step: Option<&Step<'_>>,
        response: &mut Response,
        request: &Request<'_>,
    ) -> Result<Option<Message>, Error> {
        while let Some((kind, length)) = self.framed.announced() {
            let is_result = step.is_some_and(|step| step.returns_rows);
            if kind != DATA_ROW || !is_result {
                if length > MAX_MESSAGE {
                    self.is_broken = true;
                    let text = format!("the server sent a message of {length} bytes");
                    return Err(Error::Protocol(text));
                }
                break;
            }
            if !response.is_too_large {
                let bytes = response.bytes.saturating_add(length);
                if bytes <= request.limits.max_bytes {
                    break;
                }
                response.exceed(bytes);
            }
            self.framed.skip();
        }
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
            (
                message @ (Message::NoticeResponse(_)
                | Message::ParameterStatus(_)
                | Message::NotificationResponse(_)),
                _,
            ) => self.receive_unrequested(&message)?,
            (
                Message::ParseComplete
                | Message::ParameterDescription(_)
                | Message::BindComplete
                | Message::CloseComplete,
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
                    let rows = &mut response.result.rows;
                    if rows.len() >= request.limits.max_rows {
                        response.exceed(response.bytes);
                    } else {
                        let columns = step.columns.clone().unwrap_or_default();
                        rows.push(Row { columns, body });
                    }
                }
            }
            (Message::CommandComplete(done), Some(finished)) => {
                let tag = done.tag()?;
                if !finished.statement.is_own && is_control_tag(tag) {
                    // What follows would run in another transaction, which has no scope.
                    return Err(Error::TransactionControl);
                }
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
pub(super) fn rows_affected(tag: &str) -> u64 {
    tag.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}
