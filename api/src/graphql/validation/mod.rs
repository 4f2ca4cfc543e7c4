//! Checks a request as the GraphQL specification says (sections 5 and 6.1), before async-graphql executes it.
//!
//! async-graphql 7.2 checks each argument when its field is resolved, so a mutation could commit its first field
//! before a later argument was found missing. Here every rule holds for the whole request before anything runs.

mod nulls;
mod rules;
mod scalars;
mod values;

use std::sync::Arc;

use apollo_compiler::{
    ExecutableDocument, Schema,
    ast::{DirectiveList, FieldDefinition},
    executable::Operation,
    name,
    parser::Parser,
    request::{RequestError, coerce_variable_values},
    response::{GraphQLError, JsonMap, serde_json_bytes::ByteString},
    schema::{Component, ExtendedType},
    ty,
    validation::{DiagnosticList, Valid},
};
use async_graphql::{Pos, ServerError, Variables};

use self::scalars::Scalars;

/// Brackets in brackets, types in types. The limits of the text are lower.
const MAX_RECURSION: usize = 200;

/// The schema that requests are checked against. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Validator(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    schema: Valid<Schema>,
    scalars: Scalars,
}

/// A document whose fields and types are those of the schema. The rules of the specification were not checked.
#[derive(Debug)]
pub struct ParsedDocument(ExecutableDocument);

/// A document without errors. Its operations may be executed with variables that [`Validator::coerce`] returns.
#[derive(Debug)]
pub struct ValidDocument(Valid<ExecutableDocument>);

impl Validator {
    /// Fails if the schema is invalid, or if it has a custom scalar that [`Scalars`] does not know.
    pub fn new(sdl: &str) -> Result<Self, String> {
        let schema = Schema::parse(sdl, "schema.graphql");
        let mut schema = schema.map_err(|invalid| invalid.errors.to_string())?;
        add_is_one_of(&mut schema);
        let schema = schema.validate().map_err(|invalid| invalid.errors.to_string())?;
        let scalars = Scalars::of(&schema)?;
        Ok(Self(Arc::new(Inner { schema, scalars })))
    }

    /// Parses a document and resolves its names. Takes time linear in the text: it follows no fragment.
    pub fn parse(&self, text: &str) -> Result<ParsedDocument, Vec<ServerError>> {
        let mut parser = Parser::new().recursion_limit(MAX_RECURSION);
        let document = parser.parse_executable(&self.0.schema, text, "operation");
        document.map(ParsedDocument).map_err(|invalid| from_diagnostics(&invalid.errors))
    }

    /// Validates a document (GraphQL, section 5).
    pub fn validate(&self, document: ParsedDocument) -> Result<ValidDocument, Vec<ServerError>> {
        let Inner { schema, scalars } = &*self.0;
        let document = document.0.validate(schema);
        let document = document.map_err(|invalid| from_diagnostics(&invalid.errors))?;
        rules::check(schema, scalars, &document)?;
        Ok(ValidDocument(document))
    }

    /// The variables of an operation as the specification coerces them (6.1.2): defaults filled in, unknown ones left
    /// out, and each value of its type. Without a name the document must have one operation.
    pub fn coerce(
        &self,
        document: &ValidDocument,
        operation_name: Option<&str>,
        variables: &Variables,
    ) -> Result<Variables, ServerError> {
        let Inner { schema, scalars } = &*self.0;
        let document = &document.0;
        let from_request =
            |error: RequestError| from_json(error.to_graphql_error(&document.sources));
        let operation = document.operations.get(operation_name).map_err(from_request)?;
        if operation.variables.is_empty() {
            return Ok(Variables::default());
        }
        let given = given(operation, variables);
        let coerced = coerce_variable_values(schema, operation, &given).map_err(from_request)?;
        for variable in &operation.variables {
            if let Some(value) = coerced.get(variable.name.as_str()) {
                scalars.check_variable(schema, &variable.name, &variable.ty, value)?;
            }
        }
        let coerced = coerced.into_inner().into_iter();
        let coerced = coerced.map(|(name, value)| {
            (async_graphql::Name::new(name.as_str()), values::from_json(value))
        });
        Ok(Variables::from_value(async_graphql::Value::Object(coerced.collect())))
    }
}

impl ParsedDocument {
    /// The document with each string in its plain form.
    pub fn normalized_text(&self) -> String {
        self.0.serialize().no_indent().to_string()
    }
}

/// `__Type.isOneOf` (GraphQL, September 2025), which GraphiQL asks for and async-graphql has.
fn add_is_one_of(schema: &mut Schema) {
    if let Some(ExtendedType::Object(definition)) = schema.types.get_mut("__Type") {
        let name = name!("isOneOf");
        let field = FieldDefinition {
            description: None,
            name: name.clone(),
            arguments: Vec::new(),
            ty: ty!(Boolean),
            directives: DirectiveList::default(),
        };
        definition.make_mut().fields.entry(name).or_insert_with(|| Component::new(field));
    }
}

/// The values of the variables that the operation has.
fn given(operation: &Operation, variables: &Variables) -> JsonMap {
    let names = operation.variables.iter().map(|variable| variable.name.as_str());
    let given = names.filter_map(|name| {
        let value = variables.get(name)?;
        Some((ByteString::from(name), values::to_json(value)))
    });
    given.collect()
}

/// One error for a text that cannot be parsed: the others only follow from it.
fn from_diagnostics(errors: &DiagnosticList) -> Vec<ServerError> {
    let mut errors: Vec<_> =
        errors.iter().map(|error| from_json(error.unstable_to_json_compat())).collect();
    if let Some(syntax) = errors.iter().position(|error| error.message.starts_with("syntax error"))
    {
        errors = vec![errors.swap_remove(syntax)];
    }
    errors
}

fn from_json(GraphQLError { message, locations, .. }: GraphQLError) -> ServerError {
    let mut error = ServerError::new(message, None);
    error.locations =
        locations.into_iter().map(|at| Pos { line: at.line, column: at.column }).collect();
    error
}

#[cfg(test)]
mod tests;
