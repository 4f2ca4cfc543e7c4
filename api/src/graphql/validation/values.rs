//! Values of async-graphql and of apollo-compiler.

use apollo_compiler::{
    ast,
    response::{JsonMap, JsonValue, serde_json_bytes::ByteString},
};
use async_graphql::{Name, Number, Value, indexmap::IndexMap};

/// Beyond these a floating-point number is no exact integer (IEEE 754).
const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

pub fn to_json(value: &Value) -> JsonValue {
    match value {
        Value::Null | Value::Binary(_) => JsonValue::Null,
        Value::Number(number) => JsonValue::Number(plain(number)),
        Value::String(text) => JsonValue::String(text.as_str().into()),
        Value::Boolean(flag) => JsonValue::Bool(*flag),
        Value::Enum(name) => JsonValue::String(name.as_str().into()),
        Value::List(items) => JsonValue::Array(items.iter().map(to_json).collect()),
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(name, value)| (ByteString::from(name.as_str()), to_json(value)));
            JsonValue::Object(fields.collect::<JsonMap>())
        }
    }
}

pub fn from_json(value: JsonValue) -> Value {
    match value {
        JsonValue::Null => Value::Null,
        JsonValue::Bool(flag) => Value::Boolean(flag),
        JsonValue::Number(number) => Value::Number(number),
        JsonValue::String(text) => Value::String(text.as_str().to_owned()),
        JsonValue::Array(items) => Value::List(items.into_iter().map(from_json).collect()),
        JsonValue::Object(fields) => {
            let fields = fields.into_iter();
            let fields = fields.map(|(name, value)| (Name::new(name.as_str()), from_json(value)));
            Value::Object(fields.collect::<IndexMap<_, _>>())
        }
    }
}

/// A literal without variables, or none if it has one.
pub fn from_literal(value: &ast::Value) -> Option<Value> {
    Some(match value {
        ast::Value::Variable(_) => return None,
        ast::Value::Null => Value::Null,
        ast::Value::Enum(name) => Value::Enum(Name::new(name)),
        ast::Value::String(text) => Value::String(text.clone()),
        ast::Value::Boolean(flag) => Value::Boolean(*flag),
        ast::Value::Int(number) => {
            number.as_str().parse::<Number>().map_or(Value::Null, Value::Number)
        }
        ast::Value::Float(number) => {
            number.as_str().parse::<Number>().map_or(Value::Null, Value::Number)
        }
        ast::Value::List(items) => {
            Value::List(items.iter().map(|item| from_literal(item)).collect::<Option<_>>()?)
        }
        ast::Value::Object(fields) => {
            let fields =
                fields.iter().map(|(name, value)| Some((Name::new(name), from_literal(value)?)));
            Value::Object(fields.collect::<Option<IndexMap<_, _>>>()?)
        }
    })
}

/// JSON has one type of number: 1.0 is an integer, too, as it is to JavaScript.
#[expect(clippy::cast_possible_truncation, reason = "the number is an integer in range")]
fn plain(number: &Number) -> Number {
    match number.as_f64() {
        Some(float)
            if number.is_f64() && float.fract() == 0.0 && float.abs() <= MAX_SAFE_INTEGER =>
        {
            Number::from(float as i64)
        }
        _ => number.clone(),
    }
}
