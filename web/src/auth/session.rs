//! Who the page belongs to at this moment.

use std::rc::Rc;

use yew::Reducible;

use crate::auth::session_marker::Mark;
use crate::model::User;

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
    /// What all tabs of the browser have been told.
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

/// Why what was on the page is nobody's business any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parting {
    SignedOut,
    /// Somebody else is here now.
    Replaced,
}

impl Session {
    /// Whether this user is signed in.
    pub fn is_of(&self, id: &str) -> bool {
        matches!(self, Self::In(user) if &*user.id == id)
    }

    /// Who ended without meaning to may come back, and parts with nothing.
    pub fn parting(&self, next: &Self) -> Option<Parting> {
        match (self, next) {
            (Self::In(_) | Self::Ended, Self::Out) => Some(Parting::SignedOut),
            (Self::In(before), Self::In(now)) if before.id != now.id => Some(Parting::Replaced),
            _ => None,
        }
    }

    fn after(&self, change: SessionChange) -> Self {
        match (self, change) {
            (_, SessionChange::SignIn(user)) => Self::In(user),
            (Self::In(here), SessionChange::Know(user)) if here.id == user.id => Self::In(user),
            (_, SessionChange::Know(_)) => self.clone(),
            // Where nobody was, nothing ends.
            (Self::Out, SessionChange::Marked(Mark::Ended)) => Self::Out,
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
    fn session_is_only_of_its_own_user() {
        assert!(Session::In(ada()).is_of("ada"));
        assert!(!Session::In(ada()).is_of("grace"));
        assert!(!Session::Out.is_of("ada"));
        assert!(!Session::Ended.is_of("ada"));
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
    fn only_who_leaves_on_purpose_or_is_replaced_parts_with_what_was_typed() {
        let here = Session::In(ada());
        let unnamed = Session::In(User { email: None, ..ada() });
        let grace = Session::In(User { id: "grace".into(), email: None });
        assert_eq!(here.parting(&Session::Out), Some(Parting::SignedOut));
        assert_eq!(here.parting(&grace), Some(Parting::Replaced));
        assert_eq!(here.parting(&Session::Ended), None);
        assert_eq!(unnamed.parting(&here), None);
        assert_eq!(Session::Ended.parting(&here), None);
        assert_eq!(Session::Out.parting(&here), None);
    }

    #[test]
    fn an_end_elsewhere_is_an_end_here_only_for_who_was_in() {
        assert_eq!(marked(&Session::In(ada()), Mark::Ended), Session::Ended);
        assert_eq!(marked(&Session::Out, Mark::Ended), Session::Out);
        assert_eq!(marked(&Session::In(ada()), Mark::Out), Session::Out);
    }
}
