//! Changes within one type, directive or field: what is named in the old and in the new one.

use graphql_parser::schema::{EnumType, Field, InputValue, Type};

use crate::{
    change::Changes,
    types::{input_fits, output_fits},
};

/// What both have by a name, and what only one has: `of` tells the name.
pub fn matched<'a, T>(
    old: &'a [T],
    new: &'a [T],
    of: impl Fn(&T) -> &String,
) -> impl Iterator<Item = (Option<&'a T>, Option<&'a T>)> {
    let find = |all: &'a [T], name: &String| all.iter().find(|one| of(one) == name);
    let mut pairs: Vec<_> = old.iter().map(|one| (Some(one), find(new, of(one)))).collect();
    let added = new.iter().filter(|one| find(old, of(one)).is_none());
    pairs.extend(added.map(|one| (None, Some(one))));
    pairs.into_iter()
}

/// Of an object or interface.
pub fn fields(
    of: &str,
    old: &[Field<'static, String>],
    new: &[Field<'static, String>],
    changes: &mut Changes,
) {
    for pair in matched(old, new, |field| &field.name) {
        match pair {
            (Some(old), Some(new)) => {
                let (name, was, is) =
                    (format!("{of}.{}", old.name), &old.field_type, &new.field_type);
                if was != is {
                    let text = format!("the type of {name} changed from {was} to {is}");
                    if output_fits(was, is) { changes.safe(text) } else { changes.breaking(text) }
                }
                arguments(&name, &old.arguments, &new.arguments, changes);
            }
            (Some(old), None) => changes.breaking(format!("{of}.{} was removed", old.name)),
            (None, Some(new)) => changes.safe(format!("{of}.{} was added", new.name)),
            (None, None) => {}
        }
    }
}

pub fn arguments(
    of: &str,
    old: &[InputValue<'static, String>],
    new: &[InputValue<'static, String>],
    changes: &mut Changes,
) {
    inputs(|name| format!("the argument {name} of {of}"), old, new, changes);
}

pub fn input_fields(
    of: &str,
    old: &[InputValue<'static, String>],
    new: &[InputValue<'static, String>],
    changes: &mut Changes,
) {
    inputs(|name| format!("{of}.{name}"), old, new, changes);
}

fn inputs(
    called: impl Fn(&str) -> String,
    old: &[InputValue<'static, String>],
    new: &[InputValue<'static, String>],
    changes: &mut Changes,
) {
    for pair in matched(old, new, |input| &input.name) {
        match pair {
            (Some(old), Some(new)) => input(&called(&old.name), old, new, changes),
            (Some(old), None) => changes.breaking(format!("{} was removed", called(&old.name))),
            (None, Some(new)) if is_required(new) => {
                changes.breaking(format!("{} was added and is required", called(&new.name)));
            }
            // Whoever leaves it out may be served in another way than before.
            (None, Some(new)) => changes.dangerous(format!("{} was added", called(&new.name))),
            (None, None) => {}
        }
    }
}

fn input(
    name: &str,
    old: &InputValue<'static, String>,
    new: &InputValue<'static, String>,
    changes: &mut Changes,
) {
    let (was, is) = (&old.value_type, &new.value_type);
    if was != is {
        let text = format!("the type of {name} changed from {was} to {is}");
        // A default value serves whoever leaves the argument out, not whoever says null.
        if input_fits(was, is) { changes.safe(text) } else { changes.breaking(text) }
    }
    let shown = |input: &InputValue<'static, String>| {
        input.default_value.as_ref().map_or_else(|| "none".into(), ToString::to_string)
    };
    if old.default_value == new.default_value {
        return;
    }
    let text = format!("the default value of {name} changed from {} to {}", shown(old), shown(new));
    // What was left out is now missing, which the type may not allow.
    if is_required(new) && !is_required(old) && input_fits(was, is) {
        changes.breaking(text);
    } else {
        changes.dangerous(text);
    }
}

fn is_required(input: &InputValue<'static, String>) -> bool {
    matches!(input.value_type, Type::NonNullType(_)) && input.default_value.is_none()
}

pub fn values(
    old: &EnumType<'static, String>,
    new: &EnumType<'static, String>,
    changes: &mut Changes,
) {
    for pair in matched(&old.values, &new.values, |value| &value.name) {
        match pair {
            (Some(value), None) => {
                changes.breaking(format!("{}.{} was removed", old.name, value.name));
            }
            (None, Some(value)) => {
                changes.dangerous(format!("{}.{} was added", old.name, value.name));
            }
            _ => {}
        }
    }
}

/// Names that came and went: members of a union, interfaces of a type, places of a directive.
pub fn names(
    old: &[String],
    new: &[String],
    text: impl Fn(&str, &str) -> String,
    changes: &mut Changes,
) {
    for pair in matched(old, new, |name| name) {
        match pair {
            (Some(name), None) => changes.breaking(text(name, "no longer")),
            (None, Some(name)) => changes.dangerous(text(name, "now")),
            _ => {}
        }
    }
}
