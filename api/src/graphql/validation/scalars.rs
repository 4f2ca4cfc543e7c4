//! Values that apollo-compiler 1.33 accepts and the specification does not: those of custom scalars, which are checked
//! here as their Rust types read them, and input objects with the same field twice (5.6.3).

use std::collections::HashMap;

use apollo_compiler::{
    ExecutableDocument, Name, Node, Schema,
    ast::{Argument, Type, Value as Literal},
    executable::{Selection, SelectionSet},
    response::JsonValue,
    schema::{ExtendedType, InputValueDefinition},
};
use async_graphql::{InputType, Json, Pos, ServerError, Value};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::values;

type Check = fn(Value) -> Result<(), String>;

/// The checks of the schema's custom scalars.
#[derive(Debug)]
pub struct Scalars(HashMap<Name, Check>);

const KNOWN: [(&str, Check); 3] = [
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

    /// Checks what the document itself gives to arguments and as the defaults of variables.
    pub fn check_literals(
        &self,
        schema: &Schema,
        document: &ExecutableDocument,
    ) -> Result<(), Vec<ServerError>> {
        let mut literals = Literals { scalars: self, schema, document, errors: Vec::new() };
        for operation in document.operations.iter() {
            for variable in &operation.variables {
                if let Some(default) = &variable.default_value {
                    literals.check_unique(default);
                    literals.check(&variable.ty, default);
                }
            }
            literals.check_selections(&operation.selection_set);
        }
        for fragment in document.fragments.values() {
            literals.check_selections(&fragment.selection_set);
        }
        if literals.errors.is_empty() { Ok(()) } else { Err(literals.errors) }
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
fn input_fields<'s>(
    schema: &'s Schema,
    name: &str,
) -> Option<impl Fn(&str) -> Option<&'s InputValueDefinition>> {
    let ExtendedType::InputObject(object) = schema.types.get(name)? else { return None };
    Some(move |field: &str| object.fields.get(field).map(|field| &***field))
}

struct Literals<'a> {
    scalars: &'a Scalars,
    schema: &'a Schema,
    document: &'a ExecutableDocument,
    errors: Vec<ServerError>,
}

impl Literals<'_> {
    fn check_selections(&mut self, selections: &SelectionSet) {
        for selection in &selections.selections {
            match selection {
                Selection::Field(field) => {
                    self.check_arguments(&field.definition.arguments, &field.arguments);
                    self.check_selections(&field.selection_set);
                }
                Selection::InlineFragment(fragment) => {
                    self.check_selections(&fragment.selection_set);
                }
                // Each fragment is checked once, by itself.
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    fn check_arguments(
        &mut self,
        definitions: &[Node<InputValueDefinition>],
        arguments: &[Node<Argument>],
    ) {
        for argument in arguments {
            self.check_unique(&argument.value);
            if let Some(definition) = definitions.iter().find(|known| known.name == argument.name) {
                self.check(&definition.ty, &argument.value);
            }
        }
    }

    fn check_unique(&mut self, literal: &Node<Literal>) {
        match &**literal {
            Literal::List(items) => items.iter().for_each(|item| self.check_unique(item)),
            Literal::Object(fields) => {
                for (at, (name, value)) in fields.iter().enumerate() {
                    if fields.iter().take(at).any(|(known, _)| known == name) {
                        let reason = format!("There can be only one input field named \"{name}\".");
                        self.errors.push(self.error(reason, value));
                    }
                    self.check_unique(value);
                }
            }
            _ => {}
        }
    }

    fn check(&mut self, ty: &Type, literal: &Node<Literal>) {
        match (ty, &**literal) {
            // Variables are checked with their values.
            (_, Literal::Null | Literal::Variable(_)) => {}
            (Type::List(item) | Type::NonNullList(item), Literal::List(literals)) => {
                for literal in literals {
                    self.check(item, literal);
                }
            }
            (Type::List(item) | Type::NonNullList(item), _) => self.check(item, literal),
            (Type::Named(name) | Type::NonNullNamed(name), value) => {
                if let Some(check) = self.scalars.0.get(name) {
                    if let Some(Err(reason)) = values::from_literal(value).map(check) {
                        self.errors.push(self.error(reason, literal));
                    }
                } else if let (Some(fields), Literal::Object(values)) =
                    (input_fields(self.schema, name), value)
                {
                    for (name, literal) in values {
                        if let Some(field) = fields(name) {
                            self.check(&field.ty, literal);
                        }
                    }
                }
            }
        }
    }

    fn error(&self, reason: String, literal: &Node<Literal>) -> ServerError {
        let mut error = ServerError::new(reason, None);
        let place = literal.line_column_range(&self.document.sources);
        error
            .locations
            .extend(place.map(|range| Pos { line: range.start.line, column: range.start.column }));
        error
    }
}
