//! What the tab that sends tells the others of a deed that the server has done: it stands in the deed's place in
//! the storage for a moment, in the shape of a deed.

use crate::model::Todo;
use crate::moment::Moment;
use crate::todos::id;

const SIGN: &str = "=";
const OPEN: &str = "o";
const DONE: &str = "d";

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    Done,
    /// It was a new todo, which is this one by now.
    Added(Todo),
}

impl Settled {
    pub fn encode(&self) -> String {
        let Self::Added(todo) = self else { return SIGN.to_owned() };
        let Some(moment) = todo.inserted_at.map(Moment::encode) else { return SIGN.to_owned() };
        let state = if todo.is_complete { DONE } else { OPEN };
        // The text is last: it may have lines.
        let id = id::to_storage(&todo.id);
        [SIGN, state, &*moment, "\n", id, "\n", &*todo.task].concat()
    }

    /// None for anything else.
    pub fn decode(entry: &str) -> Option<Self> {
        let rest = entry.strip_prefix(SIGN)?;
        if rest.is_empty() {
            return Some(Self::Done);
        }
        let (head, rest) = rest.split_once('\n')?;
        let (id, task) = rest.split_once('\n')?;
        let open = head.strip_prefix(OPEN);
        let moment = open.or_else(|| head.strip_prefix(DONE))?;
        Some(Self::Added(Todo {
            id: id::from_storage(id).into(),
            task: task.to_owned().into(),
            is_complete: open.is_none(),
            inserted_at: Some(Moment::decode(moment)?),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_of_a_deed_survives_storage() {
        assert_eq!(Settled::decode(&Settled::Done.encode()), Some(Settled::Done));
        for is_complete in [false, true] {
            let added = Settled::Added(Todo {
                id: "todo_7".into(),
                task: "Milk\nand bread".into(),
                is_complete,
                inserted_at: Some(Moment::after(7)),
            });
            assert_eq!(Settled::decode(&added.encode()), Some(added));
        }
    }

    #[test]
    fn anything_else_says_nothing() {
        for entry in ["", "a0\nkey\nMilk", "=o", "=o1.2\n7", "=x1.2\n7\nMilk", "=o1\n7\nMilk"] {
            assert_eq!(Settled::decode(entry), None, "{entry}");
        }
    }
}
