//! The handle of the backend, and its settings.

use std::{sync::Arc, time::Duration};

use clock::Clock;
use secrecy::{ExposeSecret, SecretString};
use url::{Url, form_urlencoded};

use crate::{
    background::Background,
    core::{Core, CoreError, TENANT},
    error::Error,
    limits::{Limits, RateLimits, guesses::Guesses},
    mailer::Mailer,
    recipes::{
        dashboard::options::DashboardOptions,
        emailverification::mode::EmailVerificationMode,
        multitenancy::first_factors::FirstFactors,
        thirdparty::{ProviderOptions, Providers},
    },
    session::{
        cookies::{CookieDomain, Cookies},
        csrf::{AntiCsrf, Origins},
        jwks::Jwks,
        verified::VerifiedTokens,
    },
};

/// What the backend must know of its surroundings.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where browsers reach this service, such as `https://api.example.com`.
    pub api_domain: Url,
    /// Where browsers get the page from, such as `https://example.com`.
    pub website_domain: Url,
    /// The addresses of one Core, each as good as the others.
    pub core_uris: Vec<Url>,
    /// Sent as `api-key` with every call to the Core.
    pub core_api_key: Option<SecretString>,
    /// How requests of a session in cookies are protected against CSRF.
    pub anti_csrf: AntiCsrf,
    /// Whether users must verify their email.
    pub email_verification: EmailVerificationMode,
    /// Whose subdomains get the session's cookies, such as `example.com`. None: the API's host
    /// alone.
    pub cookie_domain: Option<String>,
    /// Where a former configuration left cookies: a refresh with two of one name removes those, and keeps ours.
    pub older_cookie_domain: Option<CookieDomain>,
    /// Where users can sign in with an account they have.
    pub providers: Vec<ProviderOptions>,
    /// How many attempts each address and account has.
    pub rate_limits: RateLimits,
    /// The page for who administers users, if there is to be one.
    pub dashboard: Option<DashboardOptions>,
}

/// The handle of the backend; cheap to clone.
#[derive(Clone)]
pub struct SuperTokens(pub(crate) Arc<Inner>);

pub struct Inner {
    pub(crate) core: Core,
    pub(crate) jwks: Jwks,
    pub(crate) verified: VerifiedTokens,
    pub(crate) clock: Clock,
    pub(crate) cookies: Cookies,
    pub(crate) anti_csrf: AntiCsrf,
    pub(crate) origins: Origins,
    pub(crate) email_verification: EmailVerificationMode,
    pub(crate) issuer: String,
    pub(crate) website_domain: Url,
    pub(crate) providers: Providers,
    pub(crate) limits: Limits,
    pub(crate) guesses: Guesses,
    pub(crate) first_factors: FirstFactors,
    pub(crate) dashboard: Option<DashboardOptions>,
    pub(crate) mailer: Arc<dyn Mailer>,
    pub(crate) background: Background,
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

    /// The client of the Core, for calls that no recipe makes.
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

    pub(crate) fn website_domain(&self) -> &Url {
        &self.0.website_domain
    }

    pub(crate) fn providers(&self) -> &Providers {
        &self.0.providers
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Claim `iss`.
    pub(crate) fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// Errors: [`Error::MailUnavailable`] if so many mails are waiting that another one would be lost.
    pub(crate) fn require_mailer(&self) -> Result<(), Error> {
        if self.mailer().is_ready() { Ok(()) } else { Err(Error::MailUnavailable) }
    }

    pub(crate) fn mailer(&self) -> &dyn Mailer {
        &*self.0.mailer
    }

    /// A link for a mail, to a page that the official front-end SDKs know.
    pub(crate) fn link(&self, page: &str, token: &SecretString) -> SecretString {
        let token: String =
            form_urlencoded::byte_serialize(token.expose_secret().as_bytes()).collect();
        let auth = auth(&self.0.website_domain);
        format!("{auth}/{page}?token={token}&tenantId={TENANT}").into()
    }

    /// A link that verifies an email. It names its user, so that the page can tell whether that user opened it.
    pub(crate) fn verification_link(&self, token: &SecretString, user_id: &str) -> SecretString {
        let link = self.link("verify-email", token);
        let user_id: String = form_urlencoded::byte_serialize(user_id.as_bytes()).collect();
        format!("{}&userId={user_id}", link.expose_secret()).into()
    }
}

/// Where SuperTokens has its part of an origin, without a slash at the end.
fn auth(origin: &Url) -> String {
    format!("{}/auth", origin.as_str().trim_end_matches('/'))
}
