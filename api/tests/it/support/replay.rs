//! Replays recordings of a real backend and Core: what stood for what, and what may differ.

use std::collections::HashMap;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Map, Number, Value, json};

use super::{
    core::TestCore,
    recorder::{Headers, Sent},
};

/// When the real Core made its keys: the id of the dynamic one says so.
pub const STARTED: i64 = 1_795_460_874_819;

const SECOND: i64 = 1000;

/// What stands for what: an id, hash or token of the recording, and the one of the live Core.
#[derive(Default)]
pub struct Replay {
    live: HashMap<String, String>,
    recorded: HashMap<String, String>,
    /// How far times may be apart, in milliseconds.
    slack: i64,
}

/// What differs, in words.
pub type Outcome = Result<(), String>;

impl Replay {
    /// Lets times be apart by less than this many milliseconds.
    pub fn with_slack(slack: i64) -> Self {
        Self { slack, ..Self::default() }
    }

    /// Forgets the refresh tokens: each recording numbers its own.
    pub fn next_file(&mut self) {
        self.live.retain(|recorded, _| !recorded.starts_with("<refresh-token-"));
    }

    /// Asks the Core what was asked, at the time at which it was, and compares the answer.
    pub async fn ask_core(&mut self, core: &TestCore, line: &Value) -> Outcome {
        let (request, expected) = (&line["request"], &line["response"]);
        if let Some(time) = time_of(text(&request["path"]), &expected["body"]) {
            core.clock.set(time);
        }
        let headers: Vec<_> = request["headers"]
            .as_object()
            .expect("headers")
            .iter()
            .map(|(name, value)| (name.as_str(), text(value)))
            .collect();
        let path = self.live_path(text(&request["path"]));
        let body = match &request["body"] {
            Value::String(body) => body.clone(),
            body => self.live_body(body)?.to_string(),
        };
        let answer = core.send(text(&request["method"]), &path, &headers, body).await;
        if answer.status != expected["status"] || answer.content_type != expected["contentType"] {
            return Err(format!("{answer:?} is not {expected}"));
        }
        self.compare("body", &expected["body"], &answer.body)
    }

    /// The recorded path with live values in its query.
    pub fn live_path(&self, path: &str) -> String {
        let Some((path, query)) = path.split_once('?') else {
            return path.to_owned();
        };
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs.map(|(name, value)| (name, self.live_text(&value))))
            .finish();
        format!("{path}?{query}")
    }

    /// The recorded body with live values in it.
    pub fn live_body(&self, body: &Value) -> Result<Value, String> {
        Ok(match body {
            Value::Object(fields) if fields.contains_key("$jwt") => {
                let token = self.live.get(&body.to_string());
                token.ok_or_else(|| format!("no live token for {body}"))?.as_str().into()
            }
            Value::Object(fields) => Value::Object(
                fields
                    .iter()
                    .map(|(name, value)| Ok((name.clone(), self.live_body(value)?)))
                    .collect::<Result<_, String>>()?,
            ),
            Value::Array(items) => {
                items.iter().map(|item| self.live_body(item)).collect::<Result<_, _>>()?
            }
            Value::String(text) => self.live_text(text).into(),
            other => other.clone(),
        })
    }

    pub fn live_text(&self, text: &str) -> String {
        self.live.get(text).cloned().unwrap_or_else(|| text.to_owned())
    }

    pub fn compare(&mut self, at: &str, recorded: &Value, live: &Value) -> Outcome {
        match (recorded, live) {
            (Value::Object(fields), Value::String(token)) if fields.contains_key("$jwt") => {
                self.live.insert(recorded.to_string(), token.clone());
                self.compare(at, recorded, &decoded(token)?)
            }
            (Value::Object(recorded), Value::Object(live)) => {
                self.compare_fields(at, recorded, live)
            }
            // The development Core speaks no version whose shapes it has not.
            (Value::Array(recorded), Value::Array(live))
                if at == "body.versions"
                    && live.iter().any(|version| recorded.contains(version)) =>
            {
                Ok(())
            }
            (Value::Array(recorded), Value::Array(live)) if recorded.len() == live.len() => {
                recorded.iter().zip(live).enumerate().try_for_each(|(index, (recorded, live))| {
                    self.compare(&format!("{at}[{index}]"), recorded, live)
                })
            }
            (Value::String(recorded), Value::String(live)) if is_cursor(at) => {
                self.compare_cursors(at, recorded, live)
            }
            (Value::String(recorded), Value::String(live)) if Shape::of(recorded).is_some() => {
                self.same_name(recorded, live).map_err(|reason| format!("{at}: {reason}"))
            }
            (Value::Number(recorded), Value::Number(live)) if self.is_near(at, recorded, live) => {
                Ok(())
            }
            _ if recorded == live => Ok(()),
            _ => Err(format!("{at}: {live} is not {recorded}")),
        }
    }

    fn compare_fields(
        &mut self,
        at: &str,
        recorded: &Map<String, Value>,
        live: &Map<String, Value>,
    ) -> Outcome {
        let names = |fields: &Map<String, Value>| fields.keys().cloned().collect::<Vec<_>>();
        if names(recorded) != names(live) {
            return Err(format!("{at}: {:?} is not {:?}", names(live), names(recorded)));
        }
        recorded.iter().try_for_each(|(name, recorded)| {
            self.compare(&format!("{at}.{name}"), recorded, &live[name])
        })
    }

    /// Whether these are times, in seconds or milliseconds, that are close enough.
    fn is_near(&self, at: &str, recorded: &Number, live: &Number) -> bool {
        let (Some(recorded), Some(live)) = (recorded.as_i64(), live.as_i64()) else {
            return false;
        };
        let slack = if at.ends_with("expiry") { self.slack.max(SECOND) } else { self.slack };
        match recorded {
            1_000_000_000_000.. => (recorded - live).abs() < slack,
            1_000_000_000.. => (recorded - live).abs() * SECOND < slack,
            _ => false,
        }
    }

    /// A page token is base64 of `id;timeJoined`.
    fn compare_cursors(&mut self, at: &str, recorded: &str, live: &str) -> Outcome {
        let parts = |token: &str| {
            let text = String::from_utf8(STANDARD.decode(token).ok()?).ok()?;
            let (id, joined) = text.split_once(';')?;
            Some((id.to_owned(), joined.parse::<i64>().ok()?))
        };
        let (Some(expected), Some(actual)) = (parts(recorded), parts(live)) else {
            return Err(format!("{at}: {live} is no page token"));
        };
        if (expected.1 - actual.1).abs() > self.slack {
            return Err(format!("{at}: {actual:?} is not {expected:?}"));
        }
        self.live.insert(recorded.to_owned(), live.to_owned());
        self.same_name(&expected.0, &actual.0)
    }

    /// Holds `live` to be what `recorded` was: always, and for nothing else.
    pub fn same_name(&mut self, recorded: &str, live: &str) -> Outcome {
        if Shape::of(recorded) != Shape::of(live) {
            return Err(format!("{live} has not the shape of {recorded}"));
        }
        let known = self.live.entry(recorded.to_owned()).or_insert_with(|| live.to_owned());
        if known != live {
            return Err(format!("{live} is not {known}, which stood for {recorded}"));
        }
        if recorded.starts_with('<') {
            return Ok(());
        }
        let known = self.recorded.entry(live.to_owned()).or_insert_with(|| recorded.to_owned());
        if known != recorded {
            return Err(format!("{live} stood for {known}, not for {recorded}"));
        }
        Ok(())
    }
}

/// Request headers that are not compared, and why.
const IGNORED: [(&str, &str); 3] = [
    ("accept", "each HTTP client has its own"),
    ("content-length", "it follows from the body, whose ids and tokens differ"),
    ("host", "the address of the Core"),
];

/// A request whose headers differ from the recorded ones on purpose.
struct Difference {
    /// Method and path.
    request: &'static str,
    /// None: it was not recorded.
    recorded: Option<&'static [(&'static str, &'static str)]>,
    ours: &'static [(&'static str, &'static str)],
    reason: &'static str,
}

const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");

/// In every step that makes them.
const DIFFERENCES: [Difference; 5] = [
    Difference {
        request: "DELETE /recipe/dashboard/session",
        recorded: Some(&[JSON]),
        ours: &[],
        reason: "it has no body",
    },
    Difference {
        request: "DELETE /recipe/dashboard/user",
        recorded: None,
        ours: &[],
        reason: "no SDK removes dashboard users; it has no body",
    },
    Difference {
        request: "PUT /recipe/dashboard/user",
        recorded: None,
        ours: &[JSON],
        reason: "no SDK changes dashboard users; as the POST of the same path",
    },
    Difference {
        request: "POST /recipe/dashboard/user",
        recorded: None,
        ours: &[JSON],
        reason: "no SDK adds dashboard users; the recorded ones were written by hand, and are the same",
    },
    Difference {
        request: "GET /recipe/dashboard/users",
        recorded: None,
        ours: &[],
        reason: "no SDK lists dashboard users; the recorded ones were written by hand, and are the same",
    },
];

/// The headers of the requests that the reference sent to its Core.
pub struct RecordedHeaders(Vec<Recorded>);

struct Recorded {
    step: String,
    request: String,
    headers: Headers,
}

impl RecordedHeaders {
    pub fn of<'a>(files: impl IntoIterator<Item = &'a str>) -> Self {
        let lines = files.into_iter().flat_map(str::lines);
        let lines = lines.map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"));
        Self(lines.filter(is_of_sdk).map(|line| Recorded::read(&line)).collect())
    }

    /// The same without one header.
    pub fn without(mut self, name: &str) -> Self {
        for line in &mut self.0 {
            line.headers.remove(name);
        }
        self
    }

    /// Compares all headers of a request with those that the reference sent with the same request: in that step if
    /// it sent one there.
    pub fn compare(&self, step: &str, sent: &Sent) -> Outcome {
        let request = format!("{} {}", sent.method, without_tenant(&sent.path));
        let ours = compared(sent.headers.clone());
        let same: Vec<_> = self.0.iter().filter(|line| line.request == request).collect();
        let here: Vec<_> = same.iter().copied().filter(|line| line.step == step).collect();
        let recorded = if here.is_empty() { same } else { here };
        if recorded.iter().any(|line| line.headers == ours)
            || is_intended(&request, &recorded, &ours)
        {
            return Ok(());
        }
        let recorded: Vec<_> = recorded.iter().map(|line| &line.headers).collect();
        Err(format!("{request}: the headers {ours:?} are not {recorded:?}"))
    }
}

impl Recorded {
    fn read(line: &Value) -> Self {
        let request = &line["request"];
        let (method, path) = (text(&request["method"]), text(&request["path"]));
        let path = path.split('?').next().unwrap_or_default();
        let headers = request["headers"].as_object().expect("headers").iter();
        let headers = headers.map(|(name, value)| (name.clone(), text(value).to_owned()));
        Self {
            step: text(&line["step"]).to_owned(),
            request: format!("{method} {}", without_tenant(path)),
            headers: compared(headers.collect()),
        }
    }
}

/// Whether the official SDK sent the request. The others were written by hand.
fn is_of_sdk(line: &Value) -> bool {
    !text(&line["step"]).starts_with("Core:")
}

/// Which of the two forms of a path is asked for says nothing of its headers.
fn without_tenant(path: &str) -> &str {
    path.strip_prefix("/public").unwrap_or(path)
}

fn compared(mut headers: Headers) -> Headers {
    headers.retain(|name, _| IGNORED.iter().all(|(ignored, _)| ignored != name));
    headers
}

fn is_intended(request: &str, recorded: &[&Recorded], ours: &Headers) -> bool {
    // A version of the CDI is sent with all of them, and compared where the request was recorded.
    let is = |headers: &Headers, expected: &[(&str, &str)]| {
        let headers = headers.iter().filter(|(name, _)| *name != "cdi-version");
        headers.map(|(name, value)| (name.as_str(), value.as_str())).eq(expected.iter().copied())
    };
    let difference = DIFFERENCES.iter().find(|difference| difference.request == request);
    difference.is_some_and(|difference| {
        assert!(!difference.reason.is_empty());
        let is_recorded = match difference.recorded {
            Some(expected) => recorded.iter().any(|line| is(&line.headers, expected)),
            None => recorded.is_empty(),
        };
        is_recorded && is(ours, difference.ours)
    })
}

/// Whether a page token is there: as the CDI names it, or the official SDK's answer.
fn is_cursor(at: &str) -> bool {
    at.ends_with("PaginationToken") || at == "result.next"
}

/// The kinds of text that differ from one Core to the next.
#[derive(Debug, PartialEq)]
enum Shape {
    Id,
    StaticKeyId,
    Hash,
    RefreshToken,
    /// A token for a link, or the modulus of a key.
    Random,
}

impl Shape {
    fn of(text: &str) -> Option<Self> {
        let is_id = |text: &str| uuid::Uuid::try_parse(text).is_ok() && text.len() == 36;
        let is_url_safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if is_id(text) {
            Some(Self::Id)
        } else if text.strip_prefix("s-").is_some_and(is_id) {
            Some(Self::StaticKeyId)
        } else if text.len() == 64 && text.chars().all(|c| c.is_ascii_hexdigit()) {
            Some(Self::Hash)
        } else if text.starts_with("<refresh-token-") || text.strip_suffix(".V2").is_some() {
            Some(Self::RefreshToken)
        } else if text.len() >= 43 && text.chars().all(is_url_safe) {
            Some(Self::Random)
        } else {
            None
        }
    }
}

/// Users whom the recordings count and do not show, and the last of them: there a page ends.
const LAST_UNSEEN_USER: (&str, i64) = ("38ef426a-e265-4b88-b74e-2e43522469ca", 1_795_461_199_945);

/// Lets `count` users join who are not in the recordings.
pub async fn add_unseen_users(core: &TestCore, replay: &mut Replay, count: i64) {
    let (recorded, joined) = LAST_UNSEEN_USER;
    for number in 1..=count {
        core.clock.set(joined - count + number);
        let body = json!({
            "thirdPartyId": "unseen",
            "thirdPartyUserId": number.to_string(),
            "email": { "id": format!("{number}@unseen.example.com"), "isVerified": false },
        });
        let user = core.post("/recipe/signinup", body).await;
        if number == count {
            replay.same_name(recorded, text(&user["recipeUserId"])).expect("a new id");
        }
    }
}

/// The time at which the Core gave an answer, as far as it tells.
pub fn time_of(path: &str, body: &Value) -> Option<i64> {
    let is_new = body["createdNewUser"] == true || path.ends_with("/signup");
    let joined = if is_new { body["user"]["timeJoined"].as_i64() } else { None };
    let issued = body["refreshToken"]["createdTime"].as_i64();
    issued.or(joined).or(body["accessToken"]["createdTime"].as_i64())
}

/// An access token as the recordings show one.
pub fn decoded(token: &str) -> Result<Value, String> {
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|error| error.to_string());
    let parts: Vec<_> = token.split('.').map(decode).collect::<Result<_, _>>()?;
    let [header, payload, signature] = parts.as_slice() else {
        return Err(format!("{token} has not three parts"));
    };
    let json =
        |part: &[u8]| serde_json::from_slice::<Value>(part).map_err(|error| error.to_string());
    Ok(json!({ "$jwt": {
        "header": json(header)?,
        "payload": json(payload)?,
        "signatureBytes": signature.len(),
    }}))
}

pub fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}
