//! Custom scalars: apollo-compiler accepts every value for them, so each is checked here as its Rust type reads it.

use std::collections::HashMap;

use apollo_compiler::{
    Name, Schema,
    ast::{Type, Value as Literal},
    response::JsonValue,
    schema::{ExtendedType, InputValueDefinition},
};
use async_graphql::{InputType, Json, Pos, ServerError, Value};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::values;
use crate::graphql::big_int::BigInt;

type Check = fn(Value) -> Result<(), String>;

/// The checks of the schema's custom scalars.
#[derive(Debug)]
pub struct Scalars(HashMap<Name, Check>);

const KNOWN: [(&str, Check); 4] = [
    ("BigInt", read::<BigInt>),
    ("DateTime", read::<DateTime<Utc>>),
    ("JSON", read::<Json<serde_json::Value>>),
    ("UUID", read::<Uuid>),
];

fn read<T: InputType>(value: Value) -> Result<(), String> {
    T::parse(Some(value)).map(drop).map_err(|error| error.into_server_error(Pos::default()).message)
}

impl Scalars {
    /// Fails if a scalar of the schema is not known.
    pub fn of(schema: &Schema) -> Result<Self, String> {
        let mut checks = HashMap::new();
        for (name, definition) in &schema.types {
            if !matches!(definition, ExtendedType::Scalar(_)) || definition.is_built_in() {
                continue;
            }
            let Some((_, check)) = KNOWN.iter().find(|(known, _)| *known == name.as_str()) else {
                return Err(format!(
                    "the scalar {name} has no check: add it to `KNOWN` in {}",
                    file!()
                ));
            };
            checks.insert(name.clone(), *check);
        }
        Ok(Self(checks))
    }

    /// Checks a literal, if this is a custom scalar. None if it is not.
    pub fn check_literal(&self, name: &Name, literal: &Literal) -> Option<Result<(), String>> {
        let check = self.0.get(name)?;
        // A literal with a variable in it is checked with the value of the variable.
        Some(values::from_literal(literal).map_or(Ok(()), check))
    }

    /// Checks a value that has the shape of the type.
    pub fn check_variable(
        &self,
        schema: &Schema,
        variable: &str,
        ty: &Type,
        value: &JsonValue,
    ) -> Result<(), ServerError> {
        self.check_json(schema, ty, value).map_err(|reason| {
            let message = format!("Variable \"${variable}\" has an invalid value. {reason}");
            ServerError::new(message, None)
        })
    }

    fn check_json(&self, schema: &Schema, ty: &Type, value: &JsonValue) -> Result<(), String> {
        match (ty, value) {
            (_, JsonValue::Null) => Ok(()),
            (Type::List(item) | Type::NonNullList(item), JsonValue::Array(values)) => {
                values.iter().try_for_each(|value| self.check_json(schema, item, value))
            }
            (Type::List(item) | Type::NonNullList(item), value) => {
                self.check_json(schema, item, value)
            }
            (Type::Named(name) | Type::NonNullNamed(name), value) => {
                if let Some(check) = self.0.get(name) {
                    return check(values::from_json(value.clone()));
                }
                let Some(fields) = input_fields(schema, name) else { return Ok(()) };
                let JsonValue::Object(values) = value else { return Ok(()) };
                values.iter().try_for_each(|(name, value)| match fields(name.as_str()) {
                    Some(field) => self.check_json(schema, &field.ty, value),
                    None => Ok(()),
                })
            }
        }
    }
}

/// How to find a field of an input object. None for other types.
pub fn input_fields<'s>(
    schema: &'s Schema,
    name: &str,
) -> Option<impl Fn(&str) -> Option<&'s InputValueDefinition>> {
    let ExtendedType::InputObject(object) = schema.types.get(name)? else { return None };
    Some(move |field: &str| object.fields.get(field).map(|field| &***field))
}
