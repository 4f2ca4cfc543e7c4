//! The access token's payload: what the recipes put into it, and how it changes while the session
//! goes on.

use serde_json::{Map, Value, json};

use crate::{
    backend::SuperTokens,
    core::CoreError,
    error::Error,
    recipes::{emailverification::fdi as emailverification, userroles::claims as userroles},
    session::{
        Session,
        cdi::Regenerate,
        validators::{EMAIL_VERIFIED, PERMISSIONS, ROLES, Validator},
    },
    users::User,
};

/// Claims that the Core sets, and nobody else may.
const CORE_CLAIMS: [&str; 10] = [
    "sub",
    "rsub",
    "tId",
    "iat",
    "exp",
    "stt",
    "sessionHandle",
    "refreshTokenHash1",
    "parentRefreshTokenHash1",
    "antiCsrfToken",
];

/// Changes `payload`: `null` takes a claim out, and the Core's own are left alone.
pub(crate) fn merge(payload: &mut Map<String, Value>, changes: Map<String, Value>) {
    for (claim, value) in changes {
        if CORE_CLAIMS.contains(&claim.as_str()) {
            continue;
        }
        match value {
            Value::Null => payload.remove(&claim),
            value => payload.insert(claim, value),
        };
    }
}

impl SuperTokens {
    /// The payload of a new session: `iss`, `st-ev`, `st-role` and `st-perm`.
    pub(crate) async fn new_payload(
        &self,
        user: &User,
        recipe_user_id: &str,
    ) -> Result<Value, CoreError> {
        let roles = userroles::fetch(self.core(), &user.id).await?;
        Ok(json!({
            "iss": self.issuer(),
            EMAIL_VERIFIED: self.claim(user.is_verified(recipe_user_id)),
            ROLES: self.claim(roles.names),
            PERMISSIONS: self.claim(roles.permissions),
        }))
    }

    /// A claim's value, with the time it was fetched at in milliseconds.
    fn claim(&self, value: impl Into<Value>) -> Value {
        json!({"v": value.into(), "t": self.0.clock.now().timestamp_millis()})
    }

    /// Changes the session's payload at once: in the Core, and in the token that the answer's
    /// headers hand out. `null` takes a claim out; claims of the Core cannot be changed.
    pub async fn merge_into_payload(
        &self,
        session: Session,
        changes: Map<String, Value>,
    ) -> Result<Session, Error> {
        let mut payload = session.claims.to_map();
        payload.retain(|claim, _| !CORE_CLAIMS.contains(&claim.as_str()));
        merge(&mut payload, changes);
        match self.core().regenerate(session.token(), &payload).await? {
            Regenerate::Ok { access_token: Some(access) } => {
                self.replace(session.transport(), access)
            }
            Regenerate::Ok { access_token: None } => Err(Error::TryRefreshToken),
            Regenerate::Unauthorised => Err(self.ended()),
        }
    }

    /// Sets one claim of the session to what was just fetched.
    pub(crate) async fn set_claim(
        &self,
        session: Session,
        claim: &str,
        value: impl Into<Value>,
    ) -> Result<Session, Error> {
        let changes = Map::from_iter([(claim.to_owned(), self.claim(value))]);
        self.merge_into_payload(session, changes).await
    }

    /// Lets the session pass if its claims hold, fetched again where they are too old to count.
    ///
    /// Errors: [`Error::InvalidClaim`], whose answer hands out what was fetched.
    pub(crate) async fn validate(
        &self,
        mut session: Session,
        validators: &[Validator<'_>],
    ) -> Result<Session, Error> {
        if validators.is_empty() {
            return Ok(session);
        }
        for validator in validators {
            if validator.is_stale(&session.claims.to_map(), self.0.clock.now()) {
                session = self.fetch_claim(session, *validator).await?;
            }
        }
        let payload = session.claims.to_map();
        let failures: Vec<_> =
            validators.iter().filter_map(|validator| validator.failure(&payload)).collect();
        if failures.is_empty() {
            return Ok(session);
        }
        Err(Error::InvalidClaim { failures, headers: session.headers })
    }

    async fn fetch_claim(
        &self,
        session: Session,
        validator: Validator<'_>,
    ) -> Result<Session, Error> {
        if validator == Validator::EmailVerified {
            return emailverification::fetch_claim(self, session).await;
        }
        let roles = userroles::fetch(self.core(), session.claims.user_id()).await?;
        let changes = Map::from_iter([
            (ROLES.to_owned(), self.claim(roles.names)),
            (PERMISSIONS.to_owned(), self.claim(roles.permissions)),
        ]);
        self.merge_into_payload(session, changes).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merge_adds_replaces_and_takes_out_but_never_touches_the_cores_claims() {
        let object = |value: Value| value.as_object().unwrap().clone();
        let mut payload = object(json!({"plan": "free", "iss": "us", "old": 1}));
        merge(
            &mut payload,
            object(json!({"plan": "pro", "old": null, "absent": null, "sub": "eve", "exp": 9})),
        );
        assert_eq!(Value::Object(payload), json!({"plan": "pro", "iss": "us"}));
    }
}
