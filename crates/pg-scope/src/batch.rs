//! What a caller hands to a connection: statements that end with one Sync.

use std::{borrow::Cow, sync::Arc};

use bytes::{Bytes, BytesMut};
use fallible_iterator::FallibleIterator as _;
use postgres_protocol::message::backend::DataRowBody;
use tokio::sync::oneshot;
use tokio_postgres::types::{FromSql, FromSqlOwned, IsNull, ToSql, Type};

use crate::{
    command::{self, Effect},
    error::Error,
};

/// Of the parameters of a statement. PostgreSQL rejects messages above 1 GiB.
const MAX_BYTES: usize = 512 * 1024 * 1024;

/// Parameters and results are binary.
const BINARY: u16 = 1;

/// A statement with its parameters, encoded by the caller.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub sql: Cow<'static, str>,
    pub types: Vec<Type>,
    pub effect: Effect,
    /// Whether the crate itself wrote it.
    pub is_own: bool,
    /// Bind's fields after the names of the portal and the statement.
    bind: Bytes,
}

impl Statement {
    /// Encodes the parameters as these types, which the server then does not infer.
    pub fn new<'p>(
        sql: impl Into<Cow<'static, str>>,
        parameters: impl ExactSizeIterator<Item = (&'p (dyn ToSql + Sync), Type)>,
    ) -> Result<Self, Error> {
        let sql = sql.into();
        if sql.contains('\0') {
            return Err(Error::Encode("the SQL text has a NUL byte".to_owned()));
        }
        let count = u16::try_from(parameters.len())
            .map_err(|_| Error::Encode("a statement has at most 65,535 parameters".to_owned()))?;
        let mut bind = BytesMut::with_capacity(64);
        let mut types = Vec::with_capacity(parameters.len());
        put_u16(&mut bind, 1);
        put_u16(&mut bind, BINARY);
        put_u16(&mut bind, count);
        for (value, ty) in parameters {
            put_value(&mut bind, value, &ty)?;
            types.push(ty);
        }
        put_u16(&mut bind, 1);
        put_u16(&mut bind, BINARY);
        if bind.len() > MAX_BYTES {
            let length = bind.len();
            return Err(Error::Encode(format!("parameters of {length} bytes exceed {MAX_BYTES}")));
        }
        let effect = command::effect(&sql);
        Ok(Self { sql, types, effect, is_own: false, bind: bind.freeze() })
    }

    /// From a text and its parameters, each with its type.
    pub fn with_parameters(
        sql: &str,
        parameters: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Self, Error> {
        let parameters = parameters.iter().map(|(value, ty)| (*value, ty.clone()));
        Self::new(sql.to_owned(), parameters)
    }

    /// A command of the crate itself, without parameters.
    pub fn command(sql: String) -> Self {
        Self { sql: sql.into(), ..Self::plain("") }
    }

    /// A statement of the crate itself, without parameters.
    pub fn plain(sql: &'static str) -> Self {
        const BIND: &[u8] = &[0, 1, 0, 1, 0, 0, 0, 1, 0, 1];
        let (types, bind) = (Vec::new(), Bytes::from_static(BIND));
        Self { sql: sql.into(), types, effect: Effect::None, is_own: true, bind }
    }

    /// Bind to the unnamed portal (PostgreSQL, "Message Formats").
    pub fn bind(&self, name: &str, to: &mut BytesMut) {
        let length = 4 + 1 + name.len() + 1 + self.bind.len();
        to.extend_from_slice(b"B");
        to.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
        to.extend_from_slice(b"\0");
        to.extend_from_slice(name.as_bytes());
        to.extend_from_slice(b"\0");
        to.extend_from_slice(&self.bind);
    }
}

fn put_u16(to: &mut BytesMut, number: u16) {
    to.extend_from_slice(&number.to_be_bytes());
}

fn put_value(to: &mut BytesMut, value: &(dyn ToSql + Sync), ty: &Type) -> Result<(), Error> {
    const NULL: [u8; 4] = (-1_i32).to_be_bytes();
    let start = to.len();
    to.extend_from_slice(&NULL);
    let written = value.to_sql_checked(ty, to).map_err(|error| Error::Encode(error.to_string()))?;
    if matches!(written, IsNull::No) {
        let length = to.len() - start - NULL.len();
        let too_long = || Error::Encode(format!("a value of {length} bytes exceeds {MAX_BYTES}"));
        let length = i32::try_from(length).ok().filter(|_| length <= MAX_BYTES);
        to[start..start + NULL.len()].copy_from_slice(&length.ok_or_else(too_long)?.to_be_bytes());
    }
    Ok(())
}

/// How large a result may be. A larger one is an error, and its statement is canceled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResultLimits {
    /// Default: 100,000.
    pub max_rows: usize,
    /// Of the values as they are sent. Default: 64 MiB.
    pub max_bytes: usize,
}

impl Default for ResultLimits {
    fn default() -> Self {
        Self { max_rows: 100_000, max_bytes: 64 * 1024 * 1024 }
    }
}

/// What a batch is in its transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position {
    /// The whole transaction: it ends at the Sync. It may be sent once more after a conflict.
    Whole,
    /// The first batch of several: it begins with BEGIN.
    First,
    /// The whole transaction, with BEGIN and COMMIT: one of its statements could commit outside of a block.
    Block,
    /// The transaction was opened by an earlier batch.
    Later,
    /// The same, and it ends with this batch.
    Last,
}

/// A status of `ReadyForQuery`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TransactionStatus {
    /// Outside of a transaction.
    Idle,
    Open,
    /// The transaction waits for ROLLBACK.
    Failed,
}

impl From<u8> for TransactionStatus {
    fn from(status: u8) -> Self {
        match status {
            b'T' => Self::Open,
            b'E' => Self::Failed,
            _ => Self::Idle,
        }
    }
}

/// Statements that are sent together and answered together.
#[derive(Debug)]
pub(crate) struct Batch {
    pub statements: Vec<Statement>,
    /// The statement whose rows the caller gets.
    pub result_index: usize,
    pub position: Position,
    /// Whether the transaction is read-only by its own scope.
    pub is_read_only: bool,
    pub limits: ResultLimits,
    pub reply: oneshot::Sender<Result<QueryResult, Failure>>,
}

/// Why a batch has no result.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The connection had ended before anything was sent. Another connection may run the batch.
    NotSent,
    Error {
        error: Error,
        /// Of the transaction, after the error.
        status: TransactionStatus,
    },
}

impl Failure {
    /// An error with which the transaction has ended.
    pub fn ended(error: Error) -> Self {
        Self::Error { error, status: TransactionStatus::Idle }
    }

    /// The error for a transaction that cannot be moved to another connection.
    pub fn into_error(self) -> Error {
        match self {
            Self::NotSent => Error::TransactionEnded,
            Self::Error { error, .. } => error,
        }
    }
}

/// Rows of a statement, in order, and how many rows it changed.
#[derive(Debug, Default)]
pub struct QueryResult {
    /// In the order of the server.
    pub rows: Vec<Row>,
    /// From the command tag (PostgreSQL, "`CommandComplete`"): rows selected or changed.
    pub rows_affected: u64,
}

impl QueryResult {
    /// The rows as tuples, or as another [`FromRow`], in the order of their columns.
    pub fn decode<T: FromRow>(&self) -> Result<Vec<T>, Error> {
        self.rows.iter().map(T::from_row).collect()
    }
}

/// A type that is read from a row by the order of its columns. Tuples of up to eight values are.
pub trait FromRow: Sized {
    /// Fails if a column is missing or has another type.
    fn from_row(row: &Row) -> Result<Self, Error>;
}

macro_rules! tuple_from_row {
    ($($T:ident $index:tt),+) => {
        impl<$($T: FromSqlOwned),+> FromRow for ($($T,)+) {
            fn from_row(row: &Row) -> Result<Self, Error> {
                let expected = [$($index),+].len();
                let found = row.columns.len();
                if found != expected {
                    let text = format!("the row has {found} columns, not {expected}");
                    return Err(Error::Decode(text));
                }
                Ok(($(row.get::<$T>($index)?,)+))
            }
        }
    };
}

tuple_from_row!(A 0);
tuple_from_row!(A 0, B 1);
tuple_from_row!(A 0, B 1, C 2);
tuple_from_row!(A 0, B 1, C 2, D 3);
tuple_from_row!(A 0, B 1, C 2, D 3, E 4);
tuple_from_row!(A 0, B 1, C 2, D 3, E 4, F 5);
tuple_from_row!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuple_from_row!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);

/// A column of a result.
#[derive(Debug, Clone)]
pub struct Column {
    pub(crate) name: Box<str>,
    pub(crate) ty: Type,
}

impl Column {
    /// As the statement names it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A type that is not PostgreSQL's own is looked up when a result first has it.
    pub fn ty(&self) -> &Type {
        &self.ty
    }
}

/// A row of a result.
#[derive(Debug)]
pub struct Row {
    pub(crate) columns: Arc<[Column]>,
    pub(crate) body: DataRowBody,
}

impl Row {
    /// In the order of the statement.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Each column with its bytes, in order; `None` for NULL.
    pub(crate) fn values(&self) -> impl Iterator<Item = Result<(&Column, Option<&[u8]>), Error>> {
        let ranges = self.body.ranges().iterator();
        self.columns.iter().zip(ranges).map(|(column, range)| {
            let range = range.map_err(|error| Error::Protocol(error.to_string()))?;
            Ok((column, range.map(|range| &self.body.buffer()[range])))
        })
    }

    /// The value of a column, by its position from 0.
    pub fn get<'r, T: FromSql<'r>>(&'r self, index: usize) -> Result<T, Error> {
        let missing = || Error::Decode(format!("the row has no column {index}"));
        let (column, bytes) = self.values().nth(index).ok_or_else(missing)??;
        if !T::accepts(&column.ty) {
            let (name, ty) = (&column.name, &column.ty);
            return Err(Error::Decode(format!("column {name} has the type {ty}")));
        }
        T::from_sql_nullable(&column.ty, bytes)
            .map_err(|error| Error::Decode(format!("column {}: {error}", column.name)))
    }
}

#[cfg(test)]
mod tests {
    use postgres_protocol::{IsNull, message::frontend};

    use super::*;

    #[test]
    fn bind_equals_that_of_postgres_protocol() {
        let values: [&(dyn ToSql + Sync); 3] = [&7_i64, &"text", &None::<i64>];
        let types = [Type::INT8, Type::TEXT, Type::INT8];
        let parameters = values.into_iter().zip(types.clone());
        let statement = Statement::new("select", parameters.collect::<Vec<_>>().into_iter());
        let (mut ours, mut theirs) = (BytesMut::new(), BytesMut::new());
        statement.unwrap().bind("s1", &mut ours);
        let serialize = |(value, ty): (&(dyn ToSql + Sync), Type), to: &mut BytesMut| {
            Ok(match value.to_sql_checked(&ty, to)? {
                tokio_postgres::types::IsNull::Yes => IsNull::Yes,
                tokio_postgres::types::IsNull::No => IsNull::No,
            })
        };
        let parameters = values.into_iter().zip(types);
        frontend::bind("", "s1", [1], parameters, serialize, [1], &mut theirs).ok().unwrap();
        assert_eq!(ours, theirs);

        let (mut ours, mut theirs) = (BytesMut::new(), BytesMut::new());
        Statement::plain("select").bind("", &mut ours);
        let nothing = std::iter::empty::<()>();
        frontend::bind("", "", [1], nothing, |(), _| Ok(IsNull::Yes), [1], &mut theirs)
            .ok()
            .unwrap();
        assert_eq!(ours, theirs);
    }
}
