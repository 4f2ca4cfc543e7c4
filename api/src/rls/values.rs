//! Values between SeaORM and the wire: each variant as the one type of PostgreSQL that holds it.

use std::collections::BTreeMap;

use sea_orm::{DbErr, ProxyRow, QueryResult, Value, Values};
use tokio_postgres::types::{FromSqlOwned, ToSql, Type};

use super::connection::{Column, Row};

/// The parameters of a statement, and their types in the same order.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    values: Vec<Box<dyn ToSql + Send + Sync>>,
    pub types: Vec<Type>,
}

impl Parameters {
    pub fn new(values: Option<Values>) -> Result<Self, DbErr> {
        let values = values.map_or_else(Vec::new, |values| values.0);
        values.into_iter().try_fold(Self::default(), |mut parameters, value| {
            let (value, ty) = parameter(value)?;
            parameters.values.push(value);
            parameters.types.push(ty);
            Ok(parameters)
        })
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = &(dyn ToSql + Sync)> {
        self.values.iter().map(|value| value.as_ref() as &(dyn ToSql + Sync))
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

/// A row as SeaORM reads it: by the names of its columns, which have to differ. By number it would take
/// them in the order of their names.
pub(super) fn query_result(row: &Row) -> Result<QueryResult, DbErr> {
    let mut values = BTreeMap::new();
    for (column, bytes) in row.columns.iter().zip(row.values()) {
        let value = value(column, bytes.map_err(|error| DbErr::Type(error.to_string()))?)?;
        if values.insert(column.name.clone(), value).is_some() {
            let text = format!("two columns are named {}: give them aliases", column.name);
            return Err(DbErr::Type(text));
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

/// What nothing here uses yet; a line above is all that it takes.
fn unsupported(what: &str) -> DbErr {
    DbErr::Type(format!("{what} is not supported here: see api/src/rls/values.rs"))
}
