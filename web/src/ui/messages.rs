//! What the page has to say: softly, to screen readers, or as problems that everybody sees.

use std::rc::Rc;

use yew::{AttrValue, Callback, Reducible};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Messages {
    pub said: AttrValue,
    /// Counts up, so that the same words said twice are heard twice.
    pub count: u32,
    /// The oldest first.
    pub problems: Vec<Problem>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// What went wrong: a row's key, or a word for what belongs to no row. Each has one problem at a time.
    pub about: AttrValue,
    pub text: AttrValue,
    /// Where there is a way back it is no problem: hears whether it is taken.
    pub undo: Option<Callback<bool>>,
}

pub enum Message {
    Say(AttrValue),
    Problem(Problem),
    /// It works now, or its owner has read enough.
    Settle(AttrValue),
    /// Nothing of it is for whoever comes next.
    Forget,
}

impl Messages {
    fn apply(&mut self, message: Message) {
        match message {
            Message::Say(text) => {
                self.said = text;
                self.count = self.count.wrapping_add(1);
            }
            Message::Problem(problem) => {
                self.settle(&problem.about);
                self.problems.push(problem);
            }
            Message::Settle(about) => self.settle(&about),
            Message::Forget => {
                self.said = AttrValue::default();
                self.problems.clear();
            }
        }
    }

    fn settle(&mut self, about: &str) {
        self.problems.retain(|problem| problem.about != about);
    }
}

impl Reducible for Messages {
    type Action = Message;

    fn reduce(self: Rc<Self>, message: Message) -> Rc<Self> {
        let mut next = Rc::unwrap_or_clone(self);
        next.apply(message);
        Rc::new(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(about: &'static str, text: &'static str) -> Message {
        Message::Problem(Problem { about: about.into(), text: text.into(), undo: None })
    }

    fn after(messages: impl IntoIterator<Item = Message>) -> Vec<String> {
        let mut state = Messages::default();
        messages.into_iter().for_each(|message| state.apply(message));
        state.problems.into_iter().map(|problem| problem.text.to_string()).collect()
    }

    #[test]
    fn every_row_keeps_its_own_problem() {
        let both = [problem("1", "Milk was not changed."), problem("2", "Bread was not deleted.")];
        assert_eq!(after(both), ["Milk was not changed.", "Bread was not deleted."]);
    }

    #[test]
    fn what_works_settles_its_own_problem_only() {
        let messages = [problem("1", "Milk."), problem("2", "Bread."), Message::Settle("1".into())];
        assert_eq!(after(messages), ["Bread."]);
    }

    #[test]
    fn a_row_has_one_problem_at_a_time() {
        assert_eq!(after([problem("1", "Before."), problem("1", "Now.")]), ["Now."]);
    }

    #[test]
    fn nothing_is_left_for_whoever_comes_next() {
        let mut state = Messages::default();
        state.apply(problem("1", "Milk."));
        state.apply(Message::Say("Milk added.".into()));
        state.apply(Message::Forget);
        assert_eq!((state.said.as_str(), state.problems.len()), ("", 0));
    }
}
