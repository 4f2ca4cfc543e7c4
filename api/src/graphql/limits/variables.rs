//! The size of an operation's variables. They are copied and checked for each place they stand in.

use async_graphql::{Value, Variables};

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Objects, lists and what is in them.
    pub values: usize,
    /// Objects and lists in each other.
    pub nesting: usize,
}

pub fn measure(variables: &Variables) -> Size {
    let mut size = Size::default();
    let mut ahead: Vec<(&Value, usize)> = variables.values().map(|value| (value, 0)).collect();
    while let Some((value, depth)) = ahead.pop() {
        size.values += 1;
        size.nesting = size.nesting.max(depth);
        match value {
            Value::List(items) => ahead.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(fields) => ahead.extend(fields.values().map(|field| (field, depth + 1))),
            _ => {}
        }
    }
    size
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_value_counts() {
        for (variables, values, nesting) in [
            (json!({}), 0, 0),
            (json!({"a": 1, "b": null}), 2, 0),
            (json!({"a": [1, 2, {"b": [3]}]}), 6, 3),
        ] {
            let size = measure(&Variables::from_json(variables.clone()));
            assert_eq!(size, Size { values, nesting }, "{variables}");
        }
    }
}
