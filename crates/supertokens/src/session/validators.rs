//! What a session must be allowed: claims that an operation asks for.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

/// Claim `{v, t}`: whether the email of the session's login method is verified.
pub const EMAIL_VERIFIED: &str = "st-ev";
/// Claim `{v, t}`: the user's roles.
pub const ROLES: &str = "st-role";
/// Claim `{v, t}`: what the user's roles permit.
pub const PERMISSIONS: &str = "st-perm";

/// How old a "no" may be: whoever has just verified their email need not wait for a refresh.
const MAX_AGE_OF_NO: TimeDelta = TimeDelta::seconds(10);
/// How old roles and permissions may be where an operation asks for them.
const MAX_AGE_OF_ROLES: TimeDelta = TimeDelta::minutes(5);

/// A claim that an operation asks for (SuperTokens: claim validator).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validator<'a> {
    /// The email of the session's login method is verified.
    EmailVerified,
    /// The user has this role.
    Role(&'a str),
    /// The user has a role with this permission.
    Permission(&'a str),
}

impl Validator<'_> {
    /// The claim that it looks at.
    pub fn claim(self) -> &'static str {
        match self {
            Self::EmailVerified => EMAIL_VERIFIED,
            Self::Role(_) => ROLES,
            Self::Permission(_) => PERMISSIONS,
        }
    }

    /// Whether the claim is to be fetched again before it counts.
    pub(crate) fn is_stale(self, payload: &Map<String, Value>, now: DateTime<Utc>) -> bool {
        let claim = payload.get(self.claim());
        let (Some(value), Some(fetched_at)) = (
            claim.and_then(|claim| claim.get("v")),
            claim.and_then(|claim| claim.get("t")?.as_i64()),
        ) else {
            return true;
        };
        let age = now.timestamp_millis() - fetched_at;
        match self {
            Self::EmailVerified => *value == false && age > MAX_AGE_OF_NO.num_milliseconds(),
            Self::Role(_) | Self::Permission(_) => age > MAX_AGE_OF_ROLES.num_milliseconds(),
        }
    }

    /// FDI `claimValidationErrors`: why the payload does not hold what is asked for, if so.
    pub(crate) fn failure(self, payload: &Map<String, Value>) -> Option<Value> {
        let actual = payload.get(self.claim()).and_then(|claim| claim.get("v"));
        let (holds, asked, expected) = match self {
            Self::EmailVerified => (actual == Some(&true.into()), "expectedValue", true.into()),
            Self::Role(name) | Self::Permission(name) => {
                let list = actual.and_then(Value::as_array);
                let holds = list.is_some_and(|list| list.iter().any(|item| item == name));
                (holds, "expectedToInclude", Value::from(name))
            }
        };
        if holds {
            return None;
        }
        let message = if actual.is_some() { "wrong value" } else { "value does not exist" };
        let mut reason = Map::new();
        reason.insert("message".to_owned(), message.into());
        reason.insert(asked.to_owned(), expected);
        if let Some(actual) = actual {
            reason.insert("actualValue".to_owned(), actual.clone());
        }
        Some(json!({"id": self.claim(), "reason": reason}))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(claims: Value) -> Map<String, Value> {
        let Value::Object(claims) = claims else { panic!("claims are an object") };
        claims
    }

    fn at(millis: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(millis).unwrap()
    }

    #[test]
    fn a_no_is_fetched_again_after_ten_seconds_and_a_yes_is_not() {
        for (value, age, stale) in [
            (json!(false), 10_000, false),
            (json!(false), 10_001, true),
            (json!(true), 1_000_000_000, false),
        ] {
            let payload = payload(json!({"st-ev": {"v": value, "t": 5}}));
            assert_eq!(Validator::EmailVerified.is_stale(&payload, at(5 + age)), stale, "{age}");
        }
        assert!(Validator::EmailVerified.is_stale(&payload(json!({})), at(0)));
    }

    #[test]
    fn roles_are_fetched_again_after_five_minutes() {
        let payload = payload(json!({"st-role": {"v": [], "t": 0}}));
        assert!(!Validator::Role("admin").is_stale(&payload, at(300_000)));
        assert!(Validator::Role("admin").is_stale(&payload, at(300_001)));
    }

    #[test]
    fn what_is_missing_or_of_another_type_does_not_hold() {
        for claims in [
            json!({}),
            json!({"st-role": null}),
            json!({"st-role": {"v": "admin", "t": 0}}),
            json!({"st-role": {"v": ["administrator"], "t": 0}}),
            json!({"st-perm": {"v": ["admin"], "t": 0}}),
        ] {
            assert!(
                Validator::Role("admin").failure(&payload(claims.clone())).is_some(),
                "{claims}"
            );
        }
        let claims = payload(json!({"st-role": {"v": ["editor", "admin"], "t": 0}}));
        assert_eq!(Validator::Role("admin").failure(&claims), None);
        let missing = Validator::EmailVerified.failure(&payload(json!({}))).unwrap();
        let reason = json!({"message": "value does not exist", "expectedValue": true});
        assert_eq!(missing, json!({"id": "st-ev", "reason": reason}));
    }
}
