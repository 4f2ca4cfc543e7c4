//! The one GraphQL client: typed operations in, typed data or one `Error` out.

use graphql_client::{GraphQLQuery, Response};
use serde::de::DeserializeOwned;

use super::error::Error;
use super::http::{self, Reply};
use super::session::with_session;

/// For the user whose page asks; see [`with_session`].
pub async fn run<Q: GraphQLQuery>(
    user: &str,
    variables: Q::Variables,
) -> Result<Q::ResponseData, Error> {
    let body = Q::build_query(variables);
    read(&with_session(user, async || http::post("/graphql", "anti-csrf", &body).await).await?)
}

/// Data counts even where errors stand beside it: a field that may be null was, and the rest is good.
fn read<T: DeserializeOwned>(reply: &Reply) -> Result<T, Error> {
    let answer: Response<T> = reply.json()?;
    match (answer.data, answer.errors.unwrap_or_default().first()) {
        (Some(data), _) => Ok(data),
        (None, Some(error)) => Err(refusal(error, reply.retry_after)),
        (None, None) => Err(Error::Unexpected),
    }
}

fn refusal(error: &graphql_client::Error, retry_after: Option<u32>) -> Error {
    let code = error
        .extensions
        .as_ref()
        .and_then(|extensions| extensions.get("code"))
        .and_then(serde_json::Value::as_str);
    match code {
        Some("BAD_USER_INPUT") => Error::BadInput(error.message.clone()),
        Some("NOT_FOUND") => Error::NotFound,
        Some("UNAUTHENTICATED") => Error::SessionEnded,
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
    }

    #[test]
    fn an_internal_error_shows_no_internals() {
        assert_eq!(failed("INTERNAL"), Err(Error::Unexpected));
        assert_eq!(answer("not json"), Err(Error::Unexpected));
        assert_eq!(answer("{}"), Err(Error::Unexpected));
    }
}
