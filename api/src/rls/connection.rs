//! One connection of the service's own login: whole transactions, each in one round trip.

use std::{sync::Arc, time::Duration};

use bytes::BytesMut;
use fallible_iterator::FallibleIterator as _;
use hashlink::LruCache;
use postgres_protocol::{
    IsNull,
    message::{
        backend::{DataRowBody, Message, RowDescriptionBody},
        frontend::{self, BindError},
    },
};
use tokio::time::timeout;
use tokio_postgres::{
    config::TargetSessionAttrs,
    error::SqlState,
    types::{ToSql, Type},
};

use super::{
    error::{Failure, Refusal, sqlx_failure},
    socket,
    tls::Target,
    values::Parameters,
    wire::Wire,
};

/// How many prepared statements a connection keeps, here and on the server.
const KEPT_STATEMENTS: usize = 100;

/// Of parameters and of results: all are binary.
const BINARY: [i16; 1] = [1];

/// Whose the transaction is, and its limits: `$1` is the role, `$2` the claims, `$3` their signature.
/// All of it ends with the transaction, so it also works through a pooler in transaction mode.
pub const CLAIM: &str = "SELECT set_config('role', $1, true), \
                     set_config('request.jwt.claims', $2, true), \
                     set_config('request.jwt.signature', $3, true), \
                     set_config('statement_timeout', '10s', true), \
                     set_config('idle_in_transaction_session_timeout', '20s', true)";

/// The same where nothing may be changed, which cannot be taken back before the transaction ends.
pub const CLAIM_TO_READ: &str = "SELECT set_config('role', $1, true), \
                     set_config('request.jwt.claims', $2, true), \
                     set_config('request.jwt.signature', $3, true), \
                     set_config('statement_timeout', '10s', true), \
                     set_config('idle_in_transaction_session_timeout', '20s', true), \
                     set_config('transaction_read_only', 'on', true)";

const CLAIM_TYPES: [Type; 3] = [Type::TEXT, Type::TEXT, Type::TEXT];

/// What opens a transaction.
#[derive(Debug)]
pub(super) struct Opening {
    /// [`CLAIM`] or [`CLAIM_TO_READ`].
    pub claim: &'static str,
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
    /// Whether the transaction ends with it: by COMMIT, which is the Sync itself where it began here, too.
    pub ends: bool,
}

/// What a statement answered.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub rows: Vec<Row>,
    pub rows_affected: u64,
}

#[derive(Debug)]
pub(super) struct Column {
    pub name: String,
    pub ty: Type,
}

#[derive(Debug)]
pub(super) struct Row {
    pub columns: Arc<[Column]>,
    body: DataRowBody,
}

impl Row {
    /// The bytes of each column, in their order; none for NULL.
    pub fn values(&self) -> impl Iterator<Item = Result<Option<&[u8]>, Failure>> {
        let ranges = self.body.ranges().iterator();
        ranges.map(|range| Ok(range?.map(|range| &self.body.buffer()[range])))
    }
}

/// A statement that the server knows by a name.
#[derive(Debug, Clone)]
struct Prepared {
    name: Arc<str>,
    types: Arc<[Type]>,
    columns: Arc<[Column]>,
}

/// One of the statements that are sent together.
struct Step<'a> {
    sql: &'a str,
    types: &'a [Type],
    /// What its rows are like, as far as that is known before they come.
    columns: Option<Arc<[Column]>>,
    /// The name that it is about to have, if it has to be prepared.
    new_name: Option<Arc<str>>,
    /// Whether its answer is what the caller waits for.
    is_asked: bool,
}

/// A connection, and the statements that the server has prepared on it.
#[derive(Debug)]
pub(super) struct Connection {
    wire: Wire,
    /// None behind a pooler: there the next transaction may meet a server that knows no name.
    statements: Option<LruCache<String, Prepared>>,
    names: u64,
    /// Names of prepared statements that the next batch closes.
    closes: Vec<Arc<str>>,
}

impl Connection {
    /// Connects to the first host that answers, and is what the URL's `target_session_attrs` asks for.
    /// One that is silent has had its share of the time before the next is tried.
    pub async fn open(
        target: &Target,
        within: Duration,
        prepares: bool,
    ) -> Result<Self, sqlx::Error> {
        let mut failure = sqlx::Error::Configuration("the URL names no host".into());
        let share = socket::share(within, target.config.get_hosts().len());
        let patience = target.config.get_connect_timeout().copied().unwrap_or(share);
        for address in socket::addresses(&target.config) {
            let opening = Self::open_on(target, &address, patience, prepares);
            match timeout(patience, opening).await {
                Ok(Ok(connection)) => return Ok(connection),
                Ok(Err(error)) => failure = error,
                Err(late) => failure = sqlx::Error::Io(late.into()),
            }
        }
        Err(failure)
    }

    async fn open_on(
        target: &Target,
        address: &socket::Address<'_>,
        within: Duration,
        prepares: bool,
    ) -> Result<Self, sqlx::Error> {
        let wire = Wire::new(socket::open(target, address, within).await?);
        let statements = prepares.then(|| LruCache::new(KEPT_STATEMENTS));
        Self { wire, statements, names: 0, closes: Vec::new() }.fitting(target).await
    }

    async fn fitting(mut self, target: &Target) -> Result<Self, sqlx::Error> {
        const IS_WRITABLE: &str = "SELECT NOT current_setting('transaction_read_only')::boolean";
        let wanted = match target.config.get_target_session_attrs() {
            TargetSessionAttrs::ReadWrite => true,
            TargetSessionAttrs::ReadOnly => false,
            _ => return Ok(self),
        };
        let answer = self.run(IS_WRITABLE).await.map_err(sqlx_failure)?;
        let is_writable = answer.rows.first().and_then(|row| row.values().next());
        if matches!(is_writable, Some(Ok(Some([byte]))) if (*byte == 1) == wanted) {
            return Ok(self);
        }
        Err(sqlx::Error::Configuration("no host is what target_session_attrs asks for".into()))
    }

    pub fn is_closed(&mut self) -> bool {
        self.wire.is_closed()
    }

    /// Whether every response was read and no transaction is open: another caller may use it.
    pub fn is_idle(&self) -> bool {
        self.wire.is_idle()
    }

    pub async fn ping(&mut self) -> Result<(), Failure> {
        self.run("").await.map(drop)
    }

    /// COMMIT of a transaction in which all went well.
    pub async fn commit(&mut self) -> Result<(), Failure> {
        self.run("COMMIT").await.map(drop)
    }

    /// Ends whatever is under way or open.
    pub async fn clean(&mut self) -> Result<(), Failure> {
        self.wire.finish().await?;
        if !self.wire.is_idle() {
            self.run("ROLLBACK").await?;
        }
        Ok(())
    }

    async fn run(&mut self, sql: &str) -> Result<Answer, Failure> {
        let parameters = Parameters::default();
        self.exchange(Exchange { opening: None, sql, parameters: &parameters, ends: false }).await
    }

    /// Sends all of it at once, and waits for the answer. After a failure the server skips the rest; a
    /// transaction that began with it is over then, one that was open stays open and failed.
    pub async fn exchange(&mut self, exchange: Exchange<'_>) -> Result<Answer, Failure> {
        if self.wire.is_awaiting_response() {
            // The next response belongs to an earlier caller.
            let text = "the response to an earlier statement is outstanding";
            return Err(Failure::Unusable(text.to_owned()));
        }
        let mut steps = Vec::with_capacity(4);
        if let Err(failure) = self.add(&exchange, &mut steps) {
            self.wire.take_back();
            return Err(failure);
        }
        self.closes.clear();
        self.wire.send().await?;
        self.read(steps).await
    }

    fn add<'a>(
        &mut self,
        exchange: &Exchange<'a>,
        steps: &mut Vec<Step<'a>>,
    ) -> Result<(), Failure> {
        let Exchange { opening, sql, parameters, ends } = *exchange;
        for name in &self.closes {
            self.wire.add(|to| Ok(frontend::close(b'S', name, to)?))?;
        }
        let aside = [].iter();
        if opening.is_some() && !ends {
            steps.push(self.step("BEGIN", &[], aside.clone())?);
        }
        if let Some(Opening { claim, role, claims, signature }) = opening {
            let values: [&(dyn ToSql + Sync); 3] = [role, claims, signature];
            steps.push(self.step(claim, &CLAIM_TYPES, values.iter())?);
        }
        let values: Vec<_> = parameters.iter().collect();
        steps.push(Step { is_asked: true, ..self.step(sql, &parameters.types, values.iter())? });
        if opening.is_none() && ends {
            steps.push(self.step("COMMIT", &[], aside)?);
        }
        Ok(())
    }

    /// The types are those of the values: the server would guess others.
    fn step<'a, 'v>(
        &mut self,
        sql: &'a str,
        types: &'a [Type],
        values: impl Iterator<Item = &'v &'v (dyn ToSql + Sync)>,
    ) -> Result<Step<'a>, Failure> {
        let known = self.statements.as_mut().and_then(|statements| statements.get(sql));
        let known = known.filter(|known| *known.types == *types).cloned();
        let new_name = match (&known, &self.statements) {
            (None, Some(_)) => {
                self.names += 1;
                Some(Arc::from(format!("s{}", self.names)))
            }
            _ => None,
        };
        let name = known.as_ref().map(|known| &*known.name).or(new_name.as_deref()).unwrap_or("");
        self.wire.add(|to| {
            if known.is_none() {
                frontend::parse(name, sql, types.iter().map(Type::oid), to)?;
                frontend::describe(b'S', name, to)?;
            }
            let serialize = |(value, ty), to: &mut BytesMut| serialize(value, ty, to);
            frontend::bind("", name, BINARY, values.zip(types), serialize, BINARY, to).map_err(
                |error| match error {
                    BindError::Conversion(error) => Failure::Unusable(error.to_string()),
                    BindError::Serialization(error) => Failure::Unusable(error.to_string()),
                },
            )?;
            Ok(frontend::execute("", 0, to)?)
        })?;
        let columns = known.map(|known| known.columns);
        Ok(Step { sql, types, columns, new_name, is_asked: false })
    }

    /// Reads what the server says to these steps.
    async fn read(&mut self, steps: Vec<Step<'_>>) -> Result<Answer, Failure> {
        let mut answer = Answer::default();
        let mut refusal = None;
        let mut steps = steps.into_iter();
        let mut step = steps.next();
        while let Some(message) = self.wire.next().await? {
            match (message, &mut step) {
                (Message::ErrorResponse(error), step) => {
                    let refused = Refusal::read(&error)?;
                    if let Some(step) = step {
                        self.forget(step, &refused);
                    }
                    refusal = Some(refused);
                }
                (Message::RowDescription(description), Some(step)) => {
                    let columns = columns(&description)?;
                    self.keep(step, columns);
                }
                (Message::NoData, Some(step)) => self.keep(step, Arc::default()),
                (Message::DataRow(body), Some(step)) if step.is_asked => {
                    let columns = step.columns.clone().unwrap_or_default();
                    answer.rows.push(Row { columns, body });
                }
                (Message::CommandComplete(done), Some(finished)) => {
                    if finished.is_asked {
                        answer.rows_affected = rows_affected(done.tag()?);
                    }
                    step = steps.next();
                }
                (Message::EmptyQueryResponse, Some(_)) => step = steps.next(),
                (
                    Message::ParseComplete
                    | Message::ParameterDescription(_)
                    | Message::BindComplete
                    | Message::CloseComplete
                    | Message::DataRow(_),
                    _,
                ) => {}
                _ => {
                    self.wire.give_up();
                    let text = "the server says what nobody asked for, such as COPY";
                    return Err(Failure::Unusable(text.to_owned()));
                }
            }
        }
        match refusal {
            Some(refusal) => {
                // A server that is a standby now keeps the connections of when it was none: a new one
                // finds its successor.
                if *refusal.code() == SqlState::READ_ONLY_SQL_TRANSACTION {
                    self.wire.give_up();
                }
                Err(refusal.into())
            }
            None => Ok(answer),
        }
    }

    /// The server has prepared it.
    fn keep(&mut self, step: &mut Step<'_>, columns: Arc<[Column]>) {
        step.columns = Some(Arc::clone(&columns));
        let Some((statements, name)) = self.statements.as_mut().zip(step.new_name.take()) else {
            return;
        };
        let oldest =
            if statements.len() < KEPT_STATEMENTS { None } else { statements.remove_lru() };
        let types = step.types.into();
        let replaced = statements.insert(step.sql.to_owned(), Prepared { name, types, columns });
        let gone = replaced.into_iter().chain(oldest.map(|(_, oldest)| oldest));
        self.closes.extend(gone.map(|gone| gone.name));
    }

    /// A prepared statement is no good any more if its table has changed, or the server forgot it. One
    /// that was about to be prepared may have come into being.
    fn forget(&mut self, step: &mut Step<'_>, refusal: &Refusal) {
        let stale = [SqlState::FEATURE_NOT_SUPPORTED, SqlState::INVALID_SQL_STATEMENT_NAME];
        let known = match &mut self.statements {
            Some(statements) if stale.contains(refusal.code()) => statements.remove(step.sql),
            _ => None,
        };
        self.closes.extend(known.map(|known| known.name).or(step.new_name.take()));
    }
}

fn serialize(
    value: &&(dyn ToSql + Sync),
    ty: &Type,
    to: &mut BytesMut,
) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
    Ok(match value.to_sql_checked(ty, to)? {
        tokio_postgres::types::IsNull::Yes => IsNull::Yes,
        tokio_postgres::types::IsNull::No => IsNull::No,
    })
}

fn columns(description: &RowDescriptionBody) -> Result<Arc<[Column]>, Failure> {
    let column = |field: postgres_protocol::message::backend::Field<'_>| {
        // One that is none of PostgreSQL's own is refused when it is read.
        let ty = Type::from_oid(field.type_oid()).unwrap_or(Type::UNKNOWN);
        Ok(Column { name: field.name().to_owned(), ty })
    };
    Ok(description.fields().map(column).collect::<Vec<_>>()?.into())
}

/// A tag ends with their number, if it has one: `INSERT 0 3`.
fn rows_affected(tag: &str) -> u64 {
    tag.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}
