//! An answer of ours beside the recorded one, by the rules of the recordings: names, statuses,
//! messages and attributes are fixed; ids, times and tokens stand for each other.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::DateTime;
use cookie::Cookie;
use serde_json::{Map, Value, json};

use crate::support::{
    app::Answer,
    replay::{Outcome, Replay, text},
};

/// What we send beside the recorded headers: for the browser's safety, for logs, by HTTP itself.
const OURS: [&str; 13] = [
    "access-control-max-age",
    "allow",
    // Responses with tokens, and what is known of users.
    "cache-control",
    "content-length",
    "content-security-policy",
    "cross-origin-opener-policy",
    "date",
    "permissions-policy",
    "referrer-policy",
    "server-timing",
    "vary",
    "x-content-type-options",
    "x-request-id",
];

const GRAPHQL: &str = "application/json";

/// How far the ends of cookies may be apart, in seconds.
const COOKIE_SLACK: i64 = 2;

pub fn compare(names: &mut Replay, line: &Value, answer: &Answer) -> Outcome {
    let recorded = &line["response"];
    if answer.status.as_u16() != recorded["status"] {
        return Err(format!("{answer:?} is not {}", recorded["status"]));
    }
    let is_session = text(&line["request"]["path"]) == "/sessioninfo"
        && answer.status.is_success()
        && answer.body.get("data").is_some();
    let mut body = answer.body.clone();
    if is_session {
        body = body["data"]["session"].take();
        // The demo told less of the session by POST.
        let recorded = recorded["body"].as_object().expect("an object");
        let told = body.as_object_mut().ok_or("has no session")?;
        told.retain(|field, _| recorded.contains_key(field));
    }
    if let Some(url) = recorded["body"].get("urlWithQueryParams") {
        compare_authorisation(text(url), &body)?;
    } else {
        names.compare("body", &recorded["body"], &body)?;
    }
    let mut headers = recorded["headers"].as_object().expect("headers").clone();
    if is_session {
        // GraphQL has a media type of its own.
        headers.insert("content-type".into(), GRAPHQL.into());
    }
    compare_headers(names, &headers, answer)
}

/// The address at a provider. Its challenge is another each time, as is the verifier.
fn compare_authorisation(recorded: &str, live: &Value) -> Outcome {
    let read = |url: &str| {
        let mut url = url::Url::parse(url).map_err(|error| error.to_string())?;
        let mut query: Vec<_> = url.query_pairs().into_owned().collect();
        for (_, value) in query.iter_mut().filter(|(name, _)| name == "code_challenge") {
            *value = value.len().to_string();
        }
        query.sort();
        url.set_query(None);
        Ok::<_, String>((url, query))
    };
    let is_begun = live["status"] == "OK";
    let url = text(&live["urlWithQueryParams"]);
    let has_verifier = live["pkceCodeVerifier"].is_string();
    if is_begun && read(recorded)? == read(url)? && has_verifier == recorded.contains("challenge") {
        Ok(())
    } else {
        Err(format!("{live} is not {recorded}"))
    }
}

fn compare_headers(names: &mut Replay, recorded: &Map<String, Value>, answer: &Answer) -> Outcome {
    for name in answer.headers.keys().map(reqwest::header::HeaderName::as_str) {
        if !recorded.contains_key(name) && !OURS.contains(&name) {
            return Err(format!("header {name} was not recorded"));
        }
    }
    for (name, recorded) in recorded {
        let live: Vec<&str> = answer
            .headers
            .get_all(name)
            .iter()
            .map(|value| value.to_str().expect("a text header"))
            .collect();
        let outcome = match (name.as_str(), &live[..]) {
            (_, []) => Err("is missing".to_owned()),
            ("set-cookie", live) => compare_cookies(names, recorded, live),
            ("vary", live) if live.contains(&"Origin") => Ok(()),
            ("vary", live) => Err(format!("{live:?} has no Origin")),
            (_, [live]) => compare_header(names, name, recorded, live),
            (_, _) => Err("is there twice".to_owned()),
        };
        outcome.map_err(|difference| format!("header {name}: {difference}"))?;
    }
    Ok(())
}

fn compare_header(names: &mut Replay, name: &str, recorded: &Value, live: &str) -> Outcome {
    match name {
        "front-token" if recorded.is_object() => {
            let live = STANDARD.decode(live).map_err(|error| error.to_string())?;
            let live = serde_json::from_slice(&live).map_err(|error| error.to_string())?;
            names.compare(name, &recorded["$base64"], &live)
        }
        "access-control-allow-methods" => same(&words(text(recorded)), &words(live)),
        // Ours are more.
        "access-control-expose-headers" | "access-control-allow-headers" => {
            let (recorded, live) = (words(text(recorded)), words(live));
            if recorded.is_subset(&live) { Ok(()) } else { same(&recorded, &live) }
        }
        // For JSON the parameter `charset` means nothing (RFC 8259, 11).
        "content-type" => same(essence(text(recorded)), essence(live)),
        // How long is ours to choose.
        "cache-control" => {
            let without_numbers = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "");
            same(&without_numbers(text(recorded)), &without_numbers(live))
        }
        _ => names.compare(name, recorded, &live.into()),
    }
}

fn words(list: &str) -> BTreeSet<String> {
    list.split(',').map(|word| word.trim().to_ascii_lowercase()).collect()
}

fn essence(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default()
}

fn same<T: PartialEq + std::fmt::Debug + ?Sized>(recorded: &T, live: &T) -> Outcome {
    if recorded == live { Ok(()) } else { Err(format!("{live:?} is not {recorded:?}")) }
}

fn compare_cookies(names: &mut Replay, recorded: &Value, live: &[&str]) -> Outcome {
    let recorded = match recorded {
        Value::Array(cookies) => cookies.iter().map(text).collect(),
        cookie => vec![text(cookie)],
    };
    same(&recorded.len(), &live.len())?;
    for (recorded, live) in recorded.iter().zip(live) {
        let (pair, attributes) = recorded.split_once("; ").expect("attributes");
        let (live_pair, live_attributes) = live.split_once("; ").ok_or("has no attributes")?;
        compare_cookie_value(names, pair, live_pair)?;
        compare_attributes(attributes, live_attributes)?;
    }
    Ok(())
}

fn compare_cookie_value(names: &mut Replay, recorded: &str, live: &str) -> Outcome {
    let cookie = Cookie::parse_encoded(live).map_err(|error| error.to_string())?;
    if recorded.starts_with("<refresh-token-") {
        same("sRefreshToken", cookie.name())?;
        return names.compare("sRefreshToken", &recorded.into(), &cookie.value().into());
    }
    let (name, value) = recorded.split_once('=').expect("a value");
    same(name, cookie.name())?;
    let value = match jwt(value) {
        Some((jwt, _)) => jwt,
        None => value.into(),
    };
    names.compare(name, &value, &cookie.value().into())
}

fn compare_attributes(recorded: &str, live: &str) -> Outcome {
    let split = |text: &str| -> (i64, BTreeSet<String>) {
        let (expires, rest): (Vec<_>, Vec<_>) =
            text.split("; ").partition(|part| part.starts_with("Expires="));
        let expires = expires.first().map_or(i64::MIN, |part| {
            let date = part.trim_start_matches("Expires=");
            DateTime::parse_from_rfc2822(date).map_or(i64::MIN, |date| date.timestamp())
        });
        (expires, rest.into_iter().map(str::to_owned).collect())
    };
    let ((expires, recorded), (live_expires, live)) = (split(recorded), split(live));
    if (expires - live_expires).abs() > COOKIE_SLACK {
        return Err(format!("ends at {live_expires}, not at {expires}"));
    }
    same(&recorded, &live)
}

/// A recorded request header with the live tokens in it.
pub fn live_header(names: &Replay, name: &str, recorded: &str) -> String {
    let mut live = String::new();
    let mut rest = recorded;
    while let Some(start) = rest.find('<') {
        live.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = if let Some((jwt, end)) = jwt(rest) {
            live.push_str(&names.live_text(&jwt.to_string()));
            end
        } else {
            let end = rest.find('>').expect("an end") + 1;
            let token = names.live_text(&rest[..end]);
            if name == "cookie" {
                let cookie = Cookie::new("sRefreshToken", token);
                live.push_str(&cookie.encoded().to_string());
            } else {
                live.push_str(&token);
            }
            end
        };
        rest = &rest[end..];
    }
    live.push_str(rest);
    names.live_text(&live)
}

/// Reads `<jwt HEADER PAYLOAD>` at the start of a text, and tells where it ends.
fn jwt(text: &str) -> Option<(Value, usize)> {
    const START: &str = "<jwt ";
    let parts = text.strip_prefix(START)?;
    let mut stream = serde_json::Deserializer::from_str(parts).into_iter::<Value>();
    let (header, payload) = (stream.next()?.ok()?, stream.next()?.ok()?);
    let end = START.len() + stream.byte_offset() + 1;
    let jwt = json!({"$jwt": {"header": header, "payload": payload, "signatureBytes": 256}});
    Some((jwt, end))
}
