//! Which todos are looked at.

use yew::AttrValue;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Show {
    #[default]
    All,
    Open,
    Done,
}

impl Show {
    pub const ALL: [Self; 3] = [Self::All, Self::Open, Self::Done];

    /// In the address.
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Open => "open",
            Self::Done => "done",
        }
    }

    /// What `isComplete` has to be, where it matters.
    pub fn is_complete(self) -> Option<bool> {
        (self != Self::All).then_some(self == Self::Done)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub show: Show,
    /// A part of the task; empty where any will do.
    pub search: AttrValue,
}

impl Filter {
    /// By the parts of an address. What it cannot mean is the whole list.
    pub fn new(show: Option<&str>, search: Option<String>) -> Self {
        let show = Show::ALL.into_iter().find(|it| Some(it.name()) == show).unwrap_or_default();
        Self { show, search: search.unwrap_or_default().into() }
    }

    pub fn is_all(&self) -> bool {
        self.show == Show::All && self.search.is_empty()
    }

    pub fn has(&self, is_complete: bool) -> bool {
        self.show.is_complete().is_none_or(|wanted| wanted == is_complete)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_what_is_shown() {
        for show in Show::ALL {
            assert_eq!(Filter::new(Some(show.name()), None).show, show);
        }
        assert!(Filter::new(Some("nothing"), None).is_all());
        assert!(!Filter::new(None, Some("milk".to_owned())).is_all());
    }

    #[test]
    fn a_filter_has_what_it_names() {
        let [all, open, done] = Show::ALL.map(|show| Filter { show, ..Filter::default() });
        assert!(all.has(true) && all.has(false));
        assert!(open.has(false) && !open.has(true));
        assert!(done.has(true) && !done.has(false));
    }
}
