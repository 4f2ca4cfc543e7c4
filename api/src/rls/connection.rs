//! One connection of the service's own login.
//!
//! By tokio-postgres, not sqlx: it sends a statement without waiting for the answers to those before it
//! (PostgreSQL, "Pipelining"), so that a whole transaction is one round trip.

use futures_util::{TryStreamExt as _, future::join4, pin_mut};
use hashlink::LruCache;
use tokio::task::{AbortHandle, JoinHandle};
use tokio_postgres::{Client, Config, Error, NoTls, Row, Statement, error::SqlState, types::Type};

use super::values::Parameters;

/// How many prepared statements a connection keeps, here and on the server.
const KEPT_STATEMENTS: usize = 100;

/// Whose the transaction is, and its limits: all of it ends with the transaction, so it also works
/// through a pooler in transaction mode.
const CLAIM: &str = "SELECT set_config('role', $1, true), \
                     set_config('request.jwt.claims', $2, true), \
                     set_config('request.jwt.signature', $3, true), \
                     set_config('statement_timeout', '10s', true), \
                     set_config('idle_in_transaction_session_timeout', '20s', true)";

/// What opens a transaction.
#[derive(Debug)]
pub(super) struct Opening {
    /// `BEGIN` and its access mode.
    pub begin: &'static str,
    pub role: &'static str,
    /// The JSON that the policies ask.
    pub claims: String,
    /// By which a database that asks for it believes them; empty where there is none.
    pub signature: String,
}

/// One statement, and what travels with it.
#[derive(Debug)]
pub(super) struct Exchange<'a> {
    pub opening: Option<&'a Opening>,
    pub sql: &'a str,
    pub parameters: &'a Parameters,
    /// `COMMIT` or `ROLLBACK`.
    pub end: Option<&'static str>,
}

/// What a statement answered.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub rows: Vec<Row>,
    pub rows_affected: u64,
}

/// A connection, and the statements that the server has prepared on it.
#[derive(Debug)]
pub(super) struct Connection {
    client: Client,
    statements: LruCache<String, Statement>,
    socket: AbortHandle,
}

impl Connection {
    pub async fn open(config: &Config) -> Result<Self, Error> {
        let (client, socket) = config.connect(NoTls).await?;
        let socket: JoinHandle<()> = tokio::spawn(async move {
            if let Err(error) = socket.await {
                tracing::debug!(%error, "a database connection broke");
            }
        });
        let statements = LruCache::new(KEPT_STATEMENTS);
        Ok(Self { client, statements, socket: socket.abort_handle() })
    }

    pub fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Closes the socket, whatever is under way.
    pub fn cut(&self) {
        self.socket.abort();
    }

    pub async fn ping(&self) -> Result<(), Error> {
        self.client.batch_execute("").await
    }

    pub async fn rollback(&self) -> Result<(), Error> {
        self.client.batch_execute("ROLLBACK").await
    }

    /// COMMIT of a transaction in which all went well.
    pub async fn commit(&self) -> Result<(), Error> {
        self.client.batch_execute("COMMIT").await
    }

    /// Sends all of it at once, and waits for all answers. The server takes them in order: what comes
    /// behind a failure fails, too, so the first failure tells.
    pub async fn exchange(&mut self, exchange: Exchange<'_>) -> Result<Answer, Error> {
        let Exchange { opening, sql, parameters, end } = exchange;
        let statement = self.prepared(sql, &parameters.types).await?;
        let claim = match opening {
            Some(_) => Some(self.prepared(CLAIM, &[Type::TEXT, Type::TEXT]).await?),
            None => None,
        };
        let client = &self.client;
        let begin = async {
            match opening {
                Some(opening) => client.batch_execute(opening.begin).await,
                None => Ok(()),
            }
        };
        let claim = async {
            match claim.zip(opening) {
                Some((claim, Opening { role, claims, .. })) => {
                    client.execute_raw(&claim, [role, claims.as_str()]).await.map(drop)
                }
                None => Ok(()),
            }
        };
        let answer = async {
            let rows = client.query_raw(&statement, parameters.iter()).await?;
            pin_mut!(rows);
            let mut answer = Answer::default();
            while let Some(row) = rows.try_next().await? {
                answer.rows.push(row);
            }
            answer.rows_affected = rows.rows_affected().unwrap_or_default();
            Ok(answer)
        };
        let end = async {
            match end {
                Some(end) => client.batch_execute(end).await,
                None => Ok(()),
            }
        };
        // Each is sent when it is first polled, and they are polled in this order.
        let (opened, claimed, answered, ended) = join4(begin, claim, answer, end).await;
        if answered.as_ref().is_err_and(is_stale) {
            self.statements.remove(sql);
        }
        opened?;
        claimed?;
        let answer = answered?;
        ended?;
        Ok(answer)
    }

    /// The types are those of the values: the server would guess others.
    async fn prepared(&mut self, sql: &str, types: &[Type]) -> Result<Statement, Error> {
        if let Some(statement) = self.statements.get(sql)
            && statement.params() == types
        {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare_typed(sql, types).await?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

/// Whether a prepared statement is no good any more: its table has changed, or the server forgot it.
fn is_stale(error: &Error) -> bool {
    let stale = [SqlState::FEATURE_NOT_SUPPORTED, SqlState::INVALID_SQL_STATEMENT_NAME];
    error.code().is_some_and(|code| stale.contains(code))
}
