//! Which todos are open for editing, and with which text: several, where several could not be saved.

use std::collections::BTreeMap;
use std::rc::Rc;

use yew::{AttrValue, Reducible};

/// By the todo's id: the text that the editor starts with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edits(BTreeMap<String, AttrValue>);

pub enum EditChange {
    Begin {
        id: String,
        task: AttrValue,
    },
    /// A text that the server did not take is handed back, unless its author is writing on already.
    Reopen {
        id: String,
        task: AttrValue,
    },
    Close {
        id: String,
    },
}

impl Edits {
    pub fn new(texts: BTreeMap<String, String>) -> Self {
        Self(texts.into_iter().map(|(id, task)| (id, task.into())).collect())
    }

    pub fn text_of(&self, id: &str) -> Option<&AttrValue> {
        self.0.get(id)
    }

    fn apply(&mut self, change: EditChange) {
        match change {
            EditChange::Begin { id, task } => {
                self.0.insert(id, task);
            }
            EditChange::Reopen { id, task } => {
                self.0.entry(id).or_insert(task);
            }
            EditChange::Close { id } => {
                self.0.remove(&id);
            }
        }
    }
}

impl Reducible for Edits {
    type Action = EditChange;

    fn reduce(self: Rc<Self>, change: EditChange) -> Rc<Self> {
        let mut next = Rc::unwrap_or_clone(self);
        next.apply(change);
        Rc::new(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(id: &str, task: &'static str) -> EditChange {
        EditChange::Begin { id: id.to_owned(), task: task.into() }
    }

    fn reopen(id: &str, task: &'static str) -> EditChange {
        EditChange::Reopen { id: id.to_owned(), task: task.into() }
    }

    fn close(id: &str) -> EditChange {
        EditChange::Close { id: id.to_owned() }
    }

    fn after(changes: impl IntoIterator<Item = EditChange>) -> Vec<(String, String)> {
        let mut edits = Edits::default();
        changes.into_iter().for_each(|change| edits.apply(change));
        edits.0.into_iter().map(|(id, task)| (id, task.to_string())).collect()
    }

    fn pair(id: &str, task: &str) -> (String, String) {
        (id.to_owned(), task.to_owned())
    }

    #[test]
    fn several_refused_edits_come_back_each_with_its_text() {
        let changes = [
            begin("1", "Milk"),
            close("1"),
            begin("2", "Bread"),
            close("2"),
            reopen("1", "Oat milk"),
            reopen("2", "Rye bread"),
        ];
        assert_eq!(after(changes), [pair("1", "Oat milk"), pair("2", "Rye bread")]);
    }

    #[test]
    fn a_refused_edit_comes_back_while_another_is_open() {
        let changes =
            [begin("1", "Milk"), close("1"), begin("2", "Bread"), reopen("1", "Oat milk")];
        assert_eq!(after(changes), [pair("1", "Oat milk"), pair("2", "Bread")]);
    }

    #[test]
    fn what_is_being_written_is_not_replaced_by_what_was_refused() {
        assert_eq!(after([begin("1", "Newer"), reopen("1", "Older")]), [pair("1", "Newer")]);
    }

    #[test]
    fn drafts_open_their_editors_again() {
        let drafts = BTreeMap::from([pair("1", "Half a"), pair("2", "thought")]);
        let edits = Edits::new(drafts);
        assert_eq!(edits.text_of("2").map(AttrValue::as_str), Some("thought"));
        assert_eq!(edits.text_of("3"), None);
    }
}
