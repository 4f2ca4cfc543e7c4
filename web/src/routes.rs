//! The page's addresses. The server answers every one of them with the same document.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    Home,
    Account,
    Auth,
    /// With a token, where the link of a mail leads; without, where one asks for it.
    ResetPassword,
    /// With a token, where the link of a mail leads; without, where one waits for it.
    VerifyEmail,
    /// Where providers send the browser back to, each to an address of its own.
    Callback,
    NotFound,
}

/// Every route that has one path.
const PATHS: [(Route, &str); 5] = [
    (Route::Home, "/"),
    (Route::Account, "/account"),
    (Route::Auth, "/auth"),
    (Route::ResetPassword, "/auth/reset-password"),
    (Route::VerifyEmail, "/auth/verify-email"),
];

impl Route {
    pub fn of(path: &str) -> Self {
        let path = path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(path);
        let named = PATHS.iter().find(|(_, named)| *named == path).map(|(route, _)| *route);
        named.unwrap_or(match path.strip_prefix("/auth/callback/") {
            Some(_) => Self::Callback,
            None => Self::NotFound,
        })
    }

    /// One that has no path of its own is not led to: the start page is.
    pub fn path(self) -> &'static str {
        PATHS.iter().find(|(route, _)| *route == self).map_or("/", |(_, path)| path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_the_route_that_has_it() {
        for (route, path) in PATHS {
            assert_eq!(Route::of(path), route);
            assert_eq!(route.path(), path);
        }
        assert_eq!(Route::of("/account/"), Route::Account);
        assert_eq!(Route::of("/auth/callback/github"), Route::Callback);
    }

    #[test]
    fn whatever_else_is_asked_for_is_not_found() {
        for path in ["", "/accounts", "/account/x", "/auth/callback", "//evil.example"] {
            assert_eq!(Route::of(path), Route::NotFound, "{path:?}");
        }
    }
}
