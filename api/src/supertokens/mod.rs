//! A SuperTokens backend: the FDI for browsers and apps, answered with the help of a Core that
//! is spoken to by the CDI. Knows nothing of what the application does with a session.
//!
//! Routes and bodies follow the FDI (Front-end Driver Interface), calls to the Core the CDI
//! (Core Driver Interface) 5.2, both as recorded from the official Node SDK and Core.

pub mod claims;
pub mod core;
mod csrf;
mod error;
mod jwks;
mod recipes;
mod routes;
pub mod session;
pub mod thirdparty;
mod tokens;
pub mod user;

use std::sync::Arc;

use secrecy::SecretString;
use url::Url;

pub use self::{
    claims::Claims, csrf::AntiCsrf, error::Error, routes::routes, session::Session,
    tokens::is_cross_site,
};
use self::{
    core::Core,
    jwks::Jwks,
    thirdparty::{ProviderOptions, Providers},
    tokens::Cookies,
};
use crate::clock::Clock;

/// The only tenant served; tokens of another are refused.
const TENANT: &str = "public";

/// What the backend must know of its surroundings.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where browsers reach this service, such as `https://api.example.com`.
    pub api_domain: Url,
    /// Where browsers get the page from, such as `https://example.com`.
    pub website_domain: Url,
    /// The addresses of one Core, each as good as the others.
    pub core_uris: Vec<Url>,
    pub core_api_key: Option<SecretString>,
    pub anti_csrf: AntiCsrf,
    /// Where users can sign in with an account they have.
    pub providers: Vec<ProviderOptions>,
}

/// The handle of the backend; cheap to clone.
#[derive(Clone)]
pub struct SuperTokens(Arc<Inner>);

struct Inner {
    core: Core,
    jwks: Jwks,
    clock: Clock,
    cookies: Cookies,
    anti_csrf: AntiCsrf,
    issuer: String,
    website_domain: Url,
    providers: Providers,
}

impl SuperTokens {
    /// Fails only when the HTTP client cannot be built; the Core may be down and come later.
    pub fn new(options: Options, clock: Clock) -> Result<Self, reqwest::Error> {
        let core = Core::new(options.core_uris, options.core_api_key)?;
        Ok(Self(Arc::new(Inner {
            jwks: Jwks::new(core.clone(), clock.clone()),
            providers: Providers::new(options.providers, &clock)?,
            core,
            clock,
            cookies: Cookies::for_domains(&options.api_domain, &options.website_domain),
            anti_csrf: options.anti_csrf,
            issuer: issuer(&options.api_domain),
            website_domain: options.website_domain,
        })))
    }

    pub fn core(&self) -> &Core {
        &self.0.core
    }

    /// The first email of a user's login methods.
    pub async fn email_of(&self, user_id: &str) -> Result<Option<String>, core::CoreError> {
        let user = self.core().user(user_id).await?;
        Ok(user.and_then(|user| user.emails.into_iter().next()))
    }

    /// Whether a session can be checked now: the signing keys are known or can be had.
    pub async fn can_check_sessions(&self) -> bool {
        self.0.jwks.published().await.is_ok()
    }

    /// Whether the Core answers, so that users can sign in and refresh their sessions.
    pub async fn can_sign_in(&self) -> bool {
        self.core().hello().await.is_ok()
    }

    fn website_domain(&self) -> &Url {
        &self.0.website_domain
    }

    fn providers(&self) -> &Providers {
        &self.0.providers
    }

    fn issuer(&self) -> &str {
        &self.0.issuer
    }
}

/// Claim `iss`: the API's origin and base path, without a slash at the end.
fn issuer(api_domain: &Url) -> String {
    format!("{}/auth", api_domain.as_str().trim_end_matches('/'))
}
