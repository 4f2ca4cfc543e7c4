//! The one GraphQL client: typed operations in, typed data or one `Error` out.

use std::collections::BTreeMap;

use graphql_client::GraphQLQuery;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::auth::refresh::with_session;
use crate::client::documents::Id;
use crate::client::error::Error;
use crate::client::http;
use crate::client::http::Reply;

/// An operation with types of its own.
pub trait Document: GraphQLQuery {
    const ID: Id;
}

/// What every answer looks like, whatever its data: read by itself, so that the page carries its reader once.
/// A message of a socket has it as its payload.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    errors: Vec<Refusal>,
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Refusal {
    message: String,
    #[serde(default)]
    extensions: Extensions,
}

#[derive(Default, Deserialize)]
struct Extensions {
    #[serde(default)]
    code: Option<String>,
}

/// For the user whose page asks; see [`with_session`].
pub async fn run<Q: Document>(
    user: &str,
    variables: Q::Variables,
) -> Result<Q::ResponseData, Error> {
    let variables = serde_json::to_string(&variables).map_err(|_| Error::Unexpected)?;
    parse(&ask(user, Q::ID, &variables).await?)
}

/// The data of the answer, still JSON. `variables` are JSON, too.
pub async fn ask(user: &str, document: Id, variables: &str) -> Result<String, Error> {
    let reply = exchange(user, &request(document, variables)).await?;
    data(&reply).map(str::to_owned)
}

pub fn parse<T: DeserializeOwned>(data: &str) -> Result<T, Error> {
    serde_json::from_str(data).map_err(|_| Error::Unexpected)
}

/// A text as JSON has it.
pub fn quote(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// What a socket says: the kind of its message, and the data that it carries.
pub fn message(text: &str) -> Option<(String, String)> {
    let message: Answer = serde_json::from_str(text).ok()?;
    let payload = message.payload.filter(|_| message.kind == "next");
    let answer: Answer = match payload {
        Some(payload) => serde_json::from_str(payload.get()).ok()?,
        None => Answer::default(),
    };
    let data = answer.data.map(RawValue::get).unwrap_or_default();
    Some((message.kind, data.to_owned()))
}

/// Names and hashes need no quoting.
pub fn request((name, id): Id, variables: &str) -> String {
    [
        r#"{"operationName":""#,
        name,
        r#"","variables":"#,
        variables,
        r#","extensions":{"persistedQuery":{"version":1,"sha256Hash":""#,
        id,
        r#""}}}"#,
    ]
    .concat()
}

async fn exchange(user: &str, body: &str) -> Result<Reply, Error> {
    with_session(user, &|| Box::pin(http::post("/graphql", "anti-csrf", body))).await
}

/// Data counts even if errors stand beside it: a nullable field failed, and the rest is good. Unless nothing is left, as
/// after a mutation that failed.
fn data(reply: &Reply) -> Result<&str, Error> {
    let answer: Answer = serde_json::from_str(&reply.body).map_err(|_| Error::Unexpected)?;
    match (answer.data, answer.errors.into_iter().next()) {
        (data, Some(refusal)) if data.is_none_or(|data| is_empty(data.get())) => {
            Err(meaning(refusal, reply.retry_after))
        }
        (Some(data), _) => Ok(data.get()),
        (None, _) => Err(Error::Unexpected),
    }
}

/// Whether each field of the root is null.
fn is_empty(data: &str) -> bool {
    let fields = serde_json::from_str::<BTreeMap<&str, Option<&RawValue>>>(data);
    fields.is_ok_and(|fields| fields.values().all(Option::is_none))
}

fn meaning(refusal: Refusal, retry_after: Option<u32>) -> Error {
    match refusal.extensions.code.as_deref() {
        Some("BAD_USER_INPUT" | "FORBIDDEN" | "TOO_MANY_ATTEMPTS") => {
            Error::BadInput(refusal.message)
        }
        Some("NOT_FOUND") => Error::NotFound,
        Some("UNAUTHENTICATED") => Error::SessionEnded,
        Some("PERSISTED_QUERY_NOT_FOUND") => Error::Outdated,
        Some("SERVICE_UNAVAILABLE" | "OVERLOADED") => Error::Unavailable(retry_after),
        _ => Error::Unexpected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Data {
        email: Option<String>,
    }

    fn answer(body: &str) -> Result<Data, Error> {
        parse(data(&Reply { status: 200, body: body.to_owned(), ..Reply::default() })?)
    }

    fn failed(code: &str) -> Result<Data, Error> {
        answer(&format!(
            r#"{{"data":null,"errors":[{{"message":"Said so.","extensions":{{"code":"{code}"}}}}]}}"#
        ))
    }

    #[test]
    fn partial_data_is_used() {
        let body = r#"{"data":{"email":null,"todos":{}},"errors":[{"message":"x","extensions":{"code":"SERVICE_UNAVAILABLE"}}]}"#;
        assert_eq!(answer(body), Ok(Data { email: None }));
    }

    #[test]
    fn failed_mutation_is_an_error() {
        let body =
            r#"{"data":{"did":null},"errors":[{"message":"x","extensions":{"code":"NOT_FOUND"}}]}"#;
        assert_eq!(answer(body), Err(Error::NotFound));
    }

    #[test]
    fn a_code_decides_what_is_said() {
        assert_eq!(failed("BAD_USER_INPUT"), Err(Error::BadInput("Said so.".to_owned())));
        assert_eq!(failed("NOT_FOUND"), Err(Error::NotFound));
        assert_eq!(failed("UNAUTHENTICATED"), Err(Error::SessionEnded));
        assert_eq!(failed("SERVICE_UNAVAILABLE"), Err(Error::Unavailable(None)));
        assert_eq!(failed("PERSISTED_QUERY_NOT_FOUND"), Err(Error::Outdated));
    }

    #[test]
    fn an_operation_is_sent_by_its_hash() {
        let sent: serde_json::Value =
            serde_json::from_str(&request(("Todos", "abc"), r#"{"first":1}"#)).unwrap();
        let persisted = serde_json::json!({"version": 1, "sha256Hash": "abc"});
        assert_eq!(sent["extensions"]["persistedQuery"], persisted);
        assert_eq!(
            (&sent["operationName"], &sent["variables"]["first"]),
            (&"Todos".into(), &1.into())
        );
        assert!(sent.get("query").is_none());
    }

    #[test]
    fn a_socket_says_what_it_carries() {
        let said = |text| message(text).map(|(kind, data)| [kind, data]);
        let event = r#"{"type":"next","id":"1","payload":{"data":{"did":1}}}"#;
        assert_eq!(said(event), Some(["next".to_owned(), r#"{"did":1}"#.to_owned()]));
        let ping = r#"{"type":"ping","payload":{"any":1}}"#;
        assert_eq!(said(ping), Some(["ping".to_owned(), String::new()]));
        let error = r#"{"type":"error","id":"1","payload":[{"message":"x"}]}"#;
        assert_eq!(said(error), Some(["error".to_owned(), String::new()]));
        assert_eq!(said("x"), None);
    }

    #[test]
    fn an_internal_error_shows_no_internals() {
        assert_eq!(failed("INTERNAL"), Err(Error::Unexpected));
        assert_eq!(answer("not json"), Err(Error::Unexpected));
        assert_eq!(answer("{}"), Err(Error::Unexpected));
    }
}
