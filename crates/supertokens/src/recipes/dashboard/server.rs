//! Those who can sign in to the dashboard. They are no users of the application.

use secrecy::SecretString;

use crate::{
    backend::SuperTokens,
    core::{Core, CoreError},
    recipes::{
        dashboard::cdi::{DashboardUser, SetDashboardUser},
        form,
    },
};

/// Dashboard users, from the server's side: the only way that one comes into being.
#[derive(Clone, Copy)]
pub struct DashboardUsers<'a>(&'a Core);

/// What came of adding somebody, or of a new password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetDashboardLogin {
    /// Added or changed.
    Done(DashboardUser),
    /// Somebody has it already.
    Taken,
    /// Email or password break the rules; the text is for who chose them.
    Refused(String),
    /// There is no such administrator.
    UnknownUser,
}

impl SuperTokens {
    /// Administrators who sign in to the dashboard, from the server's side.
    pub fn dashboard_users(&self) -> DashboardUsers<'_> {
        DashboardUsers::new(self.core())
    }
}

impl<'a> DashboardUsers<'a> {
    /// The administrators at this Core.
    pub fn new(core: &'a Core) -> Self {
        Self(core)
    }

    /// Who was added first comes first.
    pub async fn list(self) -> Result<Vec<DashboardUser>, CoreError> {
        self.0.dashboard_users().await
    }

    /// Errors: a Core without a licence for more refuses a fourth one, and says so.
    pub async fn add(
        self,
        email: &str,
        password: &SecretString,
    ) -> Result<SetDashboardLogin, CoreError> {
        self.0.add_dashboard_user(&form::normalised(email), password).await.map(Into::into)
    }

    /// Ends the sessions of whose password it is.
    pub async fn change_password(
        self,
        email: &str,
        password: &SecretString,
    ) -> Result<SetDashboardLogin, CoreError> {
        self.0.set_dashboard_password(&form::normalised(email), password).await.map(Into::into)
    }

    /// Ends their sessions, too. Answers whether there was one.
    pub async fn remove(self, email: &str) -> Result<bool, CoreError> {
        self.0.remove_dashboard_user(&form::normalised(email)).await
    }
}

impl From<SetDashboardUser> for SetDashboardLogin {
    fn from(answer: SetDashboardUser) -> Self {
        match answer {
            SetDashboardUser::Ok { user } => Self::Done(user),
            SetDashboardUser::EmailAlreadyExistsError => Self::Taken,
            SetDashboardUser::InvalidEmailError => Self::Refused("Email is invalid".to_owned()),
            SetDashboardUser::PasswordWeakError { message } => Self::Refused(message),
            SetDashboardUser::UnknownUserError => Self::UnknownUser,
        }
    }
}
