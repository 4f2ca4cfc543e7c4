//! Recipe ThirdParty: sign-in with an account elsewhere.
//!
//! Accounts are never joined by email: who signs in at a provider is the user of that provider's id,
//! whatever email it tells.

use axum::{
    Form, Json,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use crate::{
    backend::SuperTokens,
    error::Error,
    fdi_version,
    limits::ClientAddress,
    recipes::{
        form,
        multitenancy::first_factors::THIRD_PARTY,
        thirdparty::{Callback, Profile, Provider, ProviderError, cdi::SignInUp, http::error_code},
    },
    routes::JsonObject,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorisationQuery {
    third_party_id: Option<String>,
    #[serde(rename = "redirectURIOnProviderDashboard")]
    redirect_uri: Option<String>,
}

/// `GET /authorisationurl`: where the browser goes to sign in at a provider. The client adds its
/// `state`, which it checks when it is called back.
pub async fn authorisation_url(
    State(supertokens): State<SuperTokens>,
    client: ClientAddress,
    Query(query): Query<AuthorisationQuery>,
) -> Result<Response, Error> {
    let missing = |name: &str| Error::BadInput(format!("Please provide the {name} as a GET param"));
    let id = query.third_party_id.ok_or_else(|| missing("thirdPartyId"))?;
    let redirect_uri =
        query.redirect_uri.ok_or_else(|| missing("redirectURIOnProviderDashboard"))?;
    let provider = provider(&supertokens, &id)?;
    supertokens.limits().request(client)?;
    let authorisation =
        provider.authorise(&redirect_uri).await.map_err(|error| failed(provider, error))?;
    let mut body = Map::new();
    body.insert("status".to_owned(), "OK".into());
    body.insert("urlWithQueryParams".to_owned(), json!(authorisation.url));
    if let Some(verifier) = authorisation.code_verifier {
        body.insert("pkceCodeVerifier".to_owned(), verifier.expose_secret().into());
    }
    // The verifier is as good as a secret until the provider has redirected.
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response())
}

/// `POST /signinup`: makes a session for whom the provider names, and the user if there is none.
pub async fn sign_in_up(
    State(supertokens): State<SuperTokens>,
    client: ClientAddress,
    headers: HeaderMap,
    JsonObject(body): JsonObject,
) -> Result<Response, Error> {
    let id = body.get("thirdPartyId").and_then(Value::as_str);
    let id = id
        .ok_or_else(|| Error::BadInput("Please provide the thirdPartyId in request body".into()))?;
    let callback = callback(&body)?;
    let provider = provider(&supertokens, id)?;
    let callback = callback_of(&callback)?;
    supertokens.limits().request(client)?;
    let profile = provider.profile(callback).await.map_err(|error| failed(provider, error))?;
    let Some((email, is_verified)) = email(provider, &profile) else {
        return Ok(Json(json!({"status": "NO_EMAIL_GIVEN_BY_PROVIDER"})).into_response());
    };
    supertokens.require_first_factor(THIRD_PARTY).await?;
    let answer =
        supertokens.core().sign_in_up(provider.id(), &profile.user_id, &email, is_verified).await?;
    match answer {
        SignInUp::Ok { user, recipe_user_id, created_new_user } => {
            let tokens = supertokens.create_session(&user, &recipe_user_id, &headers).await?;
            let is_new = Some(created_new_user);
            let body = fdi_version::signed_in(&headers, &user, &recipe_user_id, is_new);
            Ok((tokens, Json(body)).into_response())
        }
        SignInUp::EmailChangeNotAllowedError => {
            const REASON: &str = "Cannot sign in / up because new email cannot be applied to \
                                  existing account. Please contact support. (ERR_CODE_005)";
            let body = json!({"status": "SIGN_IN_UP_NOT_ALLOWED", "reason": REASON});
            Ok(Json(body).into_response())
        }
    }
}

/// `POST /callback/apple`: Apple posts a form where others redirect. Sends the browser on to the
/// page with what the form holds, so that the page finds it as from any other provider.
pub async fn apple_callback(
    State(supertokens): State<SuperTokens>,
    Form(form): Form<Vec<(String, String)>>,
) -> Result<Response, Error> {
    let state = form.iter().find(|(name, _)| name == "state").map(|(_, value)| value.as_str());
    let mut target = state
        .and_then(redirect_of)
        // The state came through the browser: it may send to our own page only.
        .filter(|url| url.origin() == supertokens.website_domain().origin())
        .ok_or_else(|| Error::BadInput("the state names no address of the page".into()))?;
    let known = ["code", "state", "error", "user"];
    let pairs = form.iter().filter(|(name, _)| known.contains(&name.as_str()));
    target.query_pairs_mut().clear().extend_pairs(pairs);
    let headers = [(header::LOCATION, target.as_str()), (header::CACHE_CONTROL, "no-store")];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

/// FDI: the state is base64 of `{state, frontendRedirectURI}`.
fn redirect_of(state: &str) -> Option<Url> {
    #[derive(Deserialize)]
    struct State {
        #[serde(rename = "frontendRedirectURI")]
        redirect: Url,
    }
    // Browsers make it with or without padding.
    let config =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let decoded = GeneralPurpose::new(&alphabet::STANDARD, config).decode(state).ok()?;
    Some(serde_json::from_slice::<State>(&decoded).ok()?.redirect)
}

fn provider<'a>(supertokens: &'a SuperTokens, id: &str) -> Result<&'a Provider, Error> {
    supertokens.providers().get(id).ok_or_else(|| {
        Error::BadInput(format!("the provider {id} could not be found in the configuration"))
    })
}

/// FDI `redirectURIInfo`.
struct RedirectInfo<'a> {
    redirect_uri: &'a str,
    query: &'a Map<String, Value>,
    code_verifier: Option<&'a str>,
}

fn callback(body: &Map<String, Value>) -> Result<RedirectInfo<'_>, Error> {
    let bad = |text: &str| Error::BadInput(text.to_owned());
    let info = match (body.get("redirectURIInfo"), body.get("oAuthTokens")) {
        (Some(info), _) => info,
        // A token says nothing of whom it was made for: anyone's would do.
        (None, Some(_)) => return Err(bad("oAuthTokens are not accepted: send redirectURIInfo")),
        (None, None) => {
            return Err(bad(
                "Please provide one of redirectURIInfo or oAuthTokens in the request body",
            ));
        }
    };
    let redirect_uri = info.get("redirectURIOnProviderDashboard").and_then(Value::as_str);
    let query = info.get("redirectURIQueryParams").and_then(Value::as_object);
    Ok(RedirectInfo {
        redirect_uri: redirect_uri.ok_or_else(|| {
            bad("Please provide the redirectURIOnProviderDashboard in request body")
        })?,
        query: query
            .ok_or_else(|| bad("Please provide the redirectURIQueryParams in request body"))?,
        code_verifier: info.get("pkceCodeVerifier").and_then(Value::as_str),
    })
}

/// Errors: the provider's own, when it sent the browser back with one.
fn callback_of<'a>(info: &RedirectInfo<'a>) -> Result<Callback<'a>, Error> {
    let value = |name| info.query.get(name).and_then(Value::as_str);
    if let Some(error) = value("error") {
        let code = error_code(error);
        return Err(Error::BadInput(format!("the provider did not let you sign in ({code})")));
    }
    let code = value("code").ok_or_else(|| {
        Error::BadInput("Please provide the code in redirectURIQueryParams".into())
    })?;
    Ok(Callback { redirect_uri: info.redirect_uri, code, code_verifier: info.code_verifier })
}

/// The email, and whether it counts as verified. Where a provider tells none and needs not, one
/// that nobody can receive: the Core wants one.
fn email(provider: &Provider, profile: &Profile) -> Option<(String, bool)> {
    match &profile.email {
        Some(email) => Some((form::normalised(&email.address), email.is_verified)),
        None if provider.requires_email() => None,
        None => {
            let (user, provider) = (&profile.user_id, provider.id());
            Some((format!("{user}.{provider}@stfakeemail.supertokens.com"), true))
        }
    }
}

fn failed(provider: &Provider, error: ProviderError) -> Error {
    let name = provider.name();
    match error {
        ProviderError::Refused(why) => {
            tracing::warn!(provider = provider.id(), why, "a sign-in at a provider was refused");
            Error::BadInput(format!("Signing in with {name} did not work ({why}). Start again."))
        }
        ProviderError::Unusable(why) => {
            Error::Provider { name: name.to_owned(), why: format!("{}: {why}", provider.id()) }
        }
    }
}
