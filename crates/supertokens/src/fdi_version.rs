//! The version of the FDI that a client speaks, as far as responses differ.

use axum::http::HeaderMap;
use serde_json::{Map, Value, json};

use crate::users::User;

/// Major and minor.
type Version = (u32, u32);

/// The response to a sign-in: `user`, and whether it is new if that is told. Clients of FDI below 1.18, and of 2.x, get
/// the user object of that time.
pub fn signed_in(
    request: &HeaderMap,
    user: &User,
    recipe_user_id: &str,
    is_new: Option<bool>,
) -> Value {
    let is_old = newest(request).is_some_and(has_old_users);
    let (user, name) = if is_old {
        (old_user(user, recipe_user_id), "createdNewUser")
    } else {
        (json!(user), "createdNewRecipeUser")
    };
    let mut body = Map::from_iter([("status".to_owned(), "OK".into()), ("user".to_owned(), user)]);
    body.extend(is_new.map(|is_new| (name.to_owned(), is_new.into())));
    body.into()
}

fn has_old_users(version: Version) -> bool {
    version < (1, 18) || ((2, 0)..(3, 0)).contains(&version)
}

/// The newest of the versions in `fdi-version`, a list. None: the client speaks the newest of all.
fn newest(headers: &HeaderMap) -> Option<Version> {
    let list = headers.get("fdi-version")?.to_str().ok()?;
    let version = |text: &str| {
        let (major, minor) = text.trim().split_once('.')?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    };
    list.split(',').filter_map(version).max()
}

fn old_user(user: &User, recipe_user_id: &str) -> Value {
    let mut old = Map::new();
    old.insert("id".to_owned(), user.id.as_str().into());
    old.insert("timeJoined".to_owned(), user.time_joined.into());
    if let Some(method) = user.login_method(recipe_user_id) {
        old.extend(method.email.as_deref().map(|email| ("email".to_owned(), email.into())));
        let third_party = method.third_party.as_ref();
        old.extend(third_party.map(|third_party| ("thirdParty".to_owned(), json!(third_party))));
    }
    old.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_old(list: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert("fdi-version", list.parse().unwrap());
        newest(&headers).is_some_and(has_old_users)
    }

    #[test]
    fn newest_version_of_the_list_counts() {
        for old in ["1.17", "1.9", "2.0", "2.1", "1.16, 1.17", "1.19,2.0"] {
            assert!(is_old(old), "{old}");
        }
        for new in ["1.18", "1.19", "3.0", "3.1", "4.1", "2.0,3.0,4.2", "", "x", "1"] {
            assert!(!is_old(new), "{new}");
        }
        assert_eq!(newest(&HeaderMap::new()), None);
    }
}
