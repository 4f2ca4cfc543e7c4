//! Who the page belongs to at this moment.

use std::rc::Rc;

use yew::Reducible;

use crate::model::User;
use crate::services::mark::Mark;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Session {
    Out,
    /// Was signed in until the server said otherwise; what was typed waits in the drafts.
    Ended,
    In(User),
}

pub enum SessionChange {
    SignIn(User),
    /// More about who is here; too late if they have left.
    Know(User),
    SignOut,
    End,
    /// Another tab has said so.
    Marked(Mark),
}

impl From<Mark> for Session {
    fn from(mark: Mark) -> Self {
        match mark {
            Mark::In(id) => Self::In(User { id: id.into(), email: None }),
            Mark::Out => Self::Out,
            Mark::Ended => Self::Ended,
        }
    }
}

impl Session {
    fn after(&self, change: SessionChange) -> Self {
        match (self, change) {
            (_, SessionChange::SignIn(user)) => Self::In(user),
            (Self::In(here), SessionChange::Know(user)) if here.id == user.id => Self::In(user),
            (_, SessionChange::Know(_)) => self.clone(),
            // Where nobody was, nothing ends.
            (_, SessionChange::SignOut)
            | (Self::Out, SessionChange::End | SessionChange::Marked(Mark::Ended)) => Self::Out,
            (_, SessionChange::End) => Self::Ended,
            // The address is known already; the mark has only the id.
            (Self::In(user), SessionChange::Marked(Mark::In(id))) if user.id == id => self.clone(),
            (_, SessionChange::Marked(mark)) => mark.into(),
        }
    }
}

impl Reducible for Session {
    type Action = SessionChange;

    fn reduce(self: Rc<Self>, change: SessionChange) -> Rc<Self> {
        Rc::new(self.after(change))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ada() -> User {
        User { id: "ada".into(), email: Some("ada@example.com".into()) }
    }

    fn marked(session: &Session, mark: Mark) -> Session {
        session.after(SessionChange::Marked(mark))
    }

    #[test]
    fn the_same_user_in_another_tab_changes_nothing() {
        let here = Session::In(ada());
        assert_eq!(marked(&here, Mark::In("ada".to_owned())), here);
    }

    #[test]
    fn what_is_learnt_of_somebody_who_left_brings_nobody_back() {
        let unnamed = Session::In(User { email: None, ..ada() });
        assert_eq!(unnamed.after(SessionChange::Know(ada())), Session::In(ada()));
        assert_eq!(Session::Out.after(SessionChange::Know(ada())), Session::Out);
    }

    #[test]
    fn another_user_in_another_tab_takes_over() {
        let grace = User { id: "grace".into(), email: None };
        let next = marked(&Session::In(ada()), Mark::In("grace".to_owned()));
        assert_eq!(next, Session::In(grace));
    }

    #[test]
    fn an_end_elsewhere_is_an_end_here_only_for_who_was_in() {
        assert_eq!(marked(&Session::In(ada()), Mark::Ended), Session::Ended);
        assert_eq!(marked(&Session::Out, Mark::Ended), Session::Out);
        assert_eq!(marked(&Session::In(ada()), Mark::Out), Session::Out);
    }
}
