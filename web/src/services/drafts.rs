//! What was typed and is not yet on the server. It outlives a reload and a session that ends, in this tab
//! only, and is handed back to nobody but its author.

use serde::{Deserialize, Serialize};

use super::mark::{self, Mark};
use super::store;

const KEY: &str = "todos.drafts";

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Drafts {
    /// Whose they are.
    user: String,
    /// The text in the field for a new task.
    pub new: String,
    /// The todos that are being edited or whose new text is on its way: one for each.
    pub edits: Vec<Edit>,
    /// Tasks that were entered and that the server has not confirmed.
    pub unsaved: Vec<Unsaved>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    pub id: String,
    pub task: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsaved {
    pub key: String,
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

    /// The server has this text, or its author does not want it. What was typed since stays.
    pub fn settle_edit(&mut self, id: &str, task: &str) {
        self.edits.retain(|edit| edit.id != id || edit.task != task);
    }

    fn parse(text: Option<String>, user: &str) -> Self {
        text.and_then(|text| serde_json::from_str::<Self>(&text).ok())
            .filter(|drafts| drafts.user == user)
            .unwrap_or_else(|| Self { user: user.to_owned(), ..Self::default() })
    }
}

pub fn load(user: &str) -> Drafts {
    Drafts::parse(store::get(store::session(), KEY), user)
}

/// Does nothing once the author has left: what comes late must not stay behind.
pub fn update(user: &str, change: impl FnOnce(&mut Drafts)) {
    let mark = mark::read();
    if mark == Mark::Out || mark.is_of_another_than(user) {
        return;
    }
    let mut drafts = load(user);
    change(&mut drafts);
    let text = serde_json::to_string(&drafts).ok();
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
        drafts.keep_edit("1", "Milk".to_owned());
        drafts.keep_edit("2", "Bread".to_owned());
        drafts.settle_edit("1", "Milk");
        let text = serde_json::to_string(&drafts).unwrap();
        let kept = Drafts::parse(Some(text), "").edits;
        assert_eq!(kept, [Edit { id: "2".to_owned(), task: "Bread".to_owned() }]);
    }

    #[test]
    fn an_answer_takes_only_the_text_that_was_sent() {
        let mut drafts = Drafts::default();
        drafts.keep_edit("1", "Milk, two bottles".to_owned());
        drafts.settle_edit("1", "Milk");
        assert_eq!(drafts.edits[0].task, "Milk, two bottles");
    }

    #[test]
    fn broken_or_older_drafts_are_no_obstacle() {
        assert_eq!(Drafts::parse(Some("{".to_owned()), "ada").new, "");
        let older = r#"{"user":"ada","new":"Call"}"#.to_owned();
        assert_eq!(Drafts::parse(Some(older), "ada").new, "Call");
    }
}
