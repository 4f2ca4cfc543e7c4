//! What the page has to say: softly, to screen readers, or as a problem that everybody sees.

use std::rc::Rc;

use yew::{AttrValue, Reducible};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Messages {
    pub said: AttrValue,
    /// Counts up, so that the same words said twice are heard twice.
    pub count: u32,
    pub problem: Option<AttrValue>,
}

pub enum Message {
    Say(AttrValue),
    Problem(AttrValue),
    Dismiss,
    /// Nothing of it is for whoever comes next.
    Forget,
}

impl Reducible for Messages {
    type Action = Message;

    fn reduce(self: Rc<Self>, message: Message) -> Rc<Self> {
        let mut next = Rc::unwrap_or_clone(self);
        match message {
            Message::Say(text) => {
                next.said = text;
                next.count = next.count.wrapping_add(1);
            }
            Message::Problem(text) => next.problem = Some(text),
            Message::Dismiss => next.problem = None,
            Message::Forget => (next.said, next.problem) = (AttrValue::default(), None),
        }
        Rc::new(next)
    }
}
