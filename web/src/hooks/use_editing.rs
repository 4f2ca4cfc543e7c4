//! Which task is being edited. The text so far is kept with the drafts, so that it outlives the page.

use yew::prelude::*;

use crate::services::drafts::{self, Edit};

#[derive(Clone, PartialEq)]
pub struct Editing {
    user: AttrValue,
    state: UseStateHandle<Option<Edit>>,
}

impl Editing {
    /// The text to edit, where it is this todo's turn.
    pub fn text_of(&self, id: &str) -> Option<AttrValue> {
        let edit = self.state.as_ref().filter(|edit| edit.id == id)?;
        Some(edit.task.clone().into())
    }

    pub fn begin(&self, id: &str, task: &str) {
        let edit = Edit { id: id.to_owned(), task: task.to_owned() };
        self.keep(id, task.to_owned());
        self.state.set(Some(edit));
    }

    pub fn keep(&self, id: &str, task: String) {
        let edit = Edit { id: id.to_owned(), task };
        drafts::update(&self.user, |drafts| drafts.edit = Some(edit));
    }

    /// Closes the editor; the draft stays until the server has the text.
    pub fn close(&self) {
        self.state.set(None);
    }

    pub fn drop_draft(&self) {
        drafts::update(&self.user, |drafts| drafts.edit = None);
    }
}

/// With the way to show a failed edit again, unless another one has begun.
#[hook]
pub fn use_editing(user: &AttrValue) -> (Editing, Callback<Edit>) {
    let state = use_state(|| drafts::load(user).edit);
    let busy = use_mut_ref(|| false);
    busy.replace(state.is_some());
    let editing = Editing { user: user.clone(), state };
    let reopen = {
        let editing = editing.clone();
        Callback::from(move |edit: Edit| {
            if !*busy.borrow() {
                editing.begin(&edit.id, &edit.task);
            }
        })
    };
    (editing, reopen)
}
