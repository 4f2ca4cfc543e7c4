//! Every form of the page: what it asks for, and to whom it goes.

use yew::AttrValue;

use crate::account::account_api;
use crate::auth::auth_api;
use crate::auth::fdi::Outcome;
use crate::client::error::Error;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    SignIn,
    SignUp,
    /// Asks for a link to choose a new password.
    AskForLink,
    /// By the token of that link.
    Reset(AttrValue),
    /// Of this user.
    ChangePassword(AttrValue),
    /// Of this user.
    Delete {
        user: AttrValue,
        has_password: bool,
    },
}

/// A field, as a person and a password manager see it.
#[derive(Debug, PartialEq, Eq)]
pub struct FieldSpec {
    /// In the page, and in what the server says of it.
    pub id: &'static str,
    pub label: &'static str,
    pub autocomplete: &'static str,
    /// Said where it is left empty.
    pub missing: &'static str,
}

impl FieldSpec {
    pub fn is_password(&self) -> bool {
        self.autocomplete.ends_with("password")
    }

    pub fn is_new_password(&self) -> bool {
        self.autocomplete == "new-password"
    }
}

const EMAIL: FieldSpec = FieldSpec {
    id: "email",
    label: "Email",
    autocomplete: "username",
    missing: "Enter your email address.",
};

const fn password(id: &'static str, label: &'static str, missing: &'static str) -> FieldSpec {
    FieldSpec { id, label, autocomplete: "current-password", missing }
}

const fn new_password(label: &'static str, missing: &'static str) -> FieldSpec {
    FieldSpec { id: "password", label, autocomplete: "new-password", missing }
}

const ENTER: &str = "Enter your password.";
const CHOOSE: &str = "Choose a new password.";

impl Form {
    pub const fn fields(&self) -> &'static [FieldSpec] {
        match self {
            Self::SignIn => &const { [EMAIL, password("password", "Password", ENTER)] },
            Self::SignUp => &const { [EMAIL, new_password("Password", ENTER)] },
            Self::AskForLink => &[EMAIL],
            Self::Reset(_) => &const { [new_password("New password", CHOOSE)] },
            Self::ChangePassword(_) => {
                &const {
                    [
                        password("current", "Current password", ENTER),
                        new_password("New password", CHOOSE),
                    ]
                }
            }
            Self::Delete { has_password: true, .. } => {
                &const { [password("proof", "Your password", ENTER)] }
            }
            Self::Delete { .. } => &[],
        }
    }

    /// What the button says, and what it says while the answer is on its way.
    pub const fn button(&self) -> (&'static str, &'static str) {
        match self {
            Self::SignIn => ("Sign in", "Signing in\u{2026}"),
            Self::SignUp => ("Create account", "Creating your account\u{2026}"),
            Self::AskForLink => ("Send a link", "Sending\u{2026}"),
            Self::Reset(_) => ("Set new password", "Saving\u{2026}"),
            Self::ChangePassword(_) => ("Change password", "Saving\u{2026}"),
            Self::Delete { .. } => ("Delete for good", "Deleting\u{2026}"),
        }
    }

    pub async fn send(&self, [first, second]: &[AttrValue; 2]) -> Result<Outcome, Error> {
        match self {
            Self::SignIn => auth_api::submit("/auth/signin", first, second).await,
            Self::SignUp => auth_api::submit("/auth/signup", first, second).await,
            Self::AskForLink => auth_api::ask_for_link(first).await,
            Self::Reset(token) => auth_api::reset(token, first).await,
            Self::ChangePassword(user) => account_api::change_password(user, first, second).await,
            Self::Delete { user, .. } => account_api::delete(user, first).await,
        }
    }
}
