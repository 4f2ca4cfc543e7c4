//! A user, in the shape that CDI and FDI share.

use serde::{Deserialize, Serialize};

/// FDI and CDI `user`. Times are in milliseconds since 1970.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    pub id: String,
    pub is_primary_user: bool,
    pub tenant_ids: Vec<String>,
    pub emails: Vec<String>,
    pub phone_numbers: Vec<String>,
    pub third_party: Vec<ThirdParty>,
    pub login_methods: Vec<LoginMethod>,
    pub time_joined: i64,
}

/// One way in for a user. Without account linking a user has exactly one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoginMethod {
    pub recipe_id: String,
    pub recipe_user_id: String,
    pub tenant_ids: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub third_party: Option<ThirdParty>,
    pub time_joined: i64,
    pub verified: bool,
}

/// The user's identity at a provider.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ThirdParty {
    pub id: String,
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
