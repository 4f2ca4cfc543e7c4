//! CDI of the recipe ThirdParty.

use serde::Deserialize;
use serde_json::json;

use crate::{
    core::{Core, CoreError, TENANT},
    users::User,
};

/// What came of a sign-in with an account elsewhere.
#[derive(Debug, Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SignInUp {
    /// Signed in or up.
    #[serde(rename_all = "camelCase")]
    Ok {
        /// The user with all login methods.
        user: User,
        /// The id of the login method that was used.
        recipe_user_id: String,
        /// Whether the user is new.
        created_new_user: bool,
    },
    /// The provider has another email for the user now, and another user has it here.
    EmailChangeNotAllowedError,
}

impl Core {
    /// `POST /recipe/signinup`: the user of a third party's id, made if there is none.
    pub async fn sign_in_up(
        &self,
        third_party_id: &str,
        third_party_user_id: &str,
        email: &str,
        is_verified: bool,
    ) -> Result<SignInUp, CoreError> {
        let body = json!({
            "thirdPartyId": third_party_id,
            "thirdPartyUserId": third_party_user_id,
            "email": {"id": email, "isVerified": is_verified},
        });
        self.post(&format!("{TENANT}/recipe/signinup"), "thirdparty", body).await
    }
}
