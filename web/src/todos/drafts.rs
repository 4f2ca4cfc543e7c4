//! What was typed and not yet entered. It outlives a reload and a session that ends, in this tab
//! only, and is handed back to nobody but its author.

use serde::{Deserialize, Serialize};

use crate::auth::session_marker;
use crate::auth::session_marker::Mark;
use crate::browser::store;
use crate::todos::id;

const KEY: &str = "todos.drafts";

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Drafts {
    /// Whose they are.
    user: String,
    /// The text in the field for a new task.
    pub new: String,
    /// The todos that are being edited: one for each.
    pub edits: Vec<Edit>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    pub id: String,
    pub task: String,
}

impl Drafts {
    pub fn keep_edit(&mut self, id: &str, task: String) {
        self.drop_edit(id);
        self.edits.push(Edit { id: id.to_owned(), task });
    }

    pub fn drop_edit(&mut self, id: &str) {
        self.edits.retain(|edit| edit.id != id);
    }

    fn parse(text: Option<String>, user: &str) -> Self {
        let mut drafts = text
            .and_then(|text| serde_json::from_str::<Self>(&text).ok())
            .filter(|drafts| drafts.user == user)
            .unwrap_or_else(|| Self { user: user.to_owned(), ..Self::default() });
        for edit in &mut drafts.edits {
            edit.id = id::from_storage(&edit.id);
        }
        drafts
    }

    fn encode(mut self) -> Option<String> {
        for edit in &mut self.edits {
            edit.id = id::to_storage(&edit.id).to_owned();
        }
        serde_json::to_string(&self).ok()
    }
}

pub fn load(user: &str) -> Drafts {
    Drafts::parse(store::get(store::session(), KEY), user)
}

/// Does nothing once the author has left: what comes late must not stay behind.
pub fn update(user: &str, change: impl FnOnce(&mut Drafts)) {
    let mark = session_marker::read();
    if mark == Mark::Out || mark.is_of_another_than(user) {
        return;
    }
    let mut drafts = load(user);
    change(&mut drafts);
    let text = drafts.encode();
    store::set(store::session(), KEY, text.as_deref());
}

/// Whoever leaves on purpose, or makes room for somebody else, leaves nothing behind.
pub fn clear() {
    store::set(store::session(), KEY, None);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drafts_come_back_to_their_author_only() {
        let drafts =
            Drafts { user: "ada".to_owned(), new: "Buy mi".to_owned(), ..Drafts::default() };
        let text = serde_json::to_string(&drafts).unwrap();
        assert_eq!(Drafts::parse(Some(text.clone()), "ada"), drafts);
        assert_eq!(Drafts::parse(Some(text), "grace").new, "");
    }

    #[test]
    fn every_todo_has_a_draft_of_its_own() {
        let mut drafts = Drafts::default();
        drafts.keep_edit("todo_1", "Milk".to_owned());
        drafts.keep_edit("todo_2", "Bread".to_owned());
        drafts.drop_edit("todo_1");
        let text = drafts.encode().unwrap();
        assert!(text.contains(r#""id":"2""#), "as earlier versions read it: {text}");
        let kept = Drafts::parse(Some(text), "").edits;
        assert_eq!(kept, [Edit { id: "todo_2".to_owned(), task: "Bread".to_owned() }]);
    }

    #[test]
    fn edits_of_an_earlier_version_keep_their_todo() {
        let older = r#"{"user":"ada","edits":[{"id":"7","task":"Milk"}]}"#.to_owned();
        assert_eq!(Drafts::parse(Some(older), "ada").edits[0].id, "todo_7");
    }

    #[test]
    fn broken_or_older_drafts_are_no_obstacle() {
        assert_eq!(Drafts::parse(Some("{".to_owned()), "ada").new, "");
        let older = r#"{"user":"ada","new":"Call"}"#.to_owned();
        assert_eq!(Drafts::parse(Some(older), "ada").new, "Call");
    }
}
