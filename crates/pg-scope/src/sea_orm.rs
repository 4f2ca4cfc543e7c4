//! A transaction as SeaORM's connection. Each of SeaORM's values is the one type of PostgreSQL that holds it.

use std::{borrow::Cow, collections::BTreeMap, error::Error as StdError, fmt, io, sync::Arc};

use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, ExecResult, ProxyExecResult, ProxyRow, QueryResult,
    RuntimeErr, Statement, Value, Values,
};
use sqlx::error::{DatabaseError, ErrorKind};
use tokio_postgres::{
    error::SqlState,
    types::{FromSqlOwned, ToSql, Type},
};

use crate::{
    batch::{self, Column, Row},
    error::{ConnectError, DbError, Error},
    transaction::Transaction,
};

#[async_trait::async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Postgres
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let rows_affected = self.run(encode(statement)?).await?.rows_affected;
        Ok(ProxyExecResult { last_insert_id: 0, rows_affected }.into())
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.execute_raw(Statement::from_string(DbBackend::Postgres, sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.run(encode(statement)?).await?.rows.first().map(query_result).transpose()
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.run(encode(statement)?).await?.rows.iter().map(query_result).collect()
    }
}

fn encode(Statement { sql, values, .. }: Statement) -> Result<batch::Statement, DbErr> {
    let Parameters { values, types } = Parameters::new(values)?;
    let values = values.iter().map(|value| value.as_ref() as &(dyn ToSql + Sync));
    Ok(batch::Statement::new(sql, values.zip(types))?)
}

impl From<Error> for DbErr {
    fn from(error: Error) -> Self {
        match error {
            Error::Url(error) => conn(sqlx::Error::Configuration(Box::new(error))),
            Error::Connect(error) => conn(connect_error(&error)),
            Error::AcquireTimeout(_) => conn(sqlx::Error::PoolTimedOut),
            Error::PoolClosed => conn(sqlx::Error::PoolClosed),
            Error::Io(error) => conn(sqlx::Error::Io(io::Error::new(error.kind(), error))),
            Error::TransactionEnded => conn(sqlx::Error::Io(io::Error::other(error.to_string()))),
            Error::Db(error) => query(sqlx::Error::Database(Box::new(SqlxDbError(error)))),
            Error::ReadOnlyScope(_) | Error::Protocol(_) | Error::RolledBack => {
                query(sqlx::Error::Protocol(error.to_string()))
            }
            Error::Encode(text) => Self::Type(text),
            Error::TooLarge { .. } => Self::Custom(error.to_string()),
        }
    }
}

fn conn(error: sqlx::Error) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error)))
}

fn query(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)))
}

fn connect_error(error: &Arc<ConnectError>) -> sqlx::Error {
    match &**error {
        ConnectError::Db(error) => sqlx::Error::Database(Box::new(SqlxDbError(Arc::clone(error)))),
        ConnectError::Io(cause) => sqlx::Error::Io(io::Error::new(cause.kind(), Arc::clone(error))),
        ConnectError::Tls(_) => sqlx::Error::Tls(Box::new(Arc::clone(error))),
        // Such as an authentication method that is not supported.
        ConnectError::Other(text) => sqlx::Error::Protocol(text.clone()),
    }
}

/// The parameters of a statement, and their types in the same order.
#[derive(Default)]
struct Parameters {
    values: Vec<Box<dyn ToSql + Send + Sync>>,
    types: Vec<Type>,
}

impl Parameters {
    fn new(values: Option<Values>) -> Result<Self, DbErr> {
        let values = values.map_or_else(Vec::new, |values| values.0);
        values.into_iter().try_fold(Self::default(), |mut parameters, value| {
            let (value, ty) = parameter(value)?;
            parameters.values.push(value);
            parameters.types.push(ty);
            Ok(parameters)
        })
    }
}

fn parameter(value: Value) -> Result<(Box<dyn ToSql + Send + Sync>, Type), DbErr> {
    Ok(match value {
        Value::Bool(value) => (Box::new(value), Type::BOOL),
        Value::SmallInt(value) => (Box::new(value), Type::INT2),
        Value::Int(value) => (Box::new(value), Type::INT4),
        Value::BigInt(value) => (Box::new(value), Type::INT8),
        // What LIMIT and OFFSET are given.
        Value::BigUnsigned(value) => {
            let signed = value.map(i64::try_from).transpose();
            let signed = signed.map_err(|_| unsupported("a number beyond bigint"))?;
            (Box::new(signed), Type::INT8)
        }
        Value::Float(value) => (Box::new(value), Type::FLOAT4),
        Value::Double(value) => (Box::new(value), Type::FLOAT8),
        Value::String(value) => (Box::new(value), Type::TEXT),
        Value::Bytes(value) => (Box::new(value), Type::BYTEA),
        Value::Json(value) => (Box::new(value.map(|value| *value)), Type::JSONB),
        Value::ChronoDate(value) => (Box::new(value), Type::DATE),
        Value::ChronoTime(value) => (Box::new(value), Type::TIME),
        Value::ChronoDateTime(value) => (Box::new(value), Type::TIMESTAMP),
        Value::ChronoDateTimeUtc(value) => (Box::new(value), Type::TIMESTAMPTZ),
        Value::Uuid(value) => (Box::new(value), Type::UUID),
        // Not the value itself: it may be secret.
        other => return Err(unsupported(&format!("a parameter of {:?}", other.as_null()))),
    })
}

/// A row as SeaORM reads it: by the names of its columns, which have to differ. SeaORM sorts the columns by name, so
/// reading by index returns another column.
fn query_result(row: &Row) -> Result<QueryResult, DbErr> {
    let mut values = BTreeMap::new();
    for column in row.values() {
        let (column, bytes) = column?;
        if values.insert(column.name().to_owned(), value(column, bytes)?).is_some() {
            let name = column.name();
            return Err(DbErr::Type(format!("two columns are named {name}: give them aliases")));
        }
    }
    Ok(ProxyRow::new(values).into())
}

fn value(column: &Column, bytes: Option<&[u8]>) -> Result<Value, DbErr> {
    match column.ty {
        Type::BOOL => get(column, bytes).map(Value::Bool),
        Type::INT2 => get(column, bytes).map(Value::SmallInt),
        Type::INT4 => get(column, bytes).map(Value::Int),
        Type::INT8 => get(column, bytes).map(Value::BigInt),
        Type::FLOAT4 => get(column, bytes).map(Value::Float),
        Type::FLOAT8 => get(column, bytes).map(Value::Double),
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME => {
            get(column, bytes).map(Value::String)
        }
        Type::BYTEA => get(column, bytes).map(Value::Bytes),
        Type::JSON | Type::JSONB => {
            get(column, bytes).map(|json: Option<_>| Value::Json(json.map(Box::new)))
        }
        Type::DATE => get(column, bytes).map(Value::ChronoDate),
        Type::TIME => get(column, bytes).map(Value::ChronoTime),
        Type::TIMESTAMP => get(column, bytes).map(Value::ChronoDateTime),
        Type::TIMESTAMPTZ => get(column, bytes).map(Value::ChronoDateTimeUtc),
        Type::UUID => get(column, bytes).map(Value::Uuid),
        _ => Err(unsupported(&format!("the type of the column {}", column.name))),
    }
}

fn get<T: FromSqlOwned>(column: &Column, bytes: Option<&[u8]>) -> Result<Option<T>, DbErr> {
    bytes
        .map(|bytes| T::from_sql(&column.ty, bytes))
        .transpose()
        .map_err(|error| DbErr::Type(error.to_string()))
}

fn unsupported(what: &str) -> DbErr {
    DbErr::Type(format!("pg-scope does not support {what}: cast it in SQL"))
}

/// An error of the server as sqlx has it: SeaORM's `DbErr::sql_err` reads nothing else.
#[derive(Debug)]
struct SqlxDbError(Arc<DbError>);

impl fmt::Display for SqlxDbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for SqlxDbError {}

impl DatabaseError for SqlxDbError {
    fn message(&self) -> &str {
        self.0.message()
    }

    /// The SQLSTATE.
    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.0.code().code().into())
    }

    fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
        self
    }

    fn constraint(&self) -> Option<&str> {
        self.0.constraint()
    }

    fn table(&self) -> Option<&str> {
        self.0.table()
    }

    fn kind(&self) -> ErrorKind {
        match *self.0.code() {
            SqlState::UNIQUE_VIOLATION => ErrorKind::UniqueViolation,
            SqlState::FOREIGN_KEY_VIOLATION => ErrorKind::ForeignKeyViolation,
            SqlState::NOT_NULL_VIOLATION => ErrorKind::NotNullViolation,
            SqlState::CHECK_VIOLATION => ErrorKind::CheckViolation,
            SqlState::EXCLUSION_VIOLATION => ErrorKind::ExclusionViolation,
            _ => ErrorKind::Other,
        }
    }
}
