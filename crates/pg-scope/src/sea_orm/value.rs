//! Rows as SeaORM's values.

use std::{collections::BTreeMap, error::Error as StdError};

use chrono::{DateTime, Utc};
use fallible_iterator::FallibleIterator as _;
use ipnetwork::IpNetwork;
use postgres_protocol::types::{array_from_sql, inet_from_sql};
use rust_decimal::Decimal;
use sea_orm::{
    DbErr, ProxyRow, QueryResult, Value,
    sea_query::{ArrayType, ValueType},
};
use tokio_postgres::types::{FromSqlOwned, Kind, Type};

use super::text;
use crate::batch::{Column, Row};

pub(super) type Failure = Box<dyn StdError + Send + Sync>;

/// A row as SeaORM reads it: by the names of its columns, which have to differ. SeaORM sorts the columns by name, so
/// reading by index returns another column.
pub(super) fn query_result(row: &Row) -> Result<QueryResult, DbErr> {
    Ok(proxy_row(row)?.into())
}

pub(super) fn proxy_row(row: &Row) -> Result<ProxyRow, DbErr> {
    let mut values = BTreeMap::new();
    for column in row.values() {
        let (column, bytes) = column?;
        let value = decode(column, bytes)?;
        if values.insert(column.name().to_owned(), value).is_some() {
            let name = column.name();
            return Err(DbErr::Type(format!("two columns are named {name}: give them aliases")));
        }
    }
    Ok(ProxyRow::new(values))
}

fn decode(column: &Column, bytes: Option<&[u8]>) -> Result<Value, DbErr> {
    let Column { name, ty, .. } = column;
    match value(ty, bytes) {
        Ok(Some(value)) => Ok(value),
        Ok(None) => Err(DbErr::Type(format!(
            "column {name} has the type {ty}, which pg-scope cannot read: select {name}::text"
        ))),
        Err(error) => {
            Err(DbErr::Type(format!("column {name} of the type {ty} cannot be read: {error}")))
        }
    }
}

/// Returns `None` if the type is not supported.
fn value(ty: &Type, bytes: Option<&[u8]>) -> Result<Option<Value>, Failure> {
    if let Kind::Array(element) = ty.kind() {
        return array(element, bytes);
    }
    if let Kind::Domain(base) = ty.kind() {
        return value(base, bytes);
    }
    Ok(Some(match *ty {
        Type::BOOL => Value::Bool(get(ty, bytes)?),
        Type::CHAR => Value::TinyInt(get(ty, bytes)?),
        Type::INT2 => Value::SmallInt(get(ty, bytes)?),
        Type::INT4 => Value::Int(get(ty, bytes)?),
        Type::INT8 => Value::BigInt(get(ty, bytes)?),
        Type::OID => Value::Unsigned(get(ty, bytes)?),
        Type::FLOAT4 => Value::Float(get(ty, bytes)?),
        Type::FLOAT8 => Value::Double(get(ty, bytes)?),
        Type::NUMERIC => Value::Decimal(get::<Decimal>(ty, bytes)?),
        Type::BYTEA => Value::Bytes(get(ty, bytes)?),
        Type::JSON | Type::JSONB => Value::Json(get(ty, bytes)?.map(Box::new)),
        Type::DATE => Value::ChronoDate(get(ty, bytes)?),
        Type::TIME => Value::ChronoTime(get(ty, bytes)?),
        Type::TIMESTAMP => Value::ChronoDateTime(get(ty, bytes)?),
        Type::TIMESTAMPTZ => Value::ChronoDateTimeUtc(get::<DateTime<Utc>>(ty, bytes)?),
        Type::UUID => Value::Uuid(get(ty, bytes)?),
        Type::INET | Type::CIDR => Value::IpNetwork(bytes.map(network).transpose()?),
        _ => {
            let Some(read) = text::reader(ty) else { return Ok(None) };
            Value::String(bytes.map(|bytes| read(ty, bytes)).transpose()?)
        }
    }))
}

fn get<T: FromSqlOwned>(ty: &Type, bytes: Option<&[u8]>) -> Result<Option<T>, Failure> {
    bytes.map(|bytes| T::from_sql(ty, bytes)).transpose()
}

fn network(bytes: &[u8]) -> Result<IpNetwork, Failure> {
    let inet = inet_from_sql(bytes)?;
    Ok(IpNetwork::new(inet.addr(), inet.netmask())?)
}

/// An array of one dimension, as SeaORM's values have it.
fn array(element: &Type, bytes: Option<&[u8]>) -> Result<Option<Value>, Failure> {
    // The kind of the values is that of NULL.
    let Some(kind) = value(element, None)?.as_ref().and_then(array_type) else {
        return Ok(None);
    };
    let Some(bytes) = bytes else { return Ok(Some(Value::Array(kind, None))) };
    let array = array_from_sql(bytes)?;
    if array.dimensions().count()? > 1 {
        return Err("the array has several dimensions".into());
    }
    let mut values = Vec::new();
    let mut elements = array.values();
    while let Some(bytes) = elements.next()? {
        values.extend(value(element, bytes)?);
    }
    Ok(Some(Value::Array(kind, Some(Box::new(values)))))
}

fn array_type(value: &Value) -> Option<ArrayType> {
    Some(match value {
        Value::Bool(_) => ArrayType::Bool,
        Value::TinyInt(_) => ArrayType::TinyInt,
        Value::SmallInt(_) => ArrayType::SmallInt,
        Value::Int(_) => ArrayType::Int,
        Value::BigInt(_) => ArrayType::BigInt,
        Value::Unsigned(_) => ArrayType::Unsigned,
        Value::Float(_) => ArrayType::Float,
        Value::Double(_) => ArrayType::Double,
        Value::Decimal(_) => ArrayType::Decimal,
        Value::Bytes(_) => ArrayType::Bytes,
        Value::Json(_) => ArrayType::Json,
        Value::ChronoDate(_) => ArrayType::ChronoDate,
        Value::ChronoTime(_) => ArrayType::ChronoTime,
        Value::ChronoDateTime(_) => ArrayType::ChronoDateTime,
        Value::ChronoDateTimeUtc(_) => ArrayType::ChronoDateTimeUtc,
        Value::Uuid(_) => ArrayType::Uuid,
        Value::IpNetwork(_) => ArrayType::IpNetwork,
        Value::String(_) => <String as ValueType>::array_type(),
        _ => return None,
    })
}
