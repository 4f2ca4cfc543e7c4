//! One connection of the service's own login.
//!
//! By tokio-postgres, not sqlx: it sends a statement without waiting for the answers to those before it
//! (PostgreSQL, "Pipelining"), so that a whole transaction is one round trip.

use futures_util::{TryStreamExt as _, future::join4, pin_mut};
use hashlink::LruCache;
use tokio::task::{AbortHandle, JoinHandle};
use tokio_postgres::{
    Client, Error, Row, Statement,
    error::SqlState,
    types::{ToSql, Type},
};

use super::{tls::Target, values::Parameters};

/// How many prepared statements a connection keeps, here and on the server.
const KEPT_STATEMENTS: usize = 100;

/// Whose the transaction is, and its limits: all of it ends with the transaction, so it also works
/// through a pooler in transaction mode.
pub(super) const CLAIM: &str = "SELECT set_config('role', $1, true), \
                     set_config('request.jwt.claims', $2, true), \
                     set_config('request.jwt.signature', $3, true), \
                     set_config('statement_timeout', '10s', true), \
                     set_config('idle_in_transaction_session_timeout', '20s', true)";

const CLAIM_TYPES: [Type; 3] = [Type::TEXT, Type::TEXT, Type::TEXT];

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

/// How a statement goes to the server.
enum Form<'a> {
    /// By the name under which the server has prepared it.
    Prepared(Statement),
    /// As text, each time.
    Text(&'a str, &'a [Type]),
}

/// A connection, and the statements that the server has prepared on it.
#[derive(Debug)]
pub(super) struct Connection {
    client: Client,
    /// None behind a pooler: there the next transaction may meet a server that knows no name.
    statements: Option<LruCache<String, Statement>>,
    socket: AbortHandle,
}

impl Connection {
    pub async fn open(target: &Target, prepares: bool) -> Result<Self, Error> {
        let (client, socket) = target.config.connect(target.tls.clone()).await?;
        let socket: JoinHandle<()> = tokio::spawn(async move {
            if let Err(error) = socket.await {
                tracing::debug!(%error, "a database connection broke");
            }
        });
        let statements = prepares.then(|| LruCache::new(KEPT_STATEMENTS));
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
        let statement = self.form(sql, &parameters.types).await?;
        let claim = match opening {
            Some(_) => Some(self.form(CLAIM, &CLAIM_TYPES).await?),
            None => None,
        };
        let client = &self.client;
        let begin = simple(client, opening.map(|opening| opening.begin));
        let claim = async {
            match claim.zip(opening) {
                Some((claim, Opening { role, claims, signature, .. })) => {
                    let values: [&(dyn ToSql + Sync); 3] = [role, claims, signature];
                    claim.run(client, values.into_iter()).await.map(drop)
                }
                None => Ok(()),
            }
        };
        let answer = statement.run(client, parameters.iter());
        let end = simple(client, end);
        // Each is sent when it is first polled, and they are polled in this order.
        let (opened, claimed, answered, ended) = join4(begin, claim, answer, end).await;
        for (answer, sql) in [(claimed.as_ref().err(), CLAIM), (answered.as_ref().err(), sql)] {
            if answer.is_some_and(is_stale) {
                self.forget(sql);
            }
        }
        opened?;
        claimed?;
        let answer = answered?;
        ended?;
        Ok(answer)
    }

    /// The types are those of the values: the server would guess others.
    async fn form<'a>(&mut self, sql: &'a str, types: &'a [Type]) -> Result<Form<'a>, Error> {
        let Some(statements) = &mut self.statements else { return Ok(Form::Text(sql, types)) };
        if let Some(statement) = statements.get(sql)
            && statement.params() == types
        {
            return Ok(Form::Prepared(statement.clone()));
        }
        let statement = self.client.prepare_typed(sql, types).await?;
        statements.insert(sql.to_owned(), statement.clone());
        Ok(Form::Prepared(statement))
    }

    fn forget(&mut self, sql: &str) {
        if let Some(statements) = &mut self.statements {
            statements.remove(sql);
        }
    }
}

/// A statement without parameters or rows, if there is one; sent when it is first polled.
async fn simple(client: &Client, sql: Option<&str>) -> Result<(), Error> {
    match sql {
        Some(sql) => client.batch_execute(sql).await,
        None => Ok(()),
    }
}

impl Form<'_> {
    /// Sends it when it is first polled.
    async fn run<'v>(
        self,
        client: &Client,
        values: impl ExactSizeIterator<Item = &'v (dyn ToSql + Sync)>,
    ) -> Result<Answer, Error> {
        let rows = match self {
            Self::Prepared(statement) => client.query_raw(&statement, values).await?,
            Self::Text(sql, types) => {
                client.query_typed_raw(sql, values.zip(types.iter().cloned())).await?
            }
        };
        pin_mut!(rows);
        let mut answer = Answer::default();
        while let Some(row) = rows.try_next().await? {
            answer.rows.push(row);
        }
        answer.rows_affected = rows.rows_affected().unwrap_or_default();
        Ok(answer)
    }
}

/// Whether a prepared statement is no good any more: its table has changed, or the server forgot it.
fn is_stale(error: &Error) -> bool {
    let stale = [SqlState::FEATURE_NOT_SUPPORTED, SqlState::INVALID_SQL_STATEMENT_NAME];
    error.code().is_some_and(|code| stale.contains(code))
}
