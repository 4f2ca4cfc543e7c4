//! Sign-in with accounts elsewhere: a provider is offered when its variables are set.

use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};
use url::{Host, Url};

use super::{ConfigError, http_url, secret};
use crate::supertokens::thirdparty::{AppleKey, ClientSecret, ProviderOptions};

#[derive(Debug, Clone, Args)]
pub struct ProviderVars {
    /// The client id of Google: <https://console.cloud.google.com/apis/credentials>. Where the
    /// provider asks for the redirect URI: `WEBSITE_DOMAIN/auth/callback/google`, and alike for
    /// all others but Apple.
    #[arg(long, env = "GOOGLE_CLIENT_ID")]
    google_client_id: Option<String>,

    /// The client secret of Google.
    #[arg(long, env = "GOOGLE_CLIENT_SECRET", hide_env_values = true, value_parser = secret)]
    google_client_secret: Option<SecretString>,

    /// The client id of GitHub: <https://github.com/settings/developers>.
    #[arg(long, env = "GITHUB_CLIENT_ID")]
    github_client_id: Option<String>,

    /// The client secret of GitHub.
    #[arg(long, env = "GITHUB_CLIENT_SECRET", hide_env_values = true, value_parser = secret)]
    github_client_secret: Option<SecretString>,

    /// The client id (OAuth 2) of X: <https://developer.x.com/en/portal/dashboard>.
    #[arg(long, env = "TWITTER_CLIENT_ID")]
    twitter_client_id: Option<String>,

    /// The client secret of X.
    #[arg(long, env = "TWITTER_CLIENT_SECRET", hide_env_values = true, value_parser = secret)]
    twitter_client_secret: Option<SecretString>,

    /// The Services ID of Apple: <https://developer.apple.com/account/resources/identifiers>. The
    /// return URL there: `API_DOMAIN/auth/callback/apple`.
    #[arg(long, env = "APPLE_CLIENT_ID")]
    apple_client_id: Option<String>,

    /// The team id of Apple.
    #[arg(long, env = "APPLE_TEAM_ID")]
    apple_team_id: Option<String>,

    /// The id of the key for Sign in with Apple.
    #[arg(long, env = "APPLE_KEY_ID")]
    apple_key_id: Option<String>,

    /// That key itself: the text of the `.p8` file, with `\n` for its line breaks.
    #[arg(long, env = "APPLE_PRIVATE_KEY", hide_env_values = true, value_parser = secret)]
    apple_private_key: Option<SecretString>,

    /// Ids of your own for other providers with OpenID Connect, with commas between: `keycloak,okta`.
    /// Each is described by `OIDC_<ID>_ISSUER`, `OIDC_<ID>_CLIENT_ID`, `OIDC_<ID>_CLIENT_SECRET`
    /// (empty: a public client) and `OIDC_<ID>_NAME`.
    #[arg(long, env = "OIDC_PROVIDERS", value_delimiter = ',', value_parser = id)]
    oidc_providers: Vec<String>,
}

impl ProviderVars {
    /// The providers that are configured. `var` reads what `OIDC_PROVIDERS` announces.
    pub(super) fn read(
        &self,
        var: impl Fn(&str) -> Option<String>,
    ) -> Result<Vec<ProviderOptions>, ConfigError> {
        let mut list = Vec::new();
        let google = ("GOOGLE_CLIENT_ID", &self.google_client_id);
        if let Some((id, secret)) =
            both(google, ("GOOGLE_CLIENT_SECRET", &self.google_client_secret))?
        {
            list.push(ProviderOptions::google(id, secret));
        }
        let github = ("GITHUB_CLIENT_ID", &self.github_client_id);
        if let Some((id, secret)) =
            both(github, ("GITHUB_CLIENT_SECRET", &self.github_client_secret))?
        {
            list.push(ProviderOptions::github(id, secret));
        }
        list.extend(self.apple()?);
        let twitter = ("TWITTER_CLIENT_ID", &self.twitter_client_id);
        if let Some((id, secret)) =
            both(twitter, ("TWITTER_CLIENT_SECRET", &self.twitter_client_secret))?
        {
            list.push(ProviderOptions::twitter(id, secret));
        }
        for id in &self.oidc_providers {
            if list.iter().any(|other: &ProviderOptions| other.id == *id) {
                return Err(ConfigError(format!("OIDC_PROVIDERS names `{id}` twice")));
            }
            list.push(oidc(id, &var)?);
        }
        Ok(list)
    }

    fn apple(&self) -> Result<Option<ProviderOptions>, ConfigError> {
        let client = ("APPLE_CLIENT_ID", &self.apple_client_id);
        let key = both(client, ("APPLE_PRIVATE_KEY", &self.apple_private_key))?;
        let ids =
            both(("APPLE_TEAM_ID", &self.apple_team_id), ("APPLE_KEY_ID", &self.apple_key_id))?;
        match (key, ids) {
            (Some((client_id, private_key)), Some((team_id, key_id))) => {
                let key = AppleKey::new(team_id, key_id, private_key.expose_secret());
                let wrong = |_| {
                    ConfigError(
                        "APPLE_PRIVATE_KEY is no private key (PKCS 8, P-256): give the text \
                                 of the .p8 file"
                            .into(),
                    )
                };
                Ok(Some(ProviderOptions::apple(client_id, key.map_err(wrong)?)))
            }
            (None, None) => Ok(None),
            _ => Err(ConfigError(
                "Apple needs all of APPLE_CLIENT_ID, APPLE_TEAM_ID, APPLE_KEY_ID and \
                 APPLE_PRIVATE_KEY: set the missing ones, or none"
                    .into(),
            )),
        }
    }
}

/// Two variables that are of use together only.
fn both<A: Clone, B: Clone>(
    (one_name, one): (&str, &Option<A>),
    (other_name, other): (&str, &Option<B>),
) -> Result<Option<(A, B)>, ConfigError> {
    match (one, other) {
        (Some(one), Some(other)) => Ok(Some((one.clone(), other.clone()))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(ConfigError(format!(
            "{one_name} is set, and {other_name} is not: set both or none"
        ))),
        (None, Some(_)) => Err(ConfigError(format!(
            "{other_name} is set, and {one_name} is not: set both or none"
        ))),
    }
}

fn oidc(id: &str, var: impl Fn(&str) -> Option<String>) -> Result<ProviderOptions, ConfigError> {
    let prefix = format!("OIDC_{}", id.to_ascii_uppercase().replace('-', "_"));
    let read = |what: &str| var(&format!("{prefix}_{what}")).filter(|value| !value.is_empty());
    let need = |what: &str, meaning: &str| {
        let missing = || {
            ConfigError(format!(
                "{prefix}_{what} is not set, and OIDC_PROVIDERS names `{id}`. It should be: {meaning}"
            ))
        };
        read(what).ok_or_else(missing)
    };
    let text = need("ISSUER", "the provider's issuer, such as https://id.example.com")?;
    let issuer = http_url(&text).ok().filter(is_safe).ok_or_else(|| {
        ConfigError(format!(
            "{prefix}_ISSUER is `{text}`. It should be an https address (http for localhost only)"
        ))
    })?;
    let client_id = need("CLIENT_ID", "the client id that the provider gave you")?;
    let secret = match read("CLIENT_SECRET") {
        Some(secret) => ClientSecret::Fixed(secret.into()),
        None => ClientSecret::None,
    };
    let name = read("NAME").unwrap_or_else(|| id.to_owned());
    Ok(ProviderOptions::oidc(id, name, issuer, client_id, secret))
}

fn is_safe(url: &Url) -> bool {
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || is_loopback
}

fn id(text: &str) -> Result<String, String> {
    let is_fit = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    match text.trim() {
        id if !id.is_empty() && id.chars().all(is_fit) => Ok(id.to_owned()),
        _ => Err("an id has lower-case letters, digits and hyphens".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Config, tests::read};

    fn ids(vars: &[(&str, &str)]) -> Result<Vec<String>, String> {
        let providers = |config: Config| config.providers.into_iter().map(|provider| provider.id);
        read(vars).map(|config| providers(config).collect())
    }

    #[test]
    fn a_provider_is_there_when_its_variables_are() {
        assert_eq!(ids(&[]), Ok(vec![]));
        let vars = [
            ("GITHUB_CLIENT_ID", "gh"),
            ("GITHUB_CLIENT_SECRET", "s"),
            ("OIDC_PROVIDERS", "my-corp"),
            ("OIDC_MY_CORP_ISSUER", "https://id.example.com"),
            ("OIDC_MY_CORP_CLIENT_ID", "todos"),
        ];
        assert_eq!(ids(&vars), Ok(vec!["github".into(), "my-corp".into()]));
    }

    #[test]
    fn half_a_provider_is_refused_with_the_name_of_what_is_missing() {
        for (vars, missing) in [
            (&[("GOOGLE_CLIENT_ID", "id")][..], "GOOGLE_CLIENT_SECRET"),
            (&[("TWITTER_CLIENT_SECRET", "s3cret")], "TWITTER_CLIENT_ID"),
            (&[("APPLE_TEAM_ID", "team"), ("APPLE_KEY_ID", "key")], "APPLE_CLIENT_ID"),
            (&[("OIDC_PROVIDERS", "corp")], "OIDC_CORP_ISSUER"),
            (
                &[("OIDC_PROVIDERS", "corp"), ("OIDC_CORP_ISSUER", "http://id.example.com")],
                "https address",
            ),
            (&[("OIDC_PROVIDERS", "My Corp")], "Ids of your own"),
        ] {
            let error = ids(vars).unwrap_err();
            assert!(error.contains(missing) && !error.contains("s3cret"), "{error}");
        }
    }
}
