//! Rules of the specification that apollo-compiler 1.33 does not check: variables inside lists and input objects and with
//! null defaults (5.8.5), input objects with the same field twice (5.6.3), and literals of custom scalars (3.5).

use std::collections::HashSet;

use apollo_compiler::{
    ExecutableDocument, Name, Node, Schema,
    ast::{Argument, DirectiveList, OperationType, Type, Value as Literal, VariableDefinition},
    executable::{Selection, SelectionSet},
    schema::InputValueDefinition,
};
use async_graphql::{Pos, ServerError};

use super::scalars::{Scalars, input_fields};

pub fn check(
    schema: &Schema,
    scalars: &Scalars,
    document: &ExecutableDocument,
) -> Result<(), Vec<ServerError>> {
    let mut errors = Vec::new();
    for operation in document.operations.iter() {
        let mut check = Check {
            schema,
            scalars,
            document,
            variables: &operation.variables,
            visited: HashSet::new(),
            errors: &mut errors,
        };
        for variable in &operation.variables {
            if let Some(default) = &variable.default_value {
                check.check_value(&variable.ty, false, default);
            }
            check.check_directives(&variable.directives);
        }
        check.check_directives(&operation.directives);
        check.check_selections(&operation.selection_set);
        if operation.operation_type == OperationType::Mutation {
            check.check_root_keys(&operation.selection_set, &mut HashSet::new());
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// The check of one operation, with each fragment that it reaches once.
struct Check<'a> {
    schema: &'a Schema,
    scalars: &'a Scalars,
    document: &'a ExecutableDocument,
    variables: &'a [Node<VariableDefinition>],
    visited: HashSet<&'a Name>,
    errors: &'a mut Vec<ServerError>,
}

impl<'a> Check<'a> {
    fn check_selections(&mut self, selections: &'a SelectionSet) {
        for selection in &selections.selections {
            match selection {
                Selection::Field(field) => {
                    self.check_arguments(&field.definition.arguments, &field.arguments);
                    self.check_directives(&field.directives);
                    self.check_selections(&field.selection_set);
                }
                Selection::InlineFragment(fragment) => {
                    self.check_directives(&fragment.directives);
                    self.check_selections(&fragment.selection_set);
                }
                Selection::FragmentSpread(spread) => {
                    self.check_directives(&spread.directives);
                    if let Some(fragment) = self.document.fragments.get(&spread.fragment_name)
                        && self.visited.insert(&spread.fragment_name)
                    {
                        self.check_directives(&fragment.directives);
                        self.check_selections(&fragment.selection_set);
                    }
                }
            }
        }
    }

    /// A mutation may select a root field once under each name. async-graphql 7.2 would run it each time that it is
    /// selected, where the specification merges the selections (6.3.2).
    fn check_root_keys(&mut self, selections: &'a SelectionSet, keys: &mut HashSet<&'a Name>) {
        for selection in &selections.selections {
            match selection {
                Selection::Field(field) => {
                    let key = field.response_key();
                    if field.name != "__typename" && !keys.insert(key) {
                        let reason = format!(
                            "A mutation can select \"{key}\" once. Use an alias to run it twice."
                        );
                        self.add_error(reason, field);
                    }
                }
                Selection::InlineFragment(fragment) => {
                    self.check_root_keys(&fragment.selection_set, keys);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.document.fragments.get(&spread.fragment_name) {
                        self.check_root_keys(&fragment.selection_set, keys);
                    }
                }
            }
        }
    }

    fn check_directives(&mut self, directives: &DirectiveList) {
        for directive in directives {
            if let Some(definition) = self.schema.directive_definitions.get(&directive.name) {
                self.check_arguments(&definition.arguments, &directive.arguments);
            }
        }
    }

    fn check_arguments(
        &mut self,
        definitions: &[Node<InputValueDefinition>],
        arguments: &[Node<Argument>],
    ) {
        for argument in arguments {
            if let Some(definition) = definitions.iter().find(|known| known.name == argument.name) {
                let has_default = definition.default_value.is_some();
                self.check_value(&definition.ty, has_default, &argument.value);
            }
        }
    }

    /// Checks a value at a place of this type. `has_default` if the place itself has a default value.
    fn check_value(&mut self, ty: &Type, has_default: bool, value: &Node<Literal>) {
        match (ty, &**value) {
            (_, Literal::Null) => {}
            (_, Literal::Variable(name)) => self.check_variable(ty, has_default, name, value),
            (Type::List(item) | Type::NonNullList(item), Literal::List(values)) => {
                for value in values {
                    self.check_value(item, false, value);
                }
            }
            (Type::List(item) | Type::NonNullList(item), _) => self.check_value(item, false, value),
            (Type::Named(name) | Type::NonNullNamed(name), literal) => {
                if let Some(checked) = self.scalars.check_literal(name, literal) {
                    if let Err(reason) = checked {
                        self.add_error(reason, value);
                    }
                } else if let (Some(fields), Literal::Object(values)) =
                    (input_fields(self.schema, name), literal)
                {
                    self.check_object(fields, values);
                }
            }
        }
    }

    fn check_object(
        &mut self,
        fields: impl Fn(&str) -> Option<&'a InputValueDefinition>,
        values: &[(Name, Node<Literal>)],
    ) {
        let mut names = HashSet::new();
        for (name, value) in values {
            if !names.insert(name) {
                self.add_error(
                    format!("There can be only one input field named \"{name}\"."),
                    value,
                );
            }
            if let Some(field) = fields(name) {
                self.check_value(&field.ty, field.default_value.is_some(), value);
            }
        }
    }

    /// `IsVariableUsageAllowed` (5.8.5).
    fn check_variable(&mut self, ty: &Type, has_default: bool, name: &Name, value: &Node<Literal>) {
        let Some(variable) = self.variables.iter().find(|variable| variable.name == *name) else {
            return;
        };
        let has_value = has_default
            || variable.default_value.as_ref().is_some_and(|default| !default.is_null());
        let nullable = ty.clone().nullable();
        if !is_compatible(&variable.ty, if has_value { &nullable } else { ty }) {
            let reason = format!(
                "Variable \"${name}\" of type \"{}\" used in position expecting type \"{ty}\".",
                variable.ty
            );
            self.add_error(reason, value);
        }
    }

    fn add_error<T>(&mut self, reason: String, node: &Node<T>) {
        let mut error = ServerError::new(reason, None);
        let place = node.line_column_range(&self.document.sources);
        let place = place.map(|range| Pos { line: range.start.line, column: range.start.column });
        error.locations.extend(place);
        self.errors.push(error);
    }
}

/// `AreTypesCompatible` (5.8.5).
fn is_compatible(variable: &Type, location: &Type) -> bool {
    match (location, variable) {
        (Type::NonNullNamed(location), Type::NonNullNamed(variable))
        | (Type::Named(location), Type::Named(variable) | Type::NonNullNamed(variable)) => {
            location == variable
        }
        (Type::NonNullList(location), Type::NonNullList(variable))
        | (Type::List(location), Type::List(variable) | Type::NonNullList(variable)) => {
            is_compatible(variable, location)
        }
        _ => false,
    }
}
