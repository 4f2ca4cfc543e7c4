//! A SuperTokens backend: the FDI for browsers and apps, answered with the help of a Core that
//! is spoken to by the CDI. Knows nothing of what the application does with a session.
//!
//! Routes and bodies follow the FDI (Front-end Driver Interface), calls to the Core the CDI
//! (Core Driver Interface) 5.2, both as recorded from the official Node SDK and Core.

// What clients, Cores and providers send must not panic, whatever is missing in it.
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::string_slice))]

mod background;
pub mod claims;
mod cookies;
pub mod core;
mod csrf;
mod device;
mod error;
mod fdi_version;
mod first_factors;
mod guesses;
mod jwks;
pub mod lifetime;
mod limits;
pub mod mailer;
pub mod manage;
mod payload;
mod recipes;
mod routes;
pub mod session;
pub mod thirdparty;
mod token_size;
mod tokens;
pub mod user;
mod validators;
mod verified;

use std::{sync::Arc, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use url::{Url, form_urlencoded};

use self::{
    background::Background,
    cookies::Cookies,
    core::{Core, CoreError},
    csrf::Origins,
    first_factors::FirstFactors,
    guesses::Guesses,
    jwks::Jwks,
    limits::Limits,
    thirdparty::{ProviderOptions, Providers},
    verified::VerifiedTokens,
};
pub use self::{
    claims::Claims,
    cookies::{CookieDomain, is_cross_site, is_public_suffix},
    csrf::AntiCsrf,
    error::{Error, come_back},
    limits::{ClientAddress, RateLimit, RateLimits},
    mailer::Mailer,
    recipes::{dashboard::DashboardOptions, emailverification::EmailVerificationMode},
    routes::routes,
    session::Session,
    validators::Validator,
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
    pub email_verification: EmailVerificationMode,
    /// Whose subdomains get the session's cookies, such as `example.com`. None: the API's host
    /// alone.
    pub cookie_domain: Option<String>,
    /// Where a former configuration left cookies: a refresh with two of one name removes those, and keeps ours.
    pub older_cookie_domain: Option<CookieDomain>,
    /// Where users can sign in with an account they have.
    pub providers: Vec<ProviderOptions>,
    pub rate_limits: RateLimits,
    /// The page for who administers users, if there is to be one.
    pub dashboard: Option<DashboardOptions>,
}

/// The handle of the backend; cheap to clone.
#[derive(Clone)]
pub struct SuperTokens(Arc<Inner>);

struct Inner {
    core: Core,
    jwks: Jwks,
    verified: VerifiedTokens,
    clock: Clock,
    cookies: Cookies,
    anti_csrf: AntiCsrf,
    origins: Origins,
    email_verification: EmailVerificationMode,
    issuer: String,
    website_domain: Url,
    providers: Providers,
    limits: Limits,
    guesses: Guesses,
    first_factors: FirstFactors,
    dashboard: Option<DashboardOptions>,
    mailer: Arc<dyn Mailer>,
    background: Background,
}

impl SuperTokens {
    /// Fails only when the HTTP client cannot be built; the Core may be down and come later.
    pub fn new(
        options: Options,
        mailer: Arc<dyn Mailer>,
        clock: Clock,
    ) -> Result<Self, reqwest::Error> {
        let core = Core::new(options.core_uris, options.core_api_key)?;
        Ok(Self(Arc::new(Inner {
            jwks: Jwks::new(core.clone(), clock.clone()),
            verified: VerifiedTokens::default(),
            providers: Providers::new(options.providers, &clock)?,
            core,
            clock,
            cookies: Cookies::for_domains(
                &options.api_domain,
                &options.website_domain,
                options.cookie_domain.into(),
                options.older_cookie_domain,
            ),
            anti_csrf: options.anti_csrf,
            origins: Origins::new([&options.api_domain, &options.website_domain]),
            email_verification: options.email_verification,
            issuer: auth(&options.api_domain),
            website_domain: options.website_domain,
            guesses: Guesses::new(options.rate_limits.address),
            limits: Limits::new(options.rate_limits),
            first_factors: FirstFactors::default(),
            dashboard: options.dashboard,
            mailer,
            background: Background::new(),
        })))
    }

    pub fn core(&self) -> &Core {
        &self.0.core
    }

    /// The first email of a user's login methods.
    pub async fn email_of(&self, user_id: &str) -> Result<Option<String>, CoreError> {
        let user = self.core().user(user_id).await?;
        Ok(user.and_then(|user| user.emails.into_iter().next()))
    }

    /// Whether a session can be checked now: the signing keys are known or can be had.
    pub async fn can_check_sessions(&self) -> bool {
        self.0.jwks.published().await.is_ok()
    }

    /// Whether the Core serves this backend, so that users can sign in and refresh their sessions. The error names
    /// the setting if the API key or the address is wrong.
    pub async fn can_sign_in(&self) -> Result<(), CoreError> {
        self.core().check().await
    }

    /// How long ago the signing keys were fetched, if ever.
    pub fn keys_age(&self) -> Option<Duration> {
        self.0.jwks.age()
    }

    /// Resolves when the work that no answer waited for is done: the last thing to ask of it
    /// before the mailer stops.
    pub async fn finish(&self) {
        self.0.background.finish().await;
    }

    fn website_domain(&self) -> &Url {
        &self.0.website_domain
    }

    fn providers(&self) -> &Providers {
        &self.0.providers
    }

    fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Claim `iss`.
    fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// Errors: [`Error::MailUnavailable`] if so many mails are waiting that another one would be lost.
    fn require_mailer(&self) -> Result<(), Error> {
        if self.mailer().is_ready() { Ok(()) } else { Err(Error::MailUnavailable) }
    }

    fn mailer(&self) -> &dyn Mailer {
        &*self.0.mailer
    }

    /// A link for a mail, to a page that the official front-end SDKs know.
    fn link(&self, page: &str, token: &SecretString) -> SecretString {
        let token: String =
            form_urlencoded::byte_serialize(token.expose_secret().as_bytes()).collect();
        let auth = auth(&self.0.website_domain);
        format!("{auth}/{page}?token={token}&tenantId={TENANT}").into()
    }
}

/// Where SuperTokens has its part of an origin, without a slash at the end.
fn auth(origin: &Url) -> String {
    format!("{}/auth", origin.as_str().trim_end_matches('/'))
}
