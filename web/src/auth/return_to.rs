//! Where somebody was who has to sign in first, kept in this tab: the way there may lead over another site.

use crate::browser::store;
use crate::routes::Route;

const KEY: &str = "todos.place";

pub fn remember(route: Route) {
    store::set(store::session(), KEY, Some(route.path()));
}

pub fn forget() {
    store::set(store::session(), KEY, None);
}

pub fn recall() -> Route {
    known(store::get(store::session(), KEY).as_deref())
}

/// A page of ours that is for who is signed in, else the start page.
fn known(path: Option<&str>) -> Route {
    match path.map(Route::of) {
        Some(Route::Account) => Route::Account,
        _ => Route::Home,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_ours_are_returned_to() {
        assert_eq!(known(Some("/account")), Route::Account);
        for path in
            [None, Some(""), Some("/auth"), Some("//evil.example"), Some("https://evil.example")]
        {
            assert_eq!(known(path), Route::Home, "{path:?}");
        }
    }
}
