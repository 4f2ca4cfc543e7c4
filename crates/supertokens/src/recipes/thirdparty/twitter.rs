//! X speaks OAuth 2 without OpenID, and tells no email.

use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use crate::recipes::thirdparty::{Profile, ProviderError, http::Http, options::below};

#[derive(Deserialize)]
struct Me {
    data: User,
}

#[derive(Deserialize)]
struct User {
    id: String,
}

pub async fn profile(
    http: &Http,
    api: &Url,
    access_token: &SecretString,
) -> Result<Profile, ProviderError> {
    let me: Me = http.get(below(api, "2/users/me"), Some(access_token)).await?;
    Ok(Profile { user_id: me.data.id, email: None })
}
