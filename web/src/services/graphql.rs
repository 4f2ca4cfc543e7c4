//! The one GraphQL client: typed operations in, typed data or one `Error` out.

use graphql_client::GraphQLQuery;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::error::Error;
use super::http::{self, Reply};
use super::session::with_session;

/// An operation that the service knows by the SHA-256 of its text: the page has no text to send.
pub trait Document: GraphQLQuery {
    const NAME: &'static str;
    const ID: &'static str;
}

/// What every answer looks like, whatever its data: read by itself, so that the page carries its reader once.
#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(default)]
    errors: Vec<Refusal>,
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
    read(&exchange(user, &body(Q::NAME, Q::ID, &variables)).await?)
}

/// `variables` are JSON; names and hashes need no quoting.
fn body(name: &str, id: &str, variables: &str) -> String {
    format!(
        r#"{{"operationName":"{name}","variables":{variables},"extensions":{{"persistedQuery":{{"version":1,"sha256Hash":"{id}"}}}}}}"#
    )
}

async fn exchange(user: &str, body: &str) -> Result<Reply, Error> {
    with_session(user, &|| Box::pin(http::post("/graphql", "anti-csrf", body))).await
}

fn read<T: DeserializeOwned>(reply: &Reply) -> Result<T, Error> {
    serde_json::from_str(data(reply)?).map_err(|_| Error::Unexpected)
}

/// Data counts even where errors stand beside it: a field that may be null was, and the rest is good.
fn data(reply: &Reply) -> Result<&str, Error> {
    let answer: Answer = serde_json::from_str(&reply.body).map_err(|_| Error::Unexpected)?;
    match (answer.data, answer.errors.into_iter().next()) {
        (Some(data), _) => Ok(data.get()),
        (None, Some(refusal)) => Err(meaning(refusal, reply.retry_after)),
        (None, None) => Err(Error::Unexpected),
    }
}

fn meaning(refusal: Refusal, retry_after: Option<u32>) -> Error {
    match refusal.extensions.code.as_deref() {
        Some("BAD_USER_INPUT" | "FORBIDDEN" | "TOO_MANY_ATTEMPTS") => {
            Error::BadInput(refusal.message)
        }
        Some("NOT_FOUND") => Error::NotFound,
        Some("UNAUTHENTICATED") => Error::SessionEnded,
        Some("PERSISTED_QUERY_NOT_FOUND") => Error::Outdated,
        Some("SERVICE_UNAVAILABLE") => Error::Unavailable(retry_after),
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
        read(&Reply { status: 200, body: body.to_owned(), ..Reply::default() })
    }

    fn failed(code: &str) -> Result<Data, Error> {
        answer(&format!(
            r#"{{"data":null,"errors":[{{"message":"Said so.","extensions":{{"code":"{code}"}}}}]}}"#
        ))
    }

    #[test]
    fn partial_data_is_used() {
        let body = r#"{"data":{"email":null},"errors":[{"message":"x","extensions":{"code":"SERVICE_UNAVAILABLE"}}]}"#;
        assert_eq!(answer(body), Ok(Data { email: None }));
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
            serde_json::from_str(&body("Todos", "abc", r#"{"first":1}"#)).unwrap();
        let persisted = serde_json::json!({"version": 1, "sha256Hash": "abc"});
        assert_eq!(sent["extensions"]["persistedQuery"], persisted);
        assert_eq!(
            (&sent["operationName"], &sent["variables"]["first"]),
            (&"Todos".into(), &1.into())
        );
        assert!(sent.get("query").is_none());
    }

    #[test]
    fn an_internal_error_shows_no_internals() {
        assert_eq!(failed("INTERNAL"), Err(Error::Unexpected));
        assert_eq!(answer("not json"), Err(Error::Unexpected));
        assert_eq!(answer("{}"), Err(Error::Unexpected));
    }
}
