//! The tasks that are being edited. The texts so far are kept with the drafts, so that they outlive the page.

use yew::prelude::*;

use crate::todos::drafts;
use crate::todos::drafts::Edit;
use crate::todos::edits::{EditChange, Edits};

#[derive(Clone, PartialEq)]
pub struct Editing {
    user: AttrValue,
    edits: UseReducerHandle<Edits>,
}

impl Editing {
    /// The text to start from, where this todo is being edited.
    pub fn text_of(&self, id: &str) -> Option<AttrValue> {
        self.edits.text_of(id)
    }

    pub fn begin(&self, id: &str, task: &str) {
        self.keep(id, task.to_owned());
        let edit = Edit { id: id.to_owned(), task: task.to_owned() };
        self.edits.dispatch(EditChange::Begin(edit));
    }

    pub fn keep(&self, id: &str, task: String) {
        drafts::update(&self.user, |drafts| drafts.keep_edit(id, task));
    }

    /// Closes the editor; the draft stays until the server has the text.
    pub fn close(&self, id: &str) {
        self.edits.dispatch(EditChange::Close { id: id.to_owned() });
    }

    pub fn drop_draft(&self, id: &str) {
        drafts::update(&self.user, |drafts| drafts.drop_edit(id));
    }
}

/// With the way to hand back texts that could not be saved.
#[hook]
pub fn use_editing(user: &AttrValue) -> (Editing, UseReducerDispatcher<Edits>) {
    let edits = {
        let user = user.clone();
        use_reducer(move || Edits::new(drafts::load(&user).edits))
    };
    let reopen = edits.dispatcher();
    (Editing { user: user.clone(), edits }, reopen)
}
