//! What users do with their own account, on behalf of one of their sessions.

use axum::http::HeaderMap;
use chrono::TimeDelta;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use secrecy::{ExposeSecret as _, SecretString};
use tracing::Instrument as _;

use crate::{
    backend::SuperTokens,
    core::Core,
    error::Error,
    limits::{Attempt, ClientAddress},
    recipes::{emailpassword::cdi::SignIn, form},
    session::{cdi::SessionInformation, claims::Claims, device::DEVICE, tokens},
    users::{LoginMethod, cdi::UpdateUser},
};

/// How many sessions are listed, and asked for at once.
const LISTED: usize = 50;
const AT_ONCE: usize = 8;

/// How old a session may be that proves by itself who its user is.
const FRESH: TimeDelta = TimeDelta::minutes(10);

/// The account of a session's user; cheap to clone. Whatever is asked of it, the session must live: an
/// access token that outlives its session opens nothing here.
///
/// What changes something goes on to its end when the caller goes away: half of it would leave
/// sessions that should be gone.
#[derive(Clone)]
pub struct Account {
    supertokens: SuperTokens,
    claims: Claims,
}

/// A session of the account.
#[derive(Debug, Clone)]
pub struct OwnSession {
    /// The session handle, a UUID.
    pub handle: String,
    /// In milliseconds since 1970.
    pub created_at: i64,
    /// Such as `Firefox on Windows`, where the browser said so when it signed in.
    pub device: Option<String>,
    /// Whether it is the one that asks.
    pub is_current: bool,
}

/// What came of a new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewPassword {
    /// The user has the new password.
    Set,
    /// The current one is another.
    WrongPassword,
    /// The new one breaks the rules for passwords; the text is for its user.
    Refused(&'static str),
    /// The account is entered from elsewhere.
    NoPassword,
}

/// Whether somebody has shown anew that the account is theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The password is the user's.
    Given,
    /// The password is not the user's.
    WrongPassword,
    /// There is no password, and the session is too old to do without.
    SignInAgain,
}

impl SuperTokens {
    /// The account of the user of `claims`.
    pub fn account(&self, claims: &Claims) -> Account {
        Account { supertokens: self.clone(), claims: claims.clone() }
    }
}

impl Account {
    fn core(&self) -> &Core {
        self.supertokens.core()
    }

    /// Whether its user signs in with a password, else with an account elsewhere.
    pub async fn has_password(&self) -> Result<bool, Error> {
        self.handles().await?;
        Ok(self.login_method().await?.recipe_id == "emailpassword")
    }

    /// This session, and the newest of the others.
    pub async fn sessions(&self) -> Result<Vec<OwnSession>, Error> {
        let own = self.claims.session_handle();
        let mut handles = self.handles().await?;
        handles.retain(|handle| handle != own);
        let newest_first = handles.into_iter().rev().take(LISTED - 1);
        stream::iter([own.to_owned()].into_iter().chain(newest_first))
            .map(async |handle| self.core().session_information(&handle).await)
            .buffered(AT_ONCE)
            // Those that ended in between are none.
            .try_filter_map(async |found| Ok(found.map(|session| self.own(session))))
            .try_collect()
            .await
            .map_err(Error::from)
    }

    /// Ends one of the sessions. Answers whether there was such a one: another user's is none.
    pub async fn revoke_session(self, handle: String) -> Result<bool, Error> {
        to_its_end(async move {
            let is_own = self.handles().await?.contains(&handle);
            Ok(is_own && !self.core().revoke_and_deny(&[&handle]).await?.is_empty())
        })
        .await
    }

    /// Ends all sessions, this one too. Answers the headers that make the client forget it.
    pub async fn sign_out_everywhere(self) -> Result<HeaderMap, Error> {
        to_its_end(async move {
            self.handles().await?;
            self.core().revoke_and_deny_all(self.claims.user_id()).await?;
            Ok(self.forgotten())
        })
        .await
    }

    /// Sets another password, and ends every session but this one: whoever knew the old password
    /// may have one.
    ///
    /// Errors: [`Error::TooMany`] as at signing in, with which it shares the count.
    pub async fn change_password(
        self,
        client: ClientAddress,
        current: SecretString,
        new: SecretString,
    ) -> Result<NewPassword, Error> {
        to_its_end(async move { self.replace_password(client, &current, &new).await }).await
    }

    async fn replace_password(
        &self,
        client: ClientAddress,
        current: &SecretString,
        new: &SecretString,
    ) -> Result<NewPassword, Error> {
        self.handles().await?;
        let method = self.login_method().await?;
        let Some(email) = password_email(&method) else {
            return Ok(NewPassword::NoPassword);
        };
        if let Some(reason) = form::password_error(new.expose_secret()) {
            return Ok(NewPassword::Refused(reason));
        }
        if !self.is_password(client, email, current).await? {
            return Ok(NewPassword::WrongPassword);
        }
        // Before, too: should the Core go away after the change, few are left.
        self.end_others().await?;
        match self.core().set_password(&method.recipe_user_id, new).await? {
            UpdateUser::Ok => {}
            // Deleted meanwhile.
            UpdateUser::UnknownUserIdError | UpdateUser::EmailAlreadyExistsError => {
                return Err(self.supertokens.ended());
            }
        }
        // After the change: a session that the old password opened in between would stay. The password
        // is new, whatever comes of this.
        if self.end_others().await.is_err()
            && let Err(error) = self.end_others().await
        {
            tracing::error!(%error, "sessions may be left that an old password opened");
        }
        Ok(NewPassword::Set)
    }

    /// Asks for the password, and where there is none for a sign-in of a moment ago.
    ///
    /// Errors: [`Error::TooMany`] as at signing in.
    pub async fn prove(
        &self,
        client: ClientAddress,
        password: Option<&SecretString>,
    ) -> Result<Proof, Error> {
        self.handles().await?;
        let method = self.login_method().await?;
        if let Some(email) = password_email(&method) {
            let Some(password) = password else { return Ok(Proof::WrongPassword) };
            let is_right = self.is_password(client, email, password).await?;
            return Ok(if is_right { Proof::Given } else { Proof::WrongPassword });
        }
        let session = self.core().session_information(self.claims.session_handle()).await?;
        let session = session.ok_or_else(|| self.supertokens.ended())?;
        let age = self.supertokens.0.clock.now().timestamp_millis() - session.time_created;
        let is_fresh = age <= FRESH.num_milliseconds();
        Ok(if is_fresh { Proof::Given } else { Proof::SignInAgain })
    }

    /// Deletes the user with their sessions and roles. Answers the headers that make the client
    /// forget the session.
    pub async fn delete(&self) -> Result<HeaderMap, Error> {
        self.handles().await?;
        self.core().delete_user(self.claims.user_id()).await?;
        Ok(self.forgotten())
    }

    /// Ends every session but this one.
    pub async fn end_others(&self) -> Result<(), Error> {
        let handles = self.core().session_handles(self.claims.user_id()).await?;
        let own = self.claims.session_handle();
        let others: Vec<_> = handles.iter().map(String::as_str).filter(|one| *one != own).collect();
        if !others.is_empty() {
            self.core().revoke_and_deny(&others).await?;
        }
        Ok(())
    }

    /// The handles of all sessions, oldest first.
    async fn handles(&self) -> Result<Vec<String>, Error> {
        let handles = self.core().session_handles(self.claims.user_id()).await?;
        let lives = handles.iter().any(|handle| handle == self.claims.session_handle());
        if lives { Ok(handles) } else { Err(self.supertokens.ended()) }
    }

    /// What the session was opened with.
    async fn login_method(&self) -> Result<LoginMethod, Error> {
        let id = self.claims.recipe_user_id();
        let user = self.core().user(id).await?;
        let method = user.and_then(|user| user.login_method(id).cloned());
        // Who was deleted has no session any more.
        method.ok_or_else(|| self.supertokens.ended())
    }

    async fn is_password(
        &self,
        client: ClientAddress,
        email: &str,
        password: &SecretString,
    ) -> Result<bool, Error> {
        self.supertokens.limits().attempt(Attempt::SignIn, client, email)?;
        let answer = self.core().sign_in(email, password.expose_secret()).await?;
        let id = self.claims.recipe_user_id();
        Ok(matches!(answer, SignIn::Ok { recipe_user_id, .. } if recipe_user_id == id))
    }

    fn own(&self, session: SessionInformation) -> OwnSession {
        let device = session.session_data.get(DEVICE).and_then(|device| device.as_str());
        OwnSession {
            device: device.map(str::to_owned),
            is_current: session.session_handle == self.claims.session_handle(),
            handle: session.session_handle,
            created_at: session.time_created,
        }
    }

    fn forgotten(&self) -> HeaderMap {
        tokens::clear_everywhere(&self.supertokens.0.cookies)
    }
}

/// Runs to its end, whether or not the caller waits for it.
pub async fn to_its_end<T: Send + 'static, E: From<Error> + Send + 'static>(
    work: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, E> {
    let ended = tokio::spawn(work.in_current_span()).await;
    ended.unwrap_or_else(|error| Err(Error::Unexpected(error.to_string()).into()))
}

/// The email that goes with a password.
fn password_email(method: &LoginMethod) -> Option<&str> {
    method.email.as_deref().filter(|email| method.is_password_of(email))
}
