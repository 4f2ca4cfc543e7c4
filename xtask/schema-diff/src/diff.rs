//! Two schemas side by side: what changed, in the manner of graphql-js's `findBreakingChanges`.

use graphql_parser::schema::{
    Definition, DirectiveDefinition, Document, ParseError, SchemaDefinition, TypeDefinition,
    parse_schema,
};

use crate::{
    change::{Change, Changes},
    kinds,
};

/// The parts of a schema that clients see.
#[derive(Default)]
pub struct Schema {
    types: Vec<TypeDefinition<'static, String>>,
    directives: Vec<DirectiveDefinition<'static, String>>,
    roots: SchemaDefinition<'static, String>,
}

pub fn parse(text: &str) -> Result<Schema, ParseError> {
    let document: Document<'static, String> = parse_schema(text)?.into_static();
    let mut schema = Schema::default();
    for definition in document.definitions {
        match definition {
            Definition::TypeDefinition(definition) => schema.types.push(definition),
            Definition::DirectiveDefinition(directive) => schema.directives.push(directive),
            Definition::SchemaDefinition(roots) => schema.roots = roots,
            // The service never writes one.
            Definition::TypeExtension(_) => {}
        }
    }
    Ok(schema)
}

/// Descriptions and the order of things do not count.
pub fn changes(old: &Schema, new: &Schema) -> Vec<Change> {
    let mut changes = Changes::default();
    roots(&old.roots, &new.roots, &mut changes);
    for pair in kinds::matched(&old.types, &new.types, name) {
        match pair {
            (Some(old), Some(new)) => definition(old, new, &mut changes),
            (Some(old), None) => changes.breaking(format!("the {} was removed", called(old))),
            (None, Some(new)) => changes.safe(format!("the {} was added", called(new))),
            (None, None) => {}
        }
    }
    for pair in kinds::matched(&old.directives, &new.directives, |directive| &directive.name) {
        match pair {
            (Some(old), Some(new)) => directive(old, new, &mut changes),
            (Some(old), None) => {
                changes.breaking(format!("the directive @{} was removed", old.name));
            }
            (None, Some(new)) => changes.safe(format!("the directive @{} was added", new.name)),
            (None, None) => {}
        }
    }
    changes.sorted()
}

fn roots(
    old: &SchemaDefinition<'static, String>,
    new: &SchemaDefinition<'static, String>,
    changes: &mut Changes,
) {
    for (operation, old, new) in [
        ("queries", &old.query, &new.query),
        ("mutations", &old.mutation, &new.mutation),
        ("subscriptions", &old.subscription, &new.subscription),
    ] {
        match (old, new) {
            (Some(old), Some(new)) if old != new => {
                changes.breaking(format!("the type of {operation} changed from {old} to {new}"));
            }
            (Some(_), None) => changes.breaking(format!("{operation} were removed")),
            (None, Some(_)) => changes.safe(format!("{operation} were added")),
            _ => {}
        }
    }
}

fn definition(
    old: &TypeDefinition<'static, String>,
    new: &TypeDefinition<'static, String>,
    changes: &mut Changes,
) {
    use TypeDefinition::{Enum, InputObject, Interface, Object, Scalar, Union};
    let name = name(old).as_str();
    let implements = |interface: &str, how: &str| format!("{name} {how} implements {interface}");
    match (old, new) {
        (Scalar(_), Scalar(_)) => {}
        (Object(old), Object(new)) => {
            kinds::names(
                &old.implements_interfaces,
                &new.implements_interfaces,
                implements,
                changes,
            );
            kinds::fields(name, &old.fields, &new.fields, changes);
        }
        (Interface(old), Interface(new)) => {
            kinds::names(
                &old.implements_interfaces,
                &new.implements_interfaces,
                implements,
                changes,
            );
            kinds::fields(name, &old.fields, &new.fields, changes);
        }
        (Union(old), Union(new)) => {
            let has = |member: &str, how: &str| format!("{name} {how} has the member {member}");
            kinds::names(&old.types, &new.types, has, changes);
        }
        (Enum(old), Enum(new)) => kinds::values(old, new, changes),
        (InputObject(old), InputObject(new)) => {
            kinds::input_fields(name, &old.fields, &new.fields, changes);
        }
        _ => changes.breaking(format!(
            "{name} was the {}, and now is the {}",
            called(old),
            called(new)
        )),
    }
}

fn directive(
    old: &DirectiveDefinition<'static, String>,
    new: &DirectiveDefinition<'static, String>,
    changes: &mut Changes,
) {
    let name = format!("@{}", old.name);
    kinds::arguments(&name, &old.arguments, &new.arguments, changes);
    for place in old.locations.iter().filter(|place| !new.locations.contains(place)) {
        changes.breaking(format!("{name} no longer stands on {}", place.as_str()));
    }
    for place in new.locations.iter().filter(|place| !old.locations.contains(place)) {
        changes.safe(format!("{name} now stands on {}", place.as_str()));
    }
    match (old.repeatable, new.repeatable) {
        (true, false) => changes.breaking(format!("{name} no longer is repeatable")),
        (false, true) => changes.safe(format!("{name} now is repeatable")),
        _ => {}
    }
}

fn name<'a>(definition: &'a TypeDefinition<'static, String>) -> &'a String {
    match definition {
        TypeDefinition::Scalar(of) => &of.name,
        TypeDefinition::Object(of) => &of.name,
        TypeDefinition::Interface(of) => &of.name,
        TypeDefinition::Union(of) => &of.name,
        TypeDefinition::Enum(of) => &of.name,
        TypeDefinition::InputObject(of) => &of.name,
    }
}

fn called(definition: &TypeDefinition<'static, String>) -> String {
    let kind = match definition {
        TypeDefinition::Scalar(_) => "scalar",
        TypeDefinition::Object(_) => "type",
        TypeDefinition::Interface(_) => "interface",
        TypeDefinition::Union(_) => "union",
        TypeDefinition::Enum(_) => "enum",
        TypeDefinition::InputObject(_) => "input",
    };
    format!("{kind} {}", name(definition))
}

#[cfg(test)]
#[path = "diff_tests.rs"]
mod tests;
