//! A user, in the shape that CDI and FDI share.

pub(crate) mod cdi;
pub(crate) mod server;

use serde::{Deserialize, Serialize};

pub use self::{
    cdi::{Order, UpdateUser, UserPage, UserQuery},
    server::{ChangeEmail, ChangePassword, Users},
};

/// FDI and CDI `user`. Times are in milliseconds since 1970.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The user id, a UUID unless the user was imported.
    pub id: String,
    /// Whether other login methods can be linked to this user.
    pub is_primary_user: bool,
    /// The tenants that the user can sign in to.
    pub tenant_ids: Vec<String>,
    /// The emails of all login methods, each once.
    pub emails: Vec<String>,
    /// The phone numbers of all login methods, each once.
    pub phone_numbers: Vec<String>,
    /// The user's identities at providers.
    pub third_party: Vec<ThirdParty>,
    /// The ways in which the user can sign in.
    pub login_methods: Vec<LoginMethod>,
    /// When the first login method was made.
    pub time_joined: i64,
}

/// One way in for a user. Without account linking a user has exactly one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoginMethod {
    /// The recipe: `emailpassword`, `thirdparty` or `passwordless`.
    pub recipe_id: String,
    /// The id of this login method.
    pub recipe_user_id: String,
    /// The tenants that it can be used in.
    pub tenant_ids: Vec<String>,
    /// The email, which a phone number can stand for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The phone number (E.164).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// The identity at a provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub third_party: Option<ThirdParty>,
    /// When this login method was made.
    pub time_joined: i64,
    /// Whether the email is verified.
    pub verified: bool,
}

/// The user's identity at a provider.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ThirdParty {
    /// The provider (FDI's `thirdPartyId`).
    pub id: String,
    /// The user's id at the provider.
    pub user_id: String,
}

impl User {
    /// Whether the email of the login method `recipe_user_id` is verified.
    pub fn is_verified(&self, recipe_user_id: &str) -> bool {
        self.login_method(recipe_user_id).is_some_and(|method| method.verified)
    }

    /// Whether mail to `email` could let somebody else in as this user: no login method shows that the email is theirs,
    /// and another email or a phone number may be.
    pub fn may_be_taken_over_by(&self, email: &str) -> bool {
        let has = |method: &LoginMethod| method.email.as_deref() == Some(email);
        let methods = &self.login_methods;
        methods.iter().any(has)
            && !methods.iter().any(|method| has(method) && method.verified)
            && methods.iter().any(|method| {
                method.phone_number.is_some() || (method.email.is_some() && !has(method))
            })
    }

    /// The login method with this id.
    pub fn login_method(&self, recipe_user_id: &str) -> Option<&LoginMethod> {
        self.login_methods.iter().find(|method| method.recipe_user_id == recipe_user_id)
    }
}

impl LoginMethod {
    /// Whether this is `email` and a password.
    pub fn is_password_of(&self, email: &str) -> bool {
        self.recipe_id == "emailpassword" && self.email.as_deref() == Some(email)
    }
}
