//! What users do with their own account, by the operations of `queries/`.

use graphql_client::GraphQLQuery;
use yew::AttrValue;

use crate::auth::fdi::{FieldError, Outcome};
use crate::auth::session_marker;
use crate::auth::session_marker::Leaving;
use crate::client::documents::documents;
use crate::client::error::Error;
use crate::client::graphql::{Document, run};
use crate::sync::queue;

/// RFC 3339; only shown.
type DateTime = String;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "../schema.graphql", query_path = "queries/Account.graphql")]
struct Account;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "../schema.graphql", query_path = "queries/RevokeSession.graphql")]
struct RevokeSession;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "../schema.graphql", query_path = "queries/SignOutEverywhere.graphql")]
struct SignOutEverywhere;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "../schema.graphql", query_path = "queries/ChangePassword.graphql")]
struct ChangePassword;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "../schema.graphql", query_path = "queries/DeleteAccount.graphql")]
struct DeleteAccount;

documents!(Account, RevokeSession, SignOutEverywhere, ChangePassword, DeleteAccount);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    pub email: Option<AttrValue>,
    pub has_password: bool,
    /// This one comes first.
    pub sessions: Vec<Session>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: AttrValue,
    /// RFC 3339.
    pub created_at: AttrValue,
    pub device: Option<AttrValue>,
    pub is_current: bool,
}

pub async fn overview(user: &str) -> Result<Overview, Error> {
    let data = ask::<Account>(user, account::Variables {}).await?;
    let session = |session: account::AccountSessions| Session {
        id: session.id.into(),
        created_at: session.created_at.into(),
        device: session.device.map(Into::into),
        is_current: session.is_current,
    };
    Ok(Overview {
        email: data.session.email.map(Into::into),
        has_password: data.session.has_password,
        sessions: data.sessions.into_iter().map(session).collect(),
    })
}

/// Over is over, whoever ended it.
pub async fn revoke(user: &str, id: &str) -> Result<(), Error> {
    let variables = revoke_session::Variables { id: id.to_owned() };
    match ask::<RevokeSession>(user, variables).await {
        Ok(_) | Err(Error::NotFound) => Ok(()),
        Err(error) => Err(error),
    }
}

pub async fn sign_out_everywhere(user: &str) -> Result<(), Error> {
    let leaving = Leaving::begin(user);
    ask::<SignOutEverywhere>(user, sign_out_everywhere::Variables {}).await?;
    leaving.done();
    Ok(())
}

pub async fn change_password(user: &str, current: &str, new: &str) -> Result<Outcome, Error> {
    use change_password::{ChangePasswordInput, ChangePasswordOutcome as Answer, Variables};

    let (current_password, new_password) = (current.to_owned(), new.to_owned());
    let input = ChangePasswordInput { current_password, new_password };
    match ask::<ChangePassword>(user, Variables { input }).await {
        Ok(data) => match data.change_password.map(|payload| payload.outcome) {
            Some(Answer::CHANGED) => Ok(Outcome::Done),
            Some(Answer::WRONG_PASSWORD) => Ok(at("current", "That is not your current password.")),
            Some(Answer::Other(_)) | None => Err(Error::Unexpected),
        },
        // The rules are about the new one.
        Err(Error::BadInput(reason)) => Ok(at("password", &reason)),
        Err(error) => Err(error),
    }
}

/// An empty password stands for none.
pub async fn delete(user: &str, password: &str) -> Result<Outcome, Error> {
    use delete_account::{DeleteAccountOutcome as Answer, Variables};

    let password = Some(password.to_owned()).filter(|password| !password.is_empty());
    let leaving = Leaving::begin(user);
    let data = ask::<DeleteAccount>(user, Variables { password }).await?;
    match data.delete_account.map(|payload| payload.outcome) {
        Some(Answer::DELETED) => {
            leaving.done();
            queue::forget(user);
            Ok(Outcome::Done)
        }
        Some(Answer::WRONG_PASSWORD) => Ok(at("proof", "That is not your password.")),
        Some(Answer::SIGN_IN_AGAIN) => Ok(Outcome::NotAllowed(SIGN_IN_AGAIN.to_owned())),
        Some(Answer::Other(_)) | None => Err(Error::Unexpected),
    }
}

const SIGN_IN_AGAIN: &str = "You signed in more than ten minutes ago. Sign in again first.";

fn at(id: &str, error: &str) -> Outcome {
    Outcome::Fields(vec![FieldError { id: id.to_owned(), error: error.to_owned() }])
}

/// These operations ask the server whether the session lives: where it does not, all tabs are told.
async fn ask<Q: Document>(user: &str, variables: Q::Variables) -> Result<Q::ResponseData, Error> {
    let answer = run::<Q>(user, variables).await;
    if let Err(Error::SessionEnded) = answer {
        session_marker::end(user);
    }
    answer
}
