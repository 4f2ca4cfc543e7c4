//! Recipe ThirdParty: sign-in with an account at a provider, by OAuth 2 (RFC 6749) or OpenID Connect.
//!
//! A provider's tokens live only during a sign-in, and never leave this service.

mod apple;
pub(crate) mod cdi;
pub(crate) mod fdi;
mod github;
pub(crate) mod http;
mod oidc;
mod options;
mod pkce;
mod twitter;

use std::{collections::HashMap, sync::Arc};

use clock::Clock;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

pub use self::{
    apple::AppleKey,
    cdi::SignInUp,
    options::{ClientSecret, Pkce, Protocol, ProviderOptions},
};
use self::{http::Http, oidc::Discovery};

/// Who someone is at a provider.
#[derive(Debug, PartialEq, Eq)]
pub struct Profile {
    /// The provider's own id of the user: never changes.
    pub user_id: String,
    /// The user's email at the provider, if it tells one.
    pub email: Option<ProfileEmail>,
}

/// An email address as a provider knows it.
#[derive(Debug, PartialEq, Eq)]
pub struct ProfileEmail {
    /// The address.
    pub address: String,
    /// What the provider says of it.
    pub is_verified: bool,
}

/// Why a sign-in at a provider does not work.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The provider was asked and said no: the code is spent, wrong or of someone else.
    #[error("{0}")]
    Refused(String),
    /// Not reached, too slow, or an answer that is none.
    #[error("{0}")]
    Unusable(String),
}

/// Where a sign-in begins.
#[derive(Debug)]
pub struct Authorisation {
    /// The authorisation endpoint with its query (RFC 6749, 4.1.1).
    pub url: Url,
    /// RFC 7636: to be shown again with the code. Only the browser that began the sign-in has it.
    pub code_verifier: Option<SecretString>,
}

/// What the provider sent back through the browser.
#[derive(Debug)]
pub struct Callback<'a> {
    /// The one that the authorisation request had.
    pub redirect_uri: &'a str,
    /// The authorisation code.
    pub code: &'a str,
    /// The one of [`Authorisation::code_verifier`].
    pub code_verifier: Option<&'a str>,
}

/// What a provider hands out for a code.
#[derive(Debug, Deserialize)]
struct Tokens {
    access_token: Option<SecretString>,
    id_token: Option<SecretString>,
}

/// The providers that are configured, by their ids.
pub struct Providers {
    list: Vec<Provider>,
}

impl Providers {
    /// Prepares the providers. Nothing is sent before the first sign-in.
    pub fn new(options: Vec<ProviderOptions>, clock: &Clock) -> Result<Self, reqwest::Error> {
        let http = Http::new()?;
        let list = options.into_iter().map(|options| Provider::new(options, &http, clock));
        Ok(Self { list: list.collect() })
    }

    /// The provider with this `thirdPartyId`.
    pub fn get(&self, id: &str) -> Option<&Provider> {
        self.iter().find(|provider| provider.id() == id)
    }

    /// All providers, in the order of their options.
    pub fn iter(&self) -> impl Iterator<Item = &Provider> {
        self.list.iter()
    }
}

/// One provider.
pub struct Provider {
    options: ProviderOptions,
    http: Http,
    clock: Clock,
    discovery: Option<Arc<Discovery>>,
}

impl Provider {
    fn new(options: ProviderOptions, http: &Http, clock: &Clock) -> Self {
        let discovery = match &options.protocol {
            Protocol::Oidc { issuer } => {
                Some(Arc::new(Discovery::new(issuer.clone(), http.clone(), clock.clone())))
            }
            _ => None,
        };
        Self { options, http: http.clone(), clock: clock.clone(), discovery }
    }

    /// FDI's `thirdPartyId`.
    pub fn id(&self) -> &str {
        &self.options.id
    }

    /// As a button shows it.
    pub fn name(&self) -> &str {
        &self.options.name
    }

    /// Whether nobody can sign in of whom the provider tells no email.
    pub fn requires_email(&self) -> bool {
        self.options.requires_email
    }

    /// The address at the provider to which the browser goes. The caller adds its `state`.
    pub async fn authorise(&self, redirect_uri: &str) -> Result<Authorisation, ProviderError> {
        let options = &self.options;
        let (mut url, offers_pkce) = match &self.discovery {
            Some(discovery) => {
                let metadata = discovery.metadata().await?;
                (metadata.authorization_endpoint.clone(), metadata.offers_s256())
            }
            None => (options.protocol.authorization_endpoint(), false),
        };
        let mut query: Vec<(&str, &str)> = vec![
            ("client_id", &options.client_id),
            ("redirect_uri", redirect_uri),
            ("response_type", "code"),
        ];
        let scope = options.scopes.join(" ");
        if !scope.is_empty() {
            query.push(("scope", &scope));
        }
        let with_pkce = match options.pkce {
            Pkce::Always => true,
            Pkce::WhereOffered => offers_pkce || matches!(options.secret, ClientSecret::None),
            Pkce::Never => false,
        };
        let pkce = with_pkce.then(pkce::Challenge::generate).transpose()?;
        if let Some(pkce) = &pkce {
            query.push(("code_challenge", &pkce.challenge));
            query.push(("code_challenge_method", "S256"));
        }
        query.extend(options.authorization_query.iter().copied());
        url.query_pairs_mut().extend_pairs(query);
        Ok(Authorisation { url, code_verifier: pkce.map(|pkce| pkce.verifier) })
    }

    /// Trades the code for tokens (RFC 6749, 4.1.3), and the tokens for who it is.
    pub async fn profile(&self, callback: Callback<'_>) -> Result<Profile, ProviderError> {
        let tokens = self.exchange(callback).await?;
        match (&self.options.protocol, &self.discovery) {
            (Protocol::Oidc { .. }, Some(discovery)) => {
                oidc::profile(discovery, &self.http, &self.options.client_id, &tokens).await
            }
            (Protocol::GitHub { api, .. }, _) => {
                github::profile(&self.http, api, tokens.access()?).await
            }
            (Protocol::Twitter { api, .. }, _) => {
                twitter::profile(&self.http, api, tokens.access()?).await
            }
            (Protocol::Oidc { .. }, None) => unreachable!("OpenID providers have a discovery"),
        }
    }

    async fn exchange(&self, callback: Callback<'_>) -> Result<Tokens, ProviderError> {
        let options = &self.options;
        let (endpoint, wants_basic) = match &self.discovery {
            Some(discovery) => {
                let metadata = discovery.metadata().await?;
                (metadata.token_endpoint.clone(), metadata.offers_basic())
            }
            None => (options.protocol.token_endpoint(), options.protocol.wants_basic()),
        };
        let mut form = HashMap::from([
            ("grant_type", "authorization_code"),
            ("client_id", options.client_id.as_str()),
            ("redirect_uri", callback.redirect_uri),
            ("code", callback.code),
        ]);
        if let Some(verifier) = callback.code_verifier {
            form.insert("code_verifier", verifier);
        }
        let secret = match &options.secret {
            ClientSecret::None => None,
            ClientSecret::Fixed(secret) => Some(secret.clone()),
            ClientSecret::Apple(key) => Some(key.client_secret(&options.client_id, &self.clock)?),
        };
        let mut basic = None;
        if let Some(secret) = &secret {
            if wants_basic {
                basic = Some((options.client_id.as_str(), secret));
            } else {
                form.insert("client_secret", secret.expose_secret());
            }
        }
        self.http.post_form(endpoint, &form, basic).await
    }
}

impl Tokens {
    fn access(&self) -> Result<&SecretString, ProviderError> {
        let missing = || ProviderError::Unusable("the provider gave no access token".into());
        self.access_token.as_ref().ok_or_else(missing)
    }
}
