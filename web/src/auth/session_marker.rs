//! The mark that tells the tabs of one browser whether somebody is signed in. It is a hint, not a
//! credential: the cookies that count are out of script's reach.

use crate::browser::sleep::now;
use crate::browser::store;

pub const KEY: &str = "todos.session";
const GENERATION: &str = "todos.generation";
/// Since when, in milliseconds since 1970, and who is about to leave.
const LEAVING: &str = "todos.leaving";
/// Whoever has not left by then does not: a tab that is closed meanwhile takes nothing back.
const LEAVING_MS: u64 = 30_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Signed in as the user of this id.
    In(String),
    /// Signed out on purpose, or never signed in.
    Out,
    /// The server no longer knows the session: whoever was here will want to come back.
    Ended,
}

impl Mark {
    /// Whether this user is the one who is signed in.
    pub fn names(&self, user: &str) -> bool {
        matches!(self, Self::In(id) if id == user)
    }

    /// Whether somebody else is signed in than this user.
    pub fn is_of_another_than(&self, user: &str) -> bool {
        matches!(self, Self::In(id) if id != user)
    }

    pub fn parse(text: Option<&str>) -> Self {
        match text {
            Some("ended") => Self::Ended,
            Some(text) => match text.strip_prefix("in:") {
                Some(id) if !id.is_empty() => Self::In(id.to_owned()),
                _ => Self::Out,
            },
            None => Self::Out,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::In(id) => format!("in:{id}"),
            Self::Out => "out".to_owned(),
            Self::Ended => "ended".to_owned(),
        }
    }
}

pub fn read() -> Mark {
    Mark::parse(store::get(store::local(), KEY).as_deref())
}

pub fn write(mark: &Mark) {
    if matches!(mark, Mark::In(_)) {
        store::set(store::local(), LEAVING, None);
    }
    store::set(store::local(), KEY, Some(&mark.text()));
}

/// Says to all tabs that the server has ended this user's session, unless somebody else is here by now.
pub fn end(user: &str) {
    if read().names(user) {
        let entry = store::get(store::local(), LEAVING).unwrap_or_default();
        let leaves = is_leaving(&entry, user, now());
        write(if leaves { &Mark::Out } else { &Mark::Ended });
    }
}

fn is_leaving(entry: &str, user: &str, now: u64) -> bool {
    let since = entry.split_once(' ').filter(|(_, id)| *id == user);
    let since = since.and_then(|(since, _)| since.parse::<u64>().ok());
    since.is_some_and(|since| now.checked_sub(since).is_some_and(|ms| ms < LEAVING_MS))
}

/// A user who leaves on purpose. Said before the server is told: a tab that hears from there that the session
/// is over, before the one that asked for it does, knows that nobody will come back.
#[must_use = "who has left says so, and who stays drops it"]
pub struct Leaving<'a>(&'a str);

impl<'a> Leaving<'a> {
    pub fn begin(user: &'a str) -> Self {
        let entry = [&*now().to_string(), " ", user].concat();
        store::set(store::local(), LEAVING, Some(&entry));
        Self(user)
    }

    /// Says to all tabs that this user has left, unless somebody else is here by now.
    pub fn done(self) {
        if !read().is_of_another_than(self.0) {
            write(&Mark::Out);
        }
    }
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        store::set(store::local(), LEAVING, None);
    }
}

/// Counts the refreshes of this browser, so that a request can tell whether its cookies have changed since
/// it was sent. A counter, because clocks can be set back.
pub fn generation() -> u64 {
    stored_generation().and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// The count as it is stored, none before the first.
pub fn stored_generation() -> Option<String> {
    store::get(store::local(), GENERATION)
}

pub fn next_generation() {
    let next = generation().wrapping_add(1).to_string();
    store::set(store::local(), GENERATION, Some(&next));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_survives_storage() {
        for mark in [Mark::In("a-1".to_owned()), Mark::Out, Mark::Ended] {
            assert_eq!(Mark::parse(Some(&mark.text())), mark);
        }
    }

    #[test]
    fn a_mark_names_one_user_or_nobody() {
        let ada = Mark::In("ada".to_owned());
        assert!(ada.names("ada") && !ada.is_of_another_than("ada"));
        assert!(!ada.names("grace") && ada.is_of_another_than("grace"));
        for nobody in [Mark::Out, Mark::Ended] {
            assert!(!nobody.names("ada") && !nobody.is_of_another_than("ada"));
        }
    }

    #[test]
    fn who_was_about_to_leave_long_ago_has_not_left() {
        let at = |now| is_leaving("1000 ada", "ada", now);
        assert_eq!([1_000, 30_999].map(at), [true; 2]);
        assert_eq!([999, 31_000].map(at), [false; 2], "clocks can be set back");
        for entry in ["", "ada", "1000 grace", "x ada"] {
            assert!(!is_leaving(entry, "ada", 1_000), "{entry}");
        }
    }

    #[test]
    fn anything_else_means_signed_out() {
        for text in [None, Some(""), Some("in:"), Some("yes")] {
            assert_eq!(Mark::parse(text), Mark::Out);
        }
    }
}
