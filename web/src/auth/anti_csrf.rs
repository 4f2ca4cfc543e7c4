//! The session's secret against CSRF (`ANTI_CSRF=via-token`), kept and sent as official front-end SDKs do.
//!
//! All tabs share it, as they share the cookies. Pages of other sites cannot read it.

use crate::browser::store;

/// `view.js` and the playground read it, too.
const KEY: &str = "todos.anti-csrf";

/// Carries the secret, in responses as in requests.
pub const HEADER: &str = "anti-csrf";

/// What a response says about the session. `remove` means that there is none.
pub const FRONT_TOKEN: &str = "front-token";

#[derive(Debug, PartialEq, Eq)]
enum Change {
    None,
    Store(String),
    Remove,
}

/// The secret to send with the next request, if the session has one.
pub fn token() -> Option<String> {
    store::get(store::local(), KEY)
}

/// Takes the two headers of a response.
pub fn update(anti_csrf: Option<String>, front_token: Option<&str>) {
    match change(anti_csrf, front_token) {
        Change::None => {}
        Change::Store(token) => {
            store::set(store::local(), KEY, Some(&token));
        }
        Change::Remove => {
            store::set(store::local(), KEY, None);
        }
    }
}

fn change(anti_csrf: Option<String>, front_token: Option<&str>) -> Change {
    match (anti_csrf, front_token) {
        (Some(token), _) => Change::Store(token),
        (None, Some("remove")) => Change::Remove,
        (None, _) => Change::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_follows_the_session() {
        let token = || Some("s3cret".to_owned());
        assert_eq!(change(token(), Some("eyJ1aWQi")), Change::Store("s3cret".to_owned()));
        assert_eq!(change(token(), None), Change::Store("s3cret".to_owned()));
        assert_eq!(change(None, Some("remove")), Change::Remove);
    }

    #[test]
    fn other_responses_keep_the_secret() {
        for front_token in [None, Some(""), Some("eyJ1aWQi")] {
            assert_eq!(change(None, front_token), Change::None, "{front_token:?}");
        }
    }
}
