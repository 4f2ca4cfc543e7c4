//! OpenID Connect: a provider's metadata and keys, its id token, its user info.

use std::sync::{Arc, PoisonError, RwLock};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use clock::Clock;
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation,
    jwk::{Jwk, JwkSet},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use tokio::sync::Mutex;
use url::Url;

use crate::recipes::thirdparty::{
    Profile, ProfileEmail, ProviderError, Tokens,
    http::{self, Http, error_code},
    options::below,
};

/// How long metadata and keys are kept.
const FRESH: TimeDelta = TimeDelta::hours(1);
/// Pause between fetches, whatever key ids are asked for.
const COOL_DOWN: TimeDelta = TimeDelta::seconds(30);
/// Pause after a fetch that failed.
const RETRY: TimeDelta = TimeDelta::seconds(5);
/// Clocks may differ by so many seconds.
const LEEWAY: u64 = 60;
/// Signatures that a public key checks. The key's own type narrows it down to one.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// OpenID Connect Discovery 1.0, as far as it is used.
#[derive(Debug, Clone, Deserialize)]
pub struct Metadata {
    issuer: String,
    pub authorization_endpoint: Url,
    pub token_endpoint: Url,
    jwks_uri: Url,
    userinfo_endpoint: Option<Url>,
    #[serde(default)]
    code_challenge_methods_supported: Vec<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
}

impl Metadata {
    pub fn offers_s256(&self) -> bool {
        self.code_challenge_methods_supported.iter().any(|method| method == "S256")
    }

    /// Whether the client secret may travel in `Authorization: Basic`, which RFC 6749 prefers to the form.
    pub fn offers_basic(&self) -> bool {
        let mut methods = self.token_endpoint_auth_methods_supported.iter();
        methods.any(|method| method == "client_secret_basic")
    }

    fn endpoints(&self) -> impl Iterator<Item = &Url> {
        [&self.authorization_endpoint, &self.token_endpoint, &self.jwks_uri]
            .into_iter()
            .chain(&self.userinfo_endpoint)
    }
}

/// The metadata and keys of one issuer, fetched when they are needed and kept for a while.
#[derive(Debug)]
pub struct Discovery {
    issuer: Url,
    http: Http,
    clock: Clock,
    known: RwLock<Option<Arc<Known>>>,
    /// Held by who fetches; when a fetch failed last.
    failed_at: Mutex<Option<DateTime<Utc>>>,
}

#[derive(Debug)]
struct Known {
    metadata: Metadata,
    keys: JwkSet,
    fetched_at: DateTime<Utc>,
}

impl Discovery {
    pub fn new(issuer: Url, http: Http, clock: Clock) -> Self {
        Self { issuer, http, clock, known: RwLock::default(), failed_at: Mutex::default() }
    }

    pub async fn metadata(&self) -> Result<Metadata, ProviderError> {
        Ok(self.known(FRESH).await?.metadata.clone())
    }

    async fn key(&self, kid: Option<&str>) -> Result<Jwk, ProviderError> {
        let find = |known: &Known| match kid {
            Some(kid) => known.keys.find(kid).cloned(),
            // Without an id there is nothing to choose by.
            None => known.keys.keys.first().filter(|_| known.keys.keys.len() == 1).cloned(),
        };
        if let Some(key) = find(&*self.known(FRESH).await?) {
            return Ok(key);
        }
        // A key that is news: the provider may have changed its keys since.
        find(&*self.known(COOL_DOWN).await?).ok_or_else(|| refused("signed with an unknown key"))
    }

    /// What is known and not older than `max_age`; fetched by one for all who wait. Where the
    /// provider is away, what was known before will do.
    async fn known(&self, max_age: TimeDelta) -> Result<Arc<Known>, ProviderError> {
        let recent = |known: &Arc<Known>| known.fetched_at + max_age > self.clock.now();
        if let Some(known) = self.read().filter(recent) {
            return Ok(known);
        }
        let mut failed_at = self.failed_at.lock().await;
        let before = match self.read() {
            Some(known) if recent(&known) => return Ok(known),
            before => before,
        };
        if failed_at.is_some_and(|at| at + RETRY > self.clock.now()) {
            let text = format!("{} did not answer a moment ago", self.issuer);
            return before.ok_or(ProviderError::Unusable(text));
        }
        match self.fetch().await {
            Ok(known) => {
                *failed_at = None;
                let known = Arc::new(known);
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known.clone());
                Ok(known)
            }
            Err(error) => {
                *failed_at = Some(self.clock.now());
                before.ok_or(error)
            }
        }
    }

    fn read(&self) -> Option<Arc<Known>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn fetch(&self) -> Result<Known, ProviderError> {
        let url = below(&self.issuer, ".well-known/openid-configuration");
        let metadata: Metadata = self.http.get(url, None).await?;
        let is_same =
            metadata.issuer.trim_end_matches('/') == self.issuer.as_str().trim_end_matches('/');
        if !is_same {
            let text = format!(
                "{} says that its issuer is {}: set the provider's issuer to that",
                self.issuer,
                shown(&metadata.issuer)
            );
            return Err(ProviderError::Unusable(text));
        }
        // Who may ask over http is the one who configured an http issuer.
        if metadata.endpoints().any(|url| url.scheme() != self.issuer.scheme()) {
            let text = format!("{} names an endpoint of another scheme", self.issuer);
            return Err(ProviderError::Unusable(text));
        }
        let keys = self.http.get(metadata.jwks_uri.clone(), None).await?;
        Ok(Known { metadata, keys, fetched_at: self.clock.now() })
    }
}

/// Claims of the id token and fields of the user info that are used.
#[derive(Debug, Deserialize)]
struct Identity {
    sub: String,
    email: Option<String>,
    #[serde(default, deserialize_with = "truth")]
    email_verified: bool,
    azp: Option<String>,
}

/// Apple sends a text.
fn truth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(value == true || value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("true")))
}

/// Who the tokens are of: by the id token, and by the user info where that tells no email.
pub(crate) async fn profile(
    discovery: &Discovery,
    http: &Http,
    client_id: &str,
    tokens: &Tokens,
) -> Result<Profile, ProviderError> {
    let id_token = tokens
        .id_token
        .as_ref()
        .ok_or_else(|| ProviderError::Unusable("the provider gave no id token".into()))?;
    let identity = verify(discovery, client_id, id_token).await?;
    let metadata = discovery.metadata().await?;
    let identity = match (&identity.email, metadata.userinfo_endpoint, &tokens.access_token) {
        (None, Some(endpoint), Some(access_token)) => {
            let info = user_info(discovery, http, client_id, endpoint, access_token).await?;
            // OpenID Connect Core 1.0, 5.3.2: else the tokens are of two people.
            if info.sub != identity.sub {
                return Err(refused("is of someone else than the user info"));
            }
            info
        }
        _ => identity,
    };
    let is_verified = identity.email_verified;
    let email = identity.email.filter(|email| !email.is_empty());
    Ok(Profile {
        user_id: identity.sub,
        email: email.map(|address| ProfileEmail { address, is_verified }),
    })
}

/// OpenID Connect Core 1.0, 5.3.2: JSON, or a JWT that the provider signed.
async fn user_info(
    discovery: &Discovery,
    http: &Http,
    client_id: &str,
    endpoint: Url,
    access_token: &SecretString,
) -> Result<Identity, ProviderError> {
    let host = endpoint.host_str().unwrap_or("?").to_owned();
    let (is_jwt, body) = http.get_body(endpoint, Some(access_token)).await?;
    if !is_jwt {
        return http::parse(&body, &host);
    }
    let token = String::from_utf8(body).map_err(|_| refused("user info is no JWT"))?;
    decode(discovery, client_id, token.trim(), &["iss", "aud", "sub"]).await
}

/// OpenID Connect Core 1.0, 3.1.3.7: signature, issuer, audience and times.
async fn verify(
    discovery: &Discovery,
    client_id: &str,
    id_token: &SecretString,
) -> Result<Identity, ProviderError> {
    let token = id_token.expose_secret();
    let identity = decode(discovery, client_id, token, &["exp", "iss", "aud", "sub"]).await?;
    if identity.azp.as_deref().is_some_and(|party| party != client_id) {
        return Err(refused("was made for another client"));
    }
    if identity.sub.is_empty() { Err(refused("names nobody")) } else { Ok(identity) }
}

/// Checks the signature, and the claims that are there. Those of `required` must be.
async fn decode(
    discovery: &Discovery,
    client_id: &str,
    token: &str,
    required: &[&str],
) -> Result<Identity, ProviderError> {
    let malformed = |error: jsonwebtoken::errors::Error| refused(&format!("is not valid: {error}"));
    let header = match jsonwebtoken::decode_header(token) {
        Ok(header) if ALGORITHMS.contains(&header.alg) => header,
        outcome => {
            return Err(match (algorithm(token), outcome) {
                (Some(name), _) => {
                    refused(&format!("is signed with {name}, which is not accepted"))
                }
                (None, Err(error)) => malformed(error),
                (None, Ok(_)) => refused("names no algorithm"),
            });
        }
    };
    let jwk = discovery.key(header.kid.as_deref()).await?;
    let key = DecodingKey::from_jwk(&jwk).map_err(malformed)?;
    let mut validation = Validation::new(header.alg);
    validation.leeway = LEEWAY;
    validation.set_required_spec_claims(required);
    validation.set_issuer(&[&discovery.metadata().await?.issuer]);
    validation.set_audience(&[client_id]);
    Ok(jsonwebtoken::decode::<Identity>(token, &key, &validation).map_err(malformed)?.claims)
}

/// The `alg` of a token's header, as text: jsonwebtoken knows some only.
fn algorithm(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Header {
        alg: String,
    }
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next()?).ok()?;
    let Header { alg } = serde_json::from_slice(&header).ok()?;
    Some(error_code(&alg))
}

/// A text of a provider for the log: short, and without characters that move a terminal's cursor.
fn shown(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(200).collect()
}

fn refused(what: &str) -> ProviderError {
    ProviderError::Refused(format!("the id token {what}"))
}
