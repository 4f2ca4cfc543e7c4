//! Sign-in with an account elsewhere: to the provider, and back with what it hands out.

use serde::Serialize;
use web_sys::js_sys::encode_uri_component;

use crate::auth::auth_api;
use crate::auth::fdi;
use crate::auth::fdi::{Outcome, Provider};
use crate::browser::store;
use crate::client::error::Error;
use crate::client::http;

const RECIPE: &str = "thirdparty";
const KEY: &str = "todos.provider";

/// A sign-in that was begun in this tab, whose storage no other tab or site can read: only who began can
/// finish it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    pub id: String,
    pub name: String,
    state: String,
    /// RFC 7636, where the provider takes it.
    verifier: Option<String>,
}

impl Begun {
    /// A line for each part, of which none has several.
    fn text(&self) -> String {
        [&*self.id, &self.state, self.verifier.as_deref().unwrap_or_default(), &self.name]
            .join("\n")
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.splitn(4, '\n').map(str::to_owned);
        let (id, state) = (lines.next()?, lines.next()?);
        let verifier = lines.next().filter(|verifier| !verifier.is_empty());
        Some(Self { id, name: lines.next()?, state, verifier })
    }
}

/// What a provider sends the browser back with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Back {
    /// The provider whose address it is.
    pub id: String,
    pub state: Option<String>,
    pub code: Option<String>,
    pub error: Option<String>,
}

/// Why a way back leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// Not begun in this tab, or finished already.
    Foreign,
    Denied,
    /// The provider found something wrong.
    Failed,
}

#[derive(Serialize)]
struct SignInUp<'a> {
    #[serde(rename = "thirdPartyId")]
    id: &'a str,
    #[serde(rename = "redirectURIInfo")]
    info: Info<'a>,
}

#[derive(Serialize)]
struct Info<'a> {
    #[serde(rename = "redirectURIOnProviderDashboard")]
    redirect: &'a str,
    #[serde(rename = "redirectURIQueryParams")]
    query: Query<'a>,
    #[serde(rename = "pkceCodeVerifier", skip_serializing_if = "Option::is_none")]
    verifier: Option<&'a str>,
}

#[derive(Serialize)]
struct Query<'a> {
    code: &'a str,
    state: &'a str,
}

/// Those that the server is configured with. None where it does not say: there is the form, too.
pub async fn all() -> Vec<Provider> {
    let reply = http::get("/auth/loginmethods", RECIPE).await.ok();
    let answer = reply.and_then(|reply| fdi::answer(&reply).ok());
    answer.and_then(|answer| answer.third_party).map_or_else(Vec::new, |party| party.providers)
}

/// Sends the browser there.
pub async fn leave(provider: &Provider) -> Result<(), Error> {
    let url = begin(provider).await?;
    gloo_utils::window().location().assign(&url).map_err(|_| Error::Unexpected)
}

/// Where the browser has to go. What it needs when it comes back is kept in this tab.
async fn begin(provider: &Provider) -> Result<String, Error> {
    let redirect = redirect(&provider.id)?;
    let [id, uri] = [&provider.id, &redirect].map(|text| String::from(encode_uri_component(text)));
    let path =
        format!("/auth/authorisationurl?thirdPartyId={id}&redirectURIOnProviderDashboard={uri}");
    let answer = fdi::answer(&http::get(&path, RECIPE).await?)?;
    let url = answer.url.ok_or(Error::Unexpected)?;
    let state = fresh_state(&redirect).ok_or(Error::Unexpected)?;
    let (join, encoded) = (if url.contains('?') { '&' } else { '?' }, encode_uri_component(&state));
    let url = format!("{url}{join}state={}", String::from(encoded));
    let (id, name) = (provider.id.clone(), provider.name.clone());
    let begun = Begun { id, name, state, verifier: answer.verifier };
    store::set(store::session(), KEY, Some(&begun.text()));
    Ok(url)
}

/// What was begun in this tab. It is of use once.
pub fn take_begun() -> Option<Begun> {
    let text = store::get(store::session(), KEY);
    store::set(store::session(), KEY, None);
    Begun::parse(&text?)
}

/// The code, if this is the way back of what was begun (RFC 6749, 10.12), and whose it is.
pub fn code<'a>(begun: Option<&Begun>, back: &'a Back) -> Result<&'a str, Lost> {
    let begun = begun.filter(|begun| begun.id == back.id).ok_or(Lost::Foreign)?;
    if back.state.as_deref() != Some(&begun.state) {
        return Err(Lost::Foreign);
    }
    match (back.error.as_deref(), &back.code) {
        (Some("access_denied" | "user_cancelled_authorize"), _) => Err(Lost::Denied),
        (None, Some(code)) => Ok(code),
        _ => Err(Lost::Failed),
    }
}

/// Trades the code for a session.
pub async fn finish(begun: &Begun, code: &str) -> Result<Outcome, Error> {
    let body = SignInUp {
        id: &begun.id,
        info: Info {
            redirect: &redirect(&begun.id)?,
            query: Query { code, state: &begun.state },
            verifier: begun.verifier.as_deref(),
        },
    };
    let body = serde_json::to_string(&body).map_err(|_| Error::Unexpected)?;
    auth_api::enter("/auth/signinup", RECIPE, &body).await
}

/// The address of ours that the provider knows.
fn redirect(id: &str) -> Result<String, Error> {
    let origin = gloo_utils::window().location().origin().map_err(|_| Error::Unexpected)?;
    Ok([&origin, "/auth/callback/", id].concat())
}

/// Unguessable, and in the form of the FDI: base64 of an object that names the way back, which Apple's answer
/// cannot do otherwise.
fn fresh_state(redirect: &str) -> Option<String> {
    let window = gloo_utils::window();
    let mut bytes = [0; 16];
    window.crypto().ok()?.get_random_values_with_u8_array(&mut bytes).ok()?;
    let state = u128::from_ne_bytes(bytes);
    window.btoa(&format!(r#"{{"state":"{state:x}","frontendRedirectURI":"{redirect}"}}"#)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun() -> Begun {
        Begun {
            id: "github".to_owned(),
            name: "GitHub".to_owned(),
            state: "s".to_owned(),
            verifier: None,
        }
    }

    fn back() -> Back {
        let some = |text: &str| Some(text.to_owned());
        Back { id: "github".to_owned(), state: some("s"), code: some("c"), error: None }
    }

    #[test]
    fn what_was_begun_survives_storage() {
        for verifier in [None, Some("v".to_owned())] {
            let begun = Begun { verifier, ..begun() };
            assert_eq!(Begun::parse(&begun.text()), Some(begun));
        }
        for text in ["", "github", "github\ns\nv"] {
            assert_eq!(Begun::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_code_counts_for_who_began() {
        assert_eq!(code(Some(&begun()), &back()), Ok("c"));
    }

    #[test]
    fn a_way_back_that_was_not_begun_here_leads_nowhere() {
        assert_eq!(code(None, &back()), Err(Lost::Foreign));
        for state in [None, Some(String::new()), Some("of somebody else".to_owned())] {
            let back = Back { state, ..back() };
            assert_eq!(code(Some(&begun()), &back), Err(Lost::Foreign), "{back:?}");
        }
        let elsewhere = Back { id: "google".to_owned(), ..back() };
        assert_eq!(code(Some(&begun()), &elsewhere), Err(Lost::Foreign));
    }

    #[test]
    fn whom_it_was_denied_is_told_from_what_went_wrong() {
        let with = |error: &str| Back { error: Some(error.to_owned()), ..back() };
        assert_eq!(code(Some(&begun()), &with("access_denied")), Err(Lost::Denied));
        assert_eq!(code(Some(&begun()), &with("server_error")), Err(Lost::Failed));
        assert_eq!(code(Some(&begun()), &Back { code: None, ..back() }), Err(Lost::Failed));
    }

    #[test]
    fn the_server_gets_what_the_fdi_names() {
        let info = Info {
            redirect: "http://localhost:3000/auth/callback/github",
            query: Query { code: "c", state: "s" },
            verifier: Some("v"),
        };
        let body = serde_json::to_string(&SignInUp { id: "github", info }).unwrap();
        assert_eq!(
            body,
            r#"{"thirdPartyId":"github","redirectURIInfo":{"redirectURIOnProviderDashboard":"http://localhost:3000/auth/callback/github","redirectURIQueryParams":{"code":"c","state":"s"},"pkceCodeVerifier":"v"}}"#
        );
    }
}
