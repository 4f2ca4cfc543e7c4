//! Focus for elements that the next render makes or moves.

use std::cell::RefCell;
use std::rc::Rc;

use yew::prelude::*;

use crate::ui::use_page::focus;

struct Wish {
    id: String,
    scroll: bool,
}

#[derive(Clone, Default)]
pub struct FocusLater(Rc<RefCell<Option<Wish>>>);

impl PartialEq for FocusLater {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl FocusLater {
    pub fn on(&self, id: impl Into<String>, scroll: bool) {
        *self.0.borrow_mut() = Some(Wish { id: id.into(), scroll });
    }
}

/// Grants the wish after the first render of the caller in which the element is there.
#[hook]
pub fn use_focus_later() -> FocusLater {
    let later = (*use_memo((), |()| FocusLater::default())).clone();
    let wish = later.clone();
    use_effect(move || {
        let mut wish = wish.0.borrow_mut();
        if wish.as_ref().is_some_and(|wish| focus(&wish.id, wish.scroll)) {
            *wish = None;
        }
    });
    later
}
