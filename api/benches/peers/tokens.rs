//! Tokens of fifty users, as the development Core signs them.

use std::{collections::HashMap, io::Write as _};

use anyhow::{Context as _, Result, bail};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use supertokens::{core::Core, session::NewSession};
use supertokens_dev_core::DevCore;
use tempfile::NamedTempFile;
use url::Url;

use super::{database::USERS, options::Options};

/// How many users ask; the others are there to be skipped by the index.
pub const ASKING: u64 = 50;
/// Who asks: every so many-th user.
pub const STEP: u64 = USERS / ASKING;
/// Who has a list so long that its pages lie deep; not among those that the table is filled with.
pub const COLLECTOR: u64 = 100_000_000;

pub struct Tokens {
    core: DevCore,
    /// A token a line, for wrk.
    pub asking: NamedTempFile,
    pub collector: NamedTempFile,
    /// The key that signed them, as a JWK.
    pub key: String,
    /// The claims of one, with `USER` for whose they are.
    pub claims: String,
}

impl Tokens {
    pub async fn issue(options: &Options) -> Result<Self> {
        let core_options = supertokens_dev_core::Options::new(options.owner_url.as_str().parse()?);
        let core =
            supertokens_dev_core::start(core_options).await.context("the development Core")?;
        let client = Core::new(vec![core.url()], None)?;
        let mut tokens = Vec::new();
        for number in 1..=ASKING {
            tokens.push(issue(&client, number * STEP).await?);
        }
        let collector = [issue(&client, COLLECTOR).await?];
        let payload: Value = part(&tokens[0], 1)?;
        let claims = payload.to_string().replace(&user(STEP), "USER");
        let key = signing_key(&core.url(), &part::<Value>(&tokens[0], 0)?).await?;
        Ok(Self { core, asking: lines(&tokens)?, collector: lines(&collector)?, key, claims })
    }

    pub fn core_url(&self) -> Url {
        self.core.url()
    }
}

/// The id of a user, as `database.rs` writes it into the rows.
pub fn user(number: u64) -> String {
    format!("user-{number}")
}

async fn issue(core: &Core, number: u64) -> Result<String> {
    let user_id = user(number);
    let empty = |value: Value| json!({"v": value, "t": 1});
    let session = NewSession {
        user_id: &user_id,
        access_token_payload: json!({
            "iss": format!("{}/auth", super::servers::SERVICE_DOMAIN),
            "st-ev": empty(true.into()), "st-role": empty(json!([])), "st-perm": empty(json!([])),
        }),
        session_data: json!({}),
        enable_anti_csrf: false,
    };
    let tokens = core.create_session(session).await.context("the development Core")?;
    Ok(tokens.access_token.token.expose_secret().to_owned())
}

/// Header or payload of a token.
fn part<T: serde::de::DeserializeOwned>(token: &str, index: usize) -> Result<T> {
    let part = token.split('.').nth(index).context("no JWT")?;
    Ok(serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part)?)?)
}

async fn signing_key(core: &Url, header: &Value) -> Result<String> {
    let url = core.join("/.well-known/jwks.json")?;
    let mut set: HashMap<String, Vec<Value>> = reqwest::get(url).await?.json().await?;
    let keys = set.remove("keys").unwrap_or_default();
    match keys.into_iter().find(|key| key["kid"] == header["kid"]) {
        Some(key) => Ok(key.to_string()),
        None => bail!("the Core does not publish the key of its tokens"),
    }
}

fn lines(tokens: &[String]) -> Result<NamedTempFile> {
    let mut file = NamedTempFile::new()?;
    for token in tokens {
        writeln!(file, "{token}")?;
    }
    Ok(file)
}
