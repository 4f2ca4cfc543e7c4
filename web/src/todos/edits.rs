//! Which todos are open for editing, and with which text: several, where several could not be saved.

use std::rc::Rc;

use yew::{AttrValue, Reducible};

use crate::todos::drafts::Edit;

/// The text that each editor starts with: one for a todo.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edits(Vec<Edit>);

pub enum EditChange {
    Begin(Edit),
    /// A text that the server did not take is handed back, unless its author is writing on already.
    Reopen(Edit),
    Close {
        id: String,
    },
}

impl Edits {
    pub fn new(drafts: Vec<Edit>) -> Self {
        Self(drafts)
    }

    pub fn text_of(&self, id: &str) -> Option<AttrValue> {
        self.0.iter().find(|edit| edit.id == id).map(|edit| edit.task.clone().into())
    }

    fn apply(&mut self, change: EditChange) {
        match change {
            EditChange::Begin(edit) => {
                self.close(&edit.id);
                self.0.push(edit);
            }
            EditChange::Reopen(edit) => {
                if self.0.iter().all(|open| open.id != edit.id) {
                    self.0.push(edit);
                }
            }
            EditChange::Close { id } => self.close(&id),
        }
    }

    fn close(&mut self, id: &str) {
        self.0.retain(|edit| edit.id != id);
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

    fn edit(id: &str, task: &str) -> Edit {
        Edit { id: id.to_owned(), task: task.to_owned() }
    }

    fn begin(id: &str, task: &str) -> EditChange {
        EditChange::Begin(edit(id, task))
    }

    fn reopen(id: &str, task: &str) -> EditChange {
        EditChange::Reopen(edit(id, task))
    }

    fn close(id: &str) -> EditChange {
        EditChange::Close { id: id.to_owned() }
    }

    fn after(changes: impl IntoIterator<Item = EditChange>) -> Vec<Edit> {
        let mut edits = Edits::default();
        changes.into_iter().for_each(|change| edits.apply(change));
        edits.0
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
        assert_eq!(after(changes), [edit("1", "Oat milk"), edit("2", "Rye bread")]);
    }

    #[test]
    fn a_refused_edit_comes_back_while_another_is_open() {
        let changes =
            [begin("1", "Milk"), close("1"), begin("2", "Bread"), reopen("1", "Oat milk")];
        assert_eq!(after(changes), [edit("2", "Bread"), edit("1", "Oat milk")]);
    }

    #[test]
    fn what_is_being_written_is_not_replaced_by_what_was_refused() {
        assert_eq!(after([begin("1", "Newer"), reopen("1", "Older")]), [edit("1", "Newer")]);
    }

    #[test]
    fn drafts_open_their_editors_again() {
        let edits = Edits::new(vec![edit("1", "Half a"), edit("2", "thought")]);
        assert_eq!(edits.text_of("2").as_deref(), Some("thought"));
        assert_eq!(edits.text_of("3"), None);
    }
}
