//! How a provider is described, and those that are known by name.

use secrecy::SecretString;
use url::Url;

use crate::recipes::thirdparty::apple::AppleKey;

/// One provider, as it is configured.
#[derive(Debug, Clone)]
pub struct ProviderOptions {
    /// In the FDI: `thirdPartyId`.
    pub id: String,
    /// As a button shows it.
    pub name: String,
    /// OAuth 2 `client_id`.
    pub client_id: String,
    /// OAuth 2 `client_secret`.
    pub secret: ClientSecret,
    /// OAuth 2 `scope`, one value an element.
    pub scopes: Vec<String>,
    /// When the authorisation request has a code challenge.
    pub pkce: Pkce,
    /// The protocol and its endpoints.
    pub protocol: Protocol,
    /// What the authorisation request holds beside the usual.
    pub authorization_query: &'static [(&'static str, &'static str)],
    /// Without an email from the provider nobody can sign in, unless this is false.
    pub requires_email: bool,
}

/// How this service proves to the provider who it is.
#[derive(Debug, Clone)]
pub enum ClientSecret {
    /// A public client: PKCE alone.
    None,
    /// The same secret every time.
    Fixed(SecretString),
    /// Made anew for each sign-in, signed with a key.
    Apple(AppleKey),
}

/// RFC 7636.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pkce {
    /// Every authorisation request has a code challenge.
    Always,
    /// Where the provider's metadata name S256, or there is no secret.
    WhereOffered,
    /// No authorisation request has one.
    Never,
}

/// What is spoken, and where. Each holds origins only, so that tests can put a stand-in there.
#[derive(Debug, Clone)]
pub enum Protocol {
    /// OpenID Connect with discovery.
    Oidc {
        /// The issuer identifier; `/.well-known/openid-configuration` is below it.
        issuer: Url,
    },
    /// GitHub's own OAuth 2.
    GitHub {
        /// The web site, such as `https://github.com`.
        web: Url,
        /// The API, such as `https://api.github.com`.
        api: Url,
    },
    /// OAuth 2 of Twitter (X).
    Twitter {
        /// The web site, such as `https://twitter.com`.
        web: Url,
        /// The API, such as `https://api.twitter.com`.
        api: Url,
    },
}

impl Protocol {
    pub(crate) fn authorization_endpoint(&self) -> Url {
        match self {
            Self::Oidc { issuer } => issuer.clone(),
            Self::GitHub { web, .. } => below(web, "login/oauth/authorize"),
            Self::Twitter { web, .. } => below(web, "i/oauth2/authorize"),
        }
    }

    pub(crate) fn token_endpoint(&self) -> Url {
        match self {
            Self::Oidc { issuer } => issuer.clone(),
            Self::GitHub { web, .. } => below(web, "login/oauth/access_token"),
            Self::Twitter { api, .. } => below(api, "2/oauth2/token"),
        }
    }

    /// Whether the secret travels in `Authorization: Basic` (RFC 6749, 2.3.1) rather than in the form.
    pub(crate) fn wants_basic(&self) -> bool {
        matches!(self, Self::Twitter { .. })
    }
}

/// `base` with `path` after it.
pub(crate) fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url
}

impl ProviderOptions {
    /// <https://developers.google.com/identity/openid-connect/openid-connect>
    pub fn google(client_id: String, secret: SecretString) -> Self {
        Self {
            authorization_query: &[("included_grant_scopes", "true"), ("access_type", "offline")],
            ..Self::oidc(
                "google",
                "Google",
                constant("https://accounts.google.com"),
                client_id,
                ClientSecret::Fixed(secret),
            )
        }
    }

    /// <https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps>
    pub fn github(client_id: String, secret: SecretString) -> Self {
        Self {
            id: "github".into(),
            name: "GitHub".into(),
            client_id,
            secret: ClientSecret::Fixed(secret),
            scopes: words(&["read:user", "user:email"]),
            pkce: Pkce::WhereOffered,
            protocol: Protocol::GitHub {
                web: constant("https://github.com"),
                api: constant("https://api.github.com"),
            },
            authorization_query: &[],
            requires_email: false,
        }
    }

    /// <https://docs.x.com/resources/fundamentals/authentication/oauth-2-0/authorization-code>
    pub fn twitter(client_id: String, secret: SecretString) -> Self {
        Self {
            id: "twitter".into(),
            name: "X".into(),
            client_id,
            secret: ClientSecret::Fixed(secret),
            scopes: words(&["users.read", "tweet.read"]),
            pkce: Pkce::Always,
            protocol: Protocol::Twitter {
                web: constant("https://twitter.com"),
                api: constant("https://api.twitter.com"),
            },
            authorization_query: &[],
            requires_email: false,
        }
    }

    /// <https://developer.apple.com/documentation/signinwithapplerestapi>
    pub fn apple(client_id: String, key: AppleKey) -> Self {
        Self {
            // Apple sends the email this way only.
            authorization_query: &[("response_mode", "form_post")],
            ..Self::oidc(
                "apple",
                "Apple",
                constant("https://appleid.apple.com"),
                client_id,
                ClientSecret::Apple(key),
            )
        }
    }

    /// Any provider with OpenID Connect Discovery.
    pub fn oidc(
        id: impl Into<String>,
        name: impl Into<String>,
        issuer: Url,
        client_id: String,
        secret: ClientSecret,
    ) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            client_id,
            secret,
            scopes: words(&["openid", "email"]),
            pkce: Pkce::WhereOffered,
            protocol: Protocol::Oidc { issuer },
            authorization_query: &[],
            requires_email: true,
        }
    }
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

fn constant(url: &str) -> Url {
    Url::parse(url).unwrap_or_else(|_| unreachable!("a constant"))
}
