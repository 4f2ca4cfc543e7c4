//! Ids of objects (GraphQL Global Object Identification): the kind and the number of a row, such as `todo_42`.

use async_graphql::ID;

use super::Error;

/// The kinds of objects that `node` finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Todo,
}

/// Where to find an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GlobalId {
    pub kind: Kind,
    /// The primary key of the row.
    pub number: i64,
}

const PREFIXES: [(&str, Kind); 1] = [("todo_", Kind::Todo)];

impl GlobalId {
    pub fn todo(number: i64) -> Self {
        Self { kind: Kind::Todo, number }
    }

    /// Each object has one spelling of its id. Every other text is the id of nothing.
    pub fn parse(id: &ID) -> Result<Self, Error> {
        let parsed = PREFIXES.iter().find_map(|(prefix, kind)| {
            let number = id.strip_prefix(prefix)?.parse().ok()?;
            Some(Self { kind: *kind, number })
        });
        parsed.filter(|parsed| ID::from(*parsed) == *id).ok_or(Error::NotFound)
    }

    /// The number of the todo that has this id.
    pub fn parse_todo(id: &ID) -> Result<i64, Error> {
        match Self::parse(id)? {
            Self { kind: Kind::Todo, number } => Ok(number),
        }
    }
}

impl From<GlobalId> for ID {
    fn from(GlobalId { kind, number }: GlobalId) -> Self {
        let prefix = PREFIXES.iter().find(|pair| pair.1 == kind).map_or("", |pair| pair.0);
        Self(format!("{prefix}{number}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_is_parsed_in_its_own_spelling_only() {
        for number in [1, 42, i64::MAX] {
            let id = ID::from(GlobalId::todo(number));
            assert_eq!(id.0, format!("todo_{number}"));
            assert_eq!(GlobalId::parse(&id).unwrap(), GlobalId::todo(number));
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
            assert!(matches!(GlobalId::parse(&id.into()), Err(Error::NotFound)), "{id}");
        }
    }
}
