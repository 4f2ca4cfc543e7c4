//! GitHub speaks OAuth 2 without OpenID: who it is comes from its REST API.

use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use crate::recipes::thirdparty::{
    Profile, ProfileEmail, ProviderError, http::Http, options::below,
};

#[derive(Deserialize)]
struct User {
    id: u64,
}

#[derive(Deserialize)]
struct Email {
    #[serde(rename = "email")]
    address: String,
    primary: bool,
    verified: bool,
}

pub async fn profile(
    http: &Http,
    api: &Url,
    access_token: &SecretString,
) -> Result<Profile, ProviderError> {
    let (user, emails) = tokio::try_join!(
        http.get::<User>(below(api, "user"), Some(access_token)),
        // A GitHub App has no access to emails unless its owner asks for the permission "Email addresses".
        http.get_permitted::<Vec<Email>>(below(api, "user/emails"), access_token),
    )?;
    let primary = emails.into_iter().flatten().find(|email| email.primary);
    Ok(Profile {
        user_id: user.id.to_string(),
        email: primary
            .map(|found| ProfileEmail { address: found.address, is_verified: found.verified }),
    })
}
