//! Sign-in with accounts elsewhere: a provider is offered when its variables are set.

use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};
use supertokens::recipes::thirdparty::{AppleKey, ClientSecret, ProviderOptions};
use url::{Host, Url};

use super::{
    faults::Faults,
    parsers::{http_url, secret},
    read,
};

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Sign-in with accounts elsewhere")]
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
        var: &dyn Fn(&str) -> Option<String>,
        faults: &mut Faults,
    ) -> Vec<ProviderOptions> {
        let mut list = Vec::new();
        let google = ("GOOGLE_CLIENT_ID", &self.google_client_id);
        let secret = ("GOOGLE_CLIENT_SECRET", &self.google_client_secret);
        list.extend(both(google, secret, faults).map(|(id, key)| ProviderOptions::google(id, key)));
        let github = ("GITHUB_CLIENT_ID", &self.github_client_id);
        let secret = ("GITHUB_CLIENT_SECRET", &self.github_client_secret);
        list.extend(both(github, secret, faults).map(|(id, key)| ProviderOptions::github(id, key)));
        list.extend(self.apple(faults));
        let twitter = ("TWITTER_CLIENT_ID", &self.twitter_client_id);
        let secret = ("TWITTER_CLIENT_SECRET", &self.twitter_client_secret);
        list.extend(
            both(twitter, secret, faults).map(|(id, key)| ProviderOptions::twitter(id, key)),
        );
        for id in &self.oidc_providers {
            if list.iter().any(|other: &ProviderOptions| other.id == *id) {
                faults.rule(&["OIDC_PROVIDERS"], format!("OIDC_PROVIDERS names `{id}` twice."));
                continue;
            }
            list.extend(oidc(id, var, faults));
        }
        list
    }

    fn apple(&self, faults: &mut Faults) -> Option<ProviderOptions> {
        const NAMES: [&str; 4] =
            ["APPLE_CLIENT_ID", "APPLE_TEAM_ID", "APPLE_KEY_ID", "APPLE_PRIVATE_KEY"];
        let texts = [&self.apple_client_id, &self.apple_team_id, &self.apple_key_id];
        match (texts.map(Option::clone), &self.apple_private_key) {
            ([Some(client_id), Some(team_id), Some(key_id)], Some(private_key)) => {
                let key = AppleKey::new(team_id, key_id, private_key.expose_secret());
                let key = key.map_err(|_| {
                    faults.rule(
                        &["APPLE_PRIVATE_KEY"],
                        "APPLE_PRIVATE_KEY is no private key (PKCS 8, P-256): give the text of the \
                         .p8 file.",
                    );
                });
                key.ok().map(|key| ProviderOptions::apple(client_id, key))
            }
            ([None, None, None], None) => None,
            _ => {
                faults.rule(
                    &NAMES,
                    "Apple needs all of APPLE_CLIENT_ID, APPLE_TEAM_ID, APPLE_KEY_ID and \
                     APPLE_PRIVATE_KEY: set the missing ones, or none.",
                );
                None
            }
        }
    }
}

/// Two variables that are of use together only.
fn both<A: Clone, B: Clone>(
    (one_name, one): (&str, &Option<A>),
    (other_name, other): (&str, &Option<B>),
    faults: &mut Faults,
) -> Option<(A, B)> {
    let (set, unset) = match (one, other) {
        (Some(one), Some(other)) => return Some((one.clone(), other.clone())),
        (None, None) => return None,
        (Some(_), None) => (one_name, other_name),
        (None, Some(_)) => (other_name, one_name),
    };
    let text = format!("{set} is set, and {unset} is not: set both or none.");
    faults.rule(&[set, unset], text);
    None
}

/// What `OIDC_<ID>_…` say of one provider.
fn oidc(
    id: &str,
    var: &dyn Fn(&str) -> Option<String>,
    faults: &mut Faults,
) -> Option<ProviderOptions> {
    let name = |what: &str| format!("OIDC_{}_{what}", id.to_ascii_uppercase().replace('-', "_"));
    let read = |what: &str| read::given(var, &name(what));
    let mut need = |what: &str, meaning: &str| {
        let value = read(what);
        if value.is_none() {
            let name = name(what);
            let text = format!(
                "{name} is not set, and OIDC_PROVIDERS names `{id}`. It should be: {meaning}."
            );
            faults.variable(&name, text);
        }
        value
    };
    let issuer = need("ISSUER", "the provider's issuer, such as https://id.example.com");
    let client_id = need("CLIENT_ID", "the client id that the provider gave you");
    let issuer = issuer.and_then(|text| {
        let issuer = http_url(&text).ok().filter(is_safe);
        if issuer.is_none() {
            let name = name("ISSUER");
            let wanted = "an https address (http for localhost only)";
            faults.variable(&name, format!("{name} is `{text}`. It should be {wanted}."));
        }
        let issuer = issuer?;
        if is_template(&issuer) {
            let name = name("ISSUER");
            let text = format!(
                "{name} is `{text}`, which stands for many tenants: its tokens name others as their issuer. Give the issuer \
                 of one tenant, such as https://login.microsoftonline.com/TENANT-ID/v2.0."
            );
            faults.variable(&name, text);
            return None;
        }
        Some(issuer)
    });
    let secret = match read::secret(var, &name("CLIENT_SECRET"), faults) {
        Some(secret) => ClientSecret::Fixed(secret.into()),
        None => ClientSecret::None,
    };
    let shown = read("NAME").unwrap_or_else(|| id.to_owned());
    Some(ProviderOptions::oidc(id, shown, issuer?, client_id?, secret))
}

/// Whether this is no issuer of tokens, but Entra's template for those of its tenants.
fn is_template(issuer: &Url) -> bool {
    const ENTRA: [&str; 2] = ["login.microsoftonline.com", "login.windows.net"];
    const MANY: [&str; 3] = ["common", "organizations", "consumers"];
    let path = issuer.path().to_ascii_lowercase();
    let tenant = path.split('/').nth(1).unwrap_or_default();
    let is_entra = issuer.host_str().is_some_and(|host| ENTRA.contains(&host));
    path.contains("%7b") || path.contains('{') || (is_entra && MANY.contains(&tenant))
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
    fn issuer_of_many_tenants_is_refused() {
        let issuer = |issuer| {
            ids(&[
                ("OIDC_PROVIDERS", "entra"),
                ("OIDC_ENTRA_ISSUER", issuer),
                ("OIDC_ENTRA_CLIENT_ID", "todos"),
            ])
        };
        for template in [
            "https://login.microsoftonline.com/common/v2.0",
            "https://login.microsoftonline.com/Organizations/v2.0/",
            "https://login.microsoftonline.com/consumers/v2.0",
            "https://login.microsoftonline.com/{tenantid}/v2.0",
        ] {
            let error = issuer(template).unwrap_err();
            assert!(error.contains("OIDC_ENTRA_ISSUER") && error.contains("TENANT-ID"), "{error}");
        }
        let tenant = "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0";
        assert_eq!(issuer(tenant), Ok(vec!["entra".into()]));
        assert!(issuer("https://id.example.com/common").is_ok());
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
