//! The session recipe: create, check, refresh, revoke.

pub(crate) mod cdi;
pub(crate) mod claims;
pub(crate) mod cookies;
pub(crate) mod csrf;
pub(crate) mod device;
pub(crate) mod fdi;
pub(crate) mod jwks;
mod lifetime;
pub(crate) mod payload;
pub(crate) mod server;
pub(crate) mod token_size;
pub(crate) mod tokens;
pub(crate) mod validators;
pub(crate) mod verified;

use std::{sync::Arc, time::Duration};

use axum::http::{HeaderMap, Method};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{json, value::RawValue};

use crate::{
    backend::{Inner, SuperTokens},
    core::CoreError,
    error::Error,
    limits::ClientAddress,
    recipes::emailverification::mode::EmailVerificationMode,
    users::User,
};

pub use self::{
    cdi::{
        CoreSession, CoreToken, NewSession, Refresh, Regenerate, SessionInformation, SessionTokens,
        Verify,
    },
    lifetime::{Lifetime, Over},
    server::Sessions,
};
use self::{
    claims::{Claims, SessionKeyId, TokenError},
    cookies::ACCESS_COOKIE,
    jwks::KeyError,
    tokens::{Ambiguous, Found, Transport},
    validators::Validator,
    verified::Verified,
};

/// How long a request waits for the Core to hear of a refreshed token's first use.
const ANNOUNCEMENT: Duration = Duration::from_secs(4);

const TOO_LARGE: &str = "You cannot sign in, because your account has too many roles. Ask your administrator to remove \
                         some of them.";

/// Whether the client can keep this token. Browsers drop large cookies without a word, and would sign in forever.
fn check_size(transport: Transport, access: &CoreToken, claims: &Claims) -> bool {
    let token = access.token.expose_secret();
    let fits = transport == Transport::Header || token_size::fits_cookie(ACCESS_COOKIE, token);
    if !fits || token.len() > token_size::WARN_ABOVE {
        let (user, size) = (claims.user_id(), token.len());
        let text = if fits {
            "an access token is large"
        } else {
            "an access token is too large for a cookie"
        };
        tracing::warn!(user.id = user, size, "{text}: the user has too many roles and permissions");
    }
    fits
}

/// A checked session, and what the answer must carry for its sake.
#[derive(Debug)]
pub struct Session {
    /// The claims of the access token.
    pub claims: Claims,
    /// Headers for the answer: a replaced access token, most often none.
    pub headers: HeaderMap,
    transport: Transport,
    token: SecretString,
}

impl Session {
    pub(crate) fn transport(&self) -> Transport {
        self.transport
    }

    pub(crate) fn token(&self) -> &SecretString {
        &self.token
    }
}

/// A session whose token is genuine, of which the Core may have to be told.
#[derive(Debug)]
pub struct Unconfirmed(Session);

impl Unconfirmed {
    /// The user that the session belongs to.
    pub fn user_id(&self) -> &str {
        self.0.claims.user_id()
    }
}

/// Where and how a session is asked for. No `Debug`: the headers hold tokens.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The method decides whether CSRF has to be excluded.
    pub method: &'a Method,
    /// As the browser knows it, because cookies have paths.
    pub path: &'a str,
    /// The headers with cookies, `Authorization` and anti-CSRF token.
    pub headers: &'a HeaderMap,
}

/// Headers of a refresh.
pub(crate) enum Refreshed {
    Tokens(HeaderMap),
    /// Cookies that a former configuration left are removed. The next refresh brings tokens.
    OlderCleared(HeaderMap),
}

/// What else a session must hold, beside being genuine and unexpired.
#[derive(Debug, Clone, Copy, Default)]
pub struct Checks<'a> {
    /// Ask the Core whether the session still lives. Without, an access token outlives its session
    /// until it expires; with, each request waits for the Core and fails while it is down.
    pub database: bool,
    /// Claims that must hold, else [`Error::InvalidClaim`].
    pub claims: &'a [Validator<'a>],
}

impl SuperTokens {
    /// The session of a request, with a verified email where the service asks for one.
    ///
    /// Errors: as [`session_with`](Self::session_with).
    pub async fn session(&self, request: Request<'_>) -> Result<Session, Error> {
        self.confirm_required(self.authenticate(request).await?).await
    }

    /// The claims without which no session counts here.
    pub(crate) fn required_claims(&self) -> &'static [Validator<'static>] {
        match self.0.email_verification {
            EmailVerificationMode::Optional => &[],
            EmailVerificationMode::Required => &[Validator::EmailVerified],
        }
    }

    /// The session of a request.
    ///
    /// Checked without the Core, but for the first use of a refreshed token: of that the Core
    /// must hear, because it ends the life of the token before (RFC 9700, 4.14.2). A Core that is
    /// down delays that news and stops nobody.
    ///
    /// Errors: [`Error::Unauthorised`] without a session, [`Error::SessionEnded`] when it is known
    /// to have ended, [`Error::TryRefreshToken`] when the token is expired or unproven, [`Error::InvalidClaim`] when it is not allowed this.
    pub async fn session_with(
        &self,
        request: Request<'_>,
        checks: Checks<'_>,
    ) -> Result<Session, Error> {
        self.confirm(self.authenticate(request).await?, checks).await
    }

    /// The first half of [`session`](Self::session), without the Core: for whoever limits the requests of a user before
    /// they wait for the Core.
    pub async fn authenticate(&self, request: Request<'_>) -> Result<Unconfirmed, Error> {
        let Found { token, transport } = tokens::access_token(request.headers)
            .map_err(|Ambiguous(doubled)| self.ambiguous(&doubled, request.path))?
            .ok_or(Error::Unauthorised)?;
        let claims = self.verify(&token).await?;
        let inner = &self.0;
        if transport == Transport::Cookie
            && !inner.anti_csrf.allows(request.method, request.headers, &claims)
        {
            return Err(Error::TryRefreshToken);
        }
        if self.core().is_denied(claims.session_handle()) {
            return Err(self.ended());
        }
        Ok(Unconfirmed(Session { claims, headers: HeaderMap::new(), transport, token }))
    }

    /// The second half of [`session`](Self::session).
    pub async fn confirm_required(&self, unconfirmed: Unconfirmed) -> Result<Session, Error> {
        let checks = Checks { claims: self.required_claims(), ..Checks::default() };
        self.confirm(unconfirmed, checks).await
    }

    async fn confirm(
        &self,
        Unconfirmed(mut session): Unconfirmed,
        checks: Checks<'_>,
    ) -> Result<Session, Error> {
        if checks.database || session.claims.is_child() {
            session = self.announce(session, checks.database).await?;
        }
        self.validate(session, checks.claims).await
    }

    async fn verify(&self, token: &SecretString) -> Result<Claims, Error> {
        let Inner { jwks, verified, clock, .. } = &*self.0;
        let token = token.expose_secret();
        let known = verified.get(token);
        let kid = match &known {
            Some(known) => known.kid.clone(),
            None => SessionKeyId::of(token).map_err(|error| self.refused(error))?,
        };
        let key = jwks.key(&kid).await.map_err(|error| match error {
            KeyError::Unknown => Error::TryRefreshToken,
            KeyError::Unavailable => Error::unavailable("the signing keys cannot be had"),
        })?;
        let now = clock.now().timestamp();
        if let Some(Verified { claims, .. }) = known.filter(|known| Arc::ptr_eq(&known.key, &key)) {
            claims.check(now).map_err(|error| self.refused(error))?;
            return Ok(claims);
        }
        let claims = claims::verify(token, &key).map_err(|error| self.refused(error))?;
        claims.check(now).map_err(|error| self.refused(error))?;
        verified.remember(token, Verified { kid, key, claims: claims.clone() });
        Ok(claims)
    }

    /// Tells the Core that a token is in use, takes the token that replaces it, if there is one,
    /// and on demand makes sure that its session lives.
    pub(crate) async fn announce(
        &self,
        session: Session,
        check_database: bool,
    ) -> Result<Session, Error> {
        let told = self.core().verify_session(session.token.expose_secret(), check_database);
        let told = if check_database {
            told.await
        } else {
            let late = |_| Err(CoreError::Unavailable("not told in time".into()));
            tokio::time::timeout(ANNOUNCEMENT, told).await.unwrap_or_else(late)
        };
        match told {
            Ok(Verify::Ok { access_token: None }) => Ok(session),
            Ok(Verify::Ok { access_token: Some(access) }) => {
                self.replace(session.transport, access)
            }
            Ok(Verify::Unauthorised { .. }) => Err(self.ended()),
            Ok(Verify::TryRefreshToken { .. }) => Err(Error::TryRefreshToken),
            Err(error) if check_database => Err(error.into()),
            Err(error) => {
                tracing::warn!(%error, "a refreshed token's first use could not be announced");
                Ok(session)
            }
        }
    }

    /// The session with the token that takes the place of its own.
    pub(crate) fn replace(
        &self,
        transport: Transport,
        access: CoreToken,
    ) -> Result<Session, Error> {
        let claims = self.claims_of(&access)?;
        check_size(transport, &access, &claims);
        let now = self.0.clock.now();
        let headers = tokens::attach_access(&self.0.cookies, transport, &access, &claims, now);
        Ok(Session { claims, headers, transport, token: access.token })
    }

    /// Starts a session for a user who has just proven who they are. Answers the headers that
    /// hand it to the client.
    pub(crate) async fn create_session(
        &self,
        user: &User,
        recipe_user_id: &str,
        request: &HeaderMap,
    ) -> Result<HeaderMap, Error> {
        let transport = Transport::asked_for(request);
        let uses_token = transport == Transport::Cookie && self.0.anti_csrf.uses_token();
        let session_data = match device::name(request) {
            Some(device) => json!({device::DEVICE: device}),
            None => json!({}),
        };
        let tokens = self
            .core()
            .create_session(NewSession {
                user_id: recipe_user_id,
                access_token_payload: self.new_payload(user, recipe_user_id).await?,
                session_data,
                enable_anti_csrf: uses_token,
            })
            .await?;
        let claims = self.claims_of(&tokens.access_token)?;
        if !check_size(transport, &tokens.access_token, &claims) {
            self.core().revoke_and_deny(&[claims.session_handle()]).await?;
            return Err(Error::General(TOO_LARGE.to_owned()));
        }
        let (cookies, now) = (&self.0.cookies, self.0.clock.now());
        // Before ours are set: some clients do not tell the domains of two cookies apart.
        let headers = tokens::clear_others(cookies, request);
        Ok(tokens::attach(headers, cookies, transport, request, &tokens, &claims, now))
    }

    /// Trades the request's refresh token for new tokens, in headers that hand them over.
    ///
    /// Errors: [`Error::SessionEnded`], whose response clears the tokens, if the session does not exist or has ended;
    /// [`Error::TokenTheft`] if it was used before, in which case the whole session is revoked (RFC 9700, 4.14.2);
    /// [`Error::TooMany`] if the address tried too many that do not exist.
    pub(crate) async fn refresh(
        &self,
        client: Option<ClientAddress>,
        request: &HeaderMap,
    ) -> Result<Refreshed, Error> {
        let found = match tokens::refresh_token(request) {
            Ok(found) => found,
            Err(Ambiguous(doubled)) => {
                return tokens::clear_doubled(&self.0.cookies, &doubled)
                    .map(Refreshed::OlderCleared)
                    .map_err(Error::SessionEnded);
            }
        };
        let Some(Found { token, transport }) = found else { return Err(self.ended()) };
        let anti_csrf = self.0.anti_csrf;
        let by_cookie = transport == Transport::Cookie;
        if by_cookie && !anti_csrf.allows_refresh(request) {
            return Err(self.ended());
        }
        let uses_token = by_cookie && anti_csrf.uses_token();
        let proof = csrf::token(request).filter(|_| uses_token);
        let guess = self.0.guesses.count(client)?;
        let refreshed = self.core().refresh_session(token.expose_secret(), proof, uses_token).await;
        if matches!(refreshed, Ok(Refresh::Ok(_)) | Err(_)) {
            guess.refund();
        }
        match refreshed? {
            Refresh::Ok(tokens) => {
                let (cookies, now) = (&self.0.cookies, self.0.clock.now());
                // A token that would be rejected is not handed out: the client would refresh forever.
                let claims = self.read(&tokens.access_token).and_then(|claims| {
                    match claims.check(now.timestamp()) {
                        Err(error @ (TokenError::Tenant | TokenError::Claims)) => Err(error),
                        _ => Ok(claims),
                    }
                });
                let claims = claims.map_err(|error| {
                    tracing::warn!(%error, "the session of another backend cannot go on here");
                    self.ended()
                })?;
                if !check_size(transport, &tokens.access_token, &claims) {
                    return Err(self.ended());
                }
                let headers = HeaderMap::new();
                let headers =
                    tokens::attach(headers, cookies, transport, request, &tokens, &claims, now);
                Ok(Refreshed::Tokens(headers))
            }
            Refresh::Unauthorised { message } => {
                tracing::debug!(message, "a refresh token was refused");
                Err(self.ended())
            }
            Refresh::TokenTheftDetected { session } => {
                tracing::warn!(
                    session.handle,
                    user.id = session.user_id,
                    "a spent refresh token was used again: the session is revoked"
                );
                self.core().revoke_and_deny(&[&session.handle]).await?;
                Err(Error::TokenTheft(tokens::clear_everywhere(&self.0.cookies)))
            }
        }
    }

    /// Two cookies of one name at a guarded route. A refresh removes those that it is sent; those with another path
    /// than ours are removed here.
    fn ambiguous(&self, doubled: &[&'static str], path: &str) -> Error {
        let mut headers = HeaderMap::new();
        self.0.cookies.clear_planted(&mut headers, doubled, path);
        Error::AmbiguousCookies(headers)
    }

    /// A session that cannot go on; the answer clears its tokens, wherever the client keeps them.
    pub(crate) fn ended(&self) -> Error {
        Error::SessionEnded(tokens::clear_everywhere(&self.0.cookies))
    }

    /// Ends the session. Answers the headers that make the client forget it.
    pub(crate) async fn revoke(&self, session: &Session) -> Result<HeaderMap, Error> {
        self.core().sign_out(session.claims.session_handle()).await?;
        Ok(tokens::clear(&self.0.cookies, session.transport))
    }

    /// A token that is rejected. A session's token may be replaced by a refresh, but not with another tenant: that
    /// client would refresh forever.
    fn refused(&self, error: TokenError) -> Error {
        tracing::debug!(%error, "an access token was refused");
        match error {
            TokenError::Malformed => Error::Unauthorised,
            TokenError::Tenant => self.ended(),
            _ => Error::TryRefreshToken,
        }
    }

    /// The claims of a token that has just come from the Core.
    fn claims_of(&self, access: &CoreToken) -> Result<Claims, Error> {
        self.read(access)
            .map_err(|error| Error::Unexpected(format!("the Core's access token: {error}")))
    }

    fn read(&self, access: &CoreToken) -> Result<Claims, TokenError> {
        let token = access.token.expose_secret();
        self.0.jwks.expect(&SessionKeyId::of(token)?);
        let payload = jsonwebtoken::dangerous::insecure_decode::<Box<RawValue>>(token)
            .map_err(|_| TokenError::Malformed)?
            .claims;
        Claims::from_payload(payload)
    }
}
