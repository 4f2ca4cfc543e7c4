//! Ids of objects (GraphQL Global Object Identification): a prefix for the table and the primary key of the row, such as
//! `todo_42`.

use async_graphql::ID;

use super::Error;

/// The id of the row with this primary key.
pub fn encode(prefix: &str, number: i64) -> ID {
    ID(format!("{prefix}{number}"))
}

/// The primary key in an id. Each object has one spelling of its id: every other text is not found.
pub fn decode(prefix: &str, id: &ID) -> Result<i64, Error> {
    let number = id.strip_prefix(prefix).and_then(|number| number.parse().ok());
    number.filter(|number| encode(prefix, *number) == *id).ok_or(Error::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_is_parsed_in_its_own_spelling_only() {
        for number in [1, 42, i64::MAX] {
            let id = encode("todo_", number);
            assert_eq!(id.0, format!("todo_{number}"));
            assert_eq!(decode("todo_", &id).unwrap(), number);
        }
        for id in [
            "",
            "42",
            "todo_",
            "todo_042",
            "todo_+42",
            "todo_ 42",
            "todo_42 ",
            "todo_4x",
            "Todo_42",
            "todo42",
            "list_42",
            "todo_todo_42",
            "todo_-0",
            "todo_9223372036854775808",
            "todo_４２",
        ] {
            assert!(matches!(decode("todo_", &id.into()), Err(Error::NotFound)), "{id}");
        }
    }
}
