//! The way to say something from anywhere in the page.

use yew::prelude::*;

use crate::ui::messages::{Message, Messages, Problem};

/// Never changes, so that speaking does not render the speaker again.
#[derive(Clone, PartialEq)]
pub struct Tell(pub UseReducerDispatcher<Messages>);

impl Tell {
    /// Heard by screen readers, not shown.
    pub fn say(&self, text: impl Into<AttrValue>) {
        self.0.dispatch(Message::Say(text.into()));
    }

    /// Shown and heard, until dismissed or settled.
    pub fn problem(&self, about: impl Into<AttrValue>, text: impl Into<AttrValue>) {
        self.show(about.into(), text.into(), None);
    }

    /// The same, with the way back.
    pub fn offer(&self, about: &'static str, text: AttrValue, undo: Callback<bool>) {
        self.show(about.into(), text, Some(undo));
    }

    fn show(&self, about: AttrValue, text: AttrValue, undo: Option<Callback<bool>>) {
        self.0.dispatch(Message::Problem(Problem { about, text, undo }));
    }

    /// What this was about is in order.
    pub fn settle(&self, about: impl Into<AttrValue>) {
        self.0.dispatch(Message::Settle(about.into()));
    }

    /// Takes back everything.
    pub fn forget(&self) {
        self.0.dispatch(Message::Forget);
    }
}

#[hook]
pub fn use_tell() -> Tell {
    use_context::<Tell>().expect("the app provides it at its root")
}
