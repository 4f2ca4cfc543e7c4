//! Every call of the client of a Core, made once.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};
use supertokens::{
    core::{Core, CoreError},
    session::{CoreToken, NewSession, Refresh, SessionTokens},
    users::UserQuery,
};

/// A name of several scripts, in a form that lower case does not change.
pub const NAME: &str = "jürgen-юрий-太郎";

/// The result of each call. A failed call does not stop the others: they use ids that do not exist.
pub async fn make_all(core: &Core) -> Vec<Result<(), CoreError>> {
    let mut calls = Calls { core, outcomes: Vec::new() };
    calls.infrastructure().await;
    calls.roles().await;
    let user_id = calls.users().await;
    calls.emails(&user_id).await;
    calls.sessions(&user_id).await;
    calls.dashboard().await;
    calls.end(core.delete_login_method(&user_id).await);
    calls.end(core.delete_user(&user_id).await);
    calls.outcomes
}

struct Calls<'a> {
    core: &'a Core,
    outcomes: Vec<Result<(), CoreError>>,
}

impl Calls<'_> {
    fn end<T>(&mut self, outcome: Result<T, CoreError>) -> Option<T> {
        let (value, outcome) = match outcome {
            Ok(value) => (Some(value), Ok(())),
            Err(error) => (None, Err(error)),
        };
        self.outcomes.push(outcome);
        value
    }

    async fn infrastructure(&mut self) {
        let core = self.core;
        self.end(core.check().await);
        self.end(core.keys().await);
        self.end(core.search_tags().await);
        self.end(core.first_factors().await);
    }

    async fn roles(&mut self) {
        let core = self.core;
        self.end(core.create_role(NAME, &[NAME, "other"]).await);
        self.end(core.roles().await);
        self.end(core.role_permissions(NAME).await);
        self.end(core.roles_with_permission(NAME).await);
        self.end(core.give_role(NAME, NAME).await);
        self.end(core.roles_of(NAME).await);
        self.end(core.role_users(NAME).await);
        self.end(core.take_role(NAME, NAME).await);
        self.end(core.remove_permissions(NAME, &[NAME]).await);
        self.end(core.delete_role(NAME).await);
    }

    /// Answers the id of a new user.
    async fn users(&mut self) -> String {
        let core = self.core;
        let (email, password) = (email(), password());
        self.end(core.sign_up(&email, password.expose_secret()).await);
        self.end(core.sign_in(&email, password.expose_secret()).await);
        self.end(core.sign_in_up(NAME, NAME, &email, false).await);
        self.end(core.users(UserQuery { limit: 10, ..UserQuery::default() }).await);
        self.end(core.count_users().await);
        let found = self.end(core.users_by_email(&email).await).unwrap_or_default();
        let owner = found.into_iter().find(|user| user.third_party.is_empty());
        let user_id = owner.map_or_else(|| NAME.to_owned(), |user| user.id);
        self.end(core.user(&user_id).await);
        self.end(core.set_email(&user_id, &email).await);
        self.end(core.set_password(&user_id, &password).await);
        user_id
    }

    async fn emails(&mut self, user_id: &str) {
        let (core, email) = (self.core, email());
        let token = self.end(core.create_verification_token(user_id, &email).await).flatten();
        self.end(core.verify_email(&token.unwrap_or_else(nothing)).await);
        self.end(core.is_email_verified(user_id, &email).await);
        self.end(core.unverify_email(user_id, &email).await);
        let token = self.end(core.create_reset_token(user_id, &email).await).flatten();
        self.end(core.consume_reset_token(&token.unwrap_or_else(nothing)).await);
    }

    async fn sessions(&mut self, user_id: &str) {
        let core = self.core;
        let data = Map::from_iter([(NAME.to_owned(), json!([NAME]))]);
        let new = NewSession {
            user_id,
            access_token_payload: Value::from(data.clone()),
            session_data: Value::from(data.clone()),
            enable_anti_csrf: false,
        };
        let tokens = self.end(core.create_session(new).await);
        let (handle, access, refresh) = parts(tokens);
        self.end(core.verify_session(access.expose_secret(), true).await);
        self.end(core.regenerate(&access, &data).await);
        self.end(core.session_handles(user_id).await);
        self.end(core.session_information(&handle).await);
        self.end(core.set_payload(&handle, &data).await);
        self.end(core.set_session_data(&handle, &data).await);
        let refreshed = self.end(core.refresh_session(refresh.expose_secret(), None, false).await);
        assert!(!matches!(refreshed, Some(Refresh::TokenTheftDetected { .. })));
        self.end(core.revoke_and_deny(&[&handle]).await);
        self.end(core.revoke_and_deny_all(user_id).await);
    }

    async fn dashboard(&mut self) {
        let (core, email, password) = (self.core, email(), password());
        self.end(core.add_dashboard_user(&email, &password).await);
        self.end(core.set_dashboard_password(&email, &password).await);
        self.end(core.dashboard_users().await);
        self.end(core.dashboard_sign_in(&email, &password).await);
        self.end(core.dashboard_session(&nothing()).await);
        self.end(core.end_dashboard_session(&nothing()).await);
        self.end(core.remove_dashboard_user(&email).await);
    }
}

fn email() -> String {
    format!("{NAME}@example.com")
}

fn password() -> SecretString {
    format!("{NAME}-Secret-1").into()
}

fn nothing() -> SecretString {
    NAME.into()
}

/// The handle and both tokens of a session, or of none.
fn parts(tokens: Option<SessionTokens>) -> (String, SecretString, SecretString) {
    let token = |token: CoreToken| token.token;
    match tokens {
        Some(tokens) => {
            let SessionTokens { session, access_token, refresh_token } = tokens;
            (session.handle, token(access_token), token(refresh_token))
        }
        None => (NAME.to_owned(), nothing(), nothing()),
    }
}
