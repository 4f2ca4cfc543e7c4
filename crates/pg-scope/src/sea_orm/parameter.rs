//! SeaORM's parameters. Each is sent as the one type of PostgreSQL that holds it, as SeaORM does with sqlx.

use std::error::Error as StdError;

use bytes::BytesMut;
use ipnetwork::IpNetwork;
use postgres_protocol::types::{ArrayDimension, array_to_sql, inet_to_sql};
use sea_orm::{
    DbErr, Statement, Value,
    sea_query::{ArrayType, OptionEnum},
};
use tokio_postgres::types::{IsNull, Kind, ToSql, Type, to_sql_checked};

use crate::batch;

pub(super) fn encode(Statement { sql, values, .. }: Statement) -> Result<batch::Statement, DbErr> {
    let values = values.map_or_else(Vec::new, |values| values.0);
    let types = values.iter().map(parameter_type).collect::<Result<Vec<_>, _>>()?;
    let values: Vec<_> = values.into_iter().map(Parameter).collect();
    let values = values.iter().map(|value| value as &(dyn ToSql + Sync));
    Ok(batch::Statement::new(sql, values.zip(types))?)
}

fn parameter_type(value: &Value) -> Result<Type, DbErr> {
    Ok(match value {
        Value::Bool(_) => Type::BOOL,
        Value::TinyInt(_) => Type::CHAR,
        Value::SmallInt(_) | Value::TinyUnsigned(_) => Type::INT2,
        Value::Int(_) | Value::SmallUnsigned(_) => Type::INT4,
        // LIMIT and OFFSET are unsigned.
        Value::BigInt(_) | Value::Unsigned(_) | Value::BigUnsigned(_) => Type::INT8,
        Value::Float(_) => Type::FLOAT4,
        Value::Double(_) => Type::FLOAT8,
        Value::Decimal(_) => Type::NUMERIC,
        // SeaORM casts an enum from text.
        Value::String(_) | Value::Enum(_) | Value::Char(_) => Type::TEXT,
        Value::Bytes(_) => Type::BYTEA,
        Value::Json(_) => Type::JSONB,
        Value::ChronoDate(_) => Type::DATE,
        Value::ChronoTime(_) => Type::TIME,
        Value::ChronoDateTime(_) => Type::TIMESTAMP,
        Value::ChronoDateTimeUtc(_)
        | Value::ChronoDateTimeLocal(_)
        | Value::ChronoDateTimeWithTimeZone(_) => Type::TIMESTAMPTZ,
        Value::Uuid(_) => Type::UUID,
        Value::IpNetwork(_) => Type::INET,
        Value::Array(kind, _) => array_parameter_type(kind).ok_or_else(|| unsupported(value))?,
        _ => return Err(unsupported(value)),
    })
}

fn array_parameter_type(kind: &ArrayType) -> Option<Type> {
    Some(match kind {
        ArrayType::Bool => Type::BOOL_ARRAY,
        ArrayType::TinyInt => Type::CHAR_ARRAY,
        ArrayType::SmallInt | ArrayType::TinyUnsigned => Type::INT2_ARRAY,
        ArrayType::Int | ArrayType::SmallUnsigned => Type::INT4_ARRAY,
        ArrayType::BigInt | ArrayType::Unsigned | ArrayType::BigUnsigned => Type::INT8_ARRAY,
        ArrayType::Float => Type::FLOAT4_ARRAY,
        ArrayType::Double => Type::FLOAT8_ARRAY,
        ArrayType::Decimal => Type::NUMERIC_ARRAY,
        ArrayType::String | ArrayType::Enum(_) | ArrayType::Char => Type::TEXT_ARRAY,
        ArrayType::Bytes => Type::BYTEA_ARRAY,
        ArrayType::Json => Type::JSONB_ARRAY,
        ArrayType::ChronoDate => Type::DATE_ARRAY,
        ArrayType::ChronoTime => Type::TIME_ARRAY,
        ArrayType::ChronoDateTime => Type::TIMESTAMP_ARRAY,
        ArrayType::ChronoDateTimeUtc
        | ArrayType::ChronoDateTimeLocal
        | ArrayType::ChronoDateTimeWithTimeZone => Type::TIMESTAMPTZ_ARRAY,
        ArrayType::Uuid => Type::UUID_ARRAY,
        ArrayType::IpNetwork => Type::INET_ARRAY,
        _ => return None,
    })
}

/// The value itself may be secret.
fn unsupported(value: &Value) -> DbErr {
    let kind = match value {
        Value::Array(kind, _) => format!("array of {kind:?}"),
        value => format!("{:?}", value.as_null()),
    };
    DbErr::Type(format!("pg-scope cannot send a parameter of {kind}: send it as text, and cast it"))
}

#[derive(Debug)]
struct Parameter(Value);

type Written = Result<IsNull, Box<dyn StdError + Send + Sync>>;

impl ToSql for Parameter {
    fn to_sql(&self, ty: &Type, to: &mut BytesMut) -> Written {
        write(&self.0, ty, to)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn write(value: &Value, ty: &Type, to: &mut BytesMut) -> Written {
    match value {
        Value::Bool(value) => value.to_sql(ty, to),
        Value::TinyInt(value) => value.to_sql(ty, to),
        Value::SmallInt(value) => value.to_sql(ty, to),
        Value::TinyUnsigned(value) => value.map(i16::from).to_sql(ty, to),
        Value::Int(value) => value.to_sql(ty, to),
        Value::SmallUnsigned(value) => value.map(i32::from).to_sql(ty, to),
        Value::BigInt(value) => value.to_sql(ty, to),
        Value::Unsigned(value) => value.map(i64::from).to_sql(ty, to),
        Value::BigUnsigned(value) => value.map(i64::try_from).transpose()?.to_sql(ty, to),
        Value::Float(value) => value.to_sql(ty, to),
        Value::Double(value) => value.to_sql(ty, to),
        Value::Decimal(value) => value.to_sql(ty, to),
        Value::String(value) => value.to_sql(ty, to),
        Value::Enum(OptionEnum::Some(value)) => value.value.to_sql(ty, to),
        Value::Char(value) => value.map(|char| char.to_string()).to_sql(ty, to),
        Value::Bytes(value) => value.to_sql(ty, to),
        Value::Json(value) => value.as_deref().to_sql(ty, to),
        Value::ChronoDate(value) => value.to_sql(ty, to),
        Value::ChronoTime(value) => value.to_sql(ty, to),
        Value::ChronoDateTime(value) => value.to_sql(ty, to),
        Value::ChronoDateTimeUtc(value) => value.to_sql(ty, to),
        Value::ChronoDateTimeLocal(value) => value.to_sql(ty, to),
        Value::ChronoDateTimeWithTimeZone(value) => value.to_sql(ty, to),
        Value::Uuid(value) => value.to_sql(ty, to),
        Value::IpNetwork(Some(value)) => {
            inet_to_sql(IpNetwork::ip(value), value.prefix(), to);
            Ok(IsNull::No)
        }
        Value::Enum(OptionEnum::None(_)) | Value::IpNetwork(None) | Value::Array(_, None) => {
            Ok(IsNull::Yes)
        }
        Value::Array(_, Some(values)) => write_array(values, ty, to),
        _ => Err("the kind of this value is not supported".into()),
    }
}

fn write_array(values: &[Value], ty: &Type, to: &mut BytesMut) -> Written {
    let Kind::Array(element) = ty.kind() else { return Err("not an array".into()) };
    let dimension = ArrayDimension { len: i32::try_from(values.len())?, lower_bound: 1 };
    let write_element = |value: &Value, to: &mut BytesMut| {
        Ok(match write(value, element, to)? {
            IsNull::Yes => postgres_protocol::IsNull::Yes,
            IsNull::No => postgres_protocol::IsNull::No,
        })
    };
    array_to_sql(Some(dimension), element.oid(), values, write_element, to)?;
    Ok(IsNull::No)
}
