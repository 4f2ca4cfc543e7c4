//! Users: a page of them, how many there are, and what they can be searched by.

use axum::{
    Json,
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use serde_json::{Map, json};

use crate::{
    backend::SuperTokens,
    error::Error,
    recipes::dashboard::input::Params,
    users::cdi::{Order, UserQuery},
};

/// What a Core gives at once.
const MAX_LIMIT: u16 = 500;

/// `GET /dashboard/api/users?limit=`: a page, or with `email`, `phone` or `provider` a search.
pub async fn list(
    State(supertokens): State<SuperTokens>,
    Query(params): Query<Params>,
) -> Result<Response, Error> {
    let limit = params.required("limit")?.parse().ok();
    let limit = limit.filter(|limit| (1..=MAX_LIMIT).contains(limit)).ok_or_else(|| {
        Error::BadInput(format!("Parameter 'limit' must be a number from 1 to {MAX_LIMIT}"))
    })?;
    let order = match params.optional("timeJoinedOrder")? {
        None | Some("DESC") => Order::NewestFirst,
        Some("ASC") => Order::OldestFirst,
        Some(_) => {
            let text = "Invalid value recieved for 'timeJoinedOrder'";
            return Err(Error::BadInput(text.to_owned()));
        }
    };
    let wanted = UserQuery {
        limit,
        order,
        from: params.optional("paginationToken")?,
        email: params.optional("email")?,
        phone: params.optional("phone")?,
        provider: params.optional("provider")?,
    };
    let page = supertokens.users().list(wanted).await?;
    let mut body = Map::new();
    body.insert("status".to_owned(), "OK".into());
    body.insert("users".to_owned(), json!(page.users));
    if let Some(next) = page.next {
        body.insert("nextPaginationToken".to_owned(), next.into());
    }
    Ok(Json(body).into_response())
}

/// `GET /dashboard/api/users/count`
pub async fn count(State(supertokens): State<SuperTokens>) -> Result<Response, Error> {
    let count = supertokens.users().count().await?;
    Ok(Json(json!({"status": "OK", "count": count})).into_response())
}

/// `GET /dashboard/api/search/tags`
pub async fn search_tags(State(supertokens): State<SuperTokens>) -> Result<Response, Error> {
    let tags = supertokens.core().search_tags().await?;
    Ok(Json(json!({"status": "OK", "tags": tags})).into_response())
}
