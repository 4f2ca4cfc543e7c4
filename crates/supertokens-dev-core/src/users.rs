//! Users of all recipes: how they look, and how they are found, listed and removed.

use std::sync::Arc;

use axum::extract::State;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use sqlx::PgExecutor;

use super::{
    Core,
    answer::Answer,
    error::{Error, Result},
    multitenancy::TENANT,
    request::{Fields, Params},
    version::Version,
};

/// A row of the view `accounts`. Accounts are not linked: one login method is one user.
#[derive(sqlx::FromRow)]
pub(super) struct User {
    pub(super) id: String,
    recipe_id: String,
    email: String,
    third_party_id: Option<String>,
    third_party_user_id: Option<String>,
    time_joined: i64,
    verified: bool,
}

impl User {
    pub(super) async fn find(db: impl PgExecutor<'_>, id: &str) -> Result<Option<Self>> {
        Ok(sqlx::query_as("select * from supertokens_core.accounts where id = $1")
            .bind(id)
            .fetch_optional(db)
            .await?)
    }

    /// The user as the CDI shows it since version 4.0. Nobody has a passkey.
    pub(super) fn to_json(&self, version: Version) -> Value {
        let third_party = self
            .third_party_id
            .as_ref()
            .zip(self.third_party_user_id.as_ref())
            .map(|(id, user_id)| json!({ "id": id, "userId": user_id }));
        let mut login_method = json!({
            "tenantIds": [TENANT],
            "recipeUserId": self.id,
            "verified": self.verified,
            "timeJoined": self.time_joined,
            "recipeId": self.recipe_id,
            "email": self.email,
        });
        if let Some(third_party) = &third_party {
            login_method["thirdParty"] = third_party.clone();
        }
        let mut user = json!({
            "id": self.id,
            "isPrimaryUser": false,
            "tenantIds": [TENANT],
            "timeJoined": self.time_joined,
            "emails": [self.email],
            "phoneNumbers": [],
            "thirdParty": third_party.into_iter().collect::<Vec<_>>(),
            "loginMethods": [login_method],
        });
        if version.has_passkeys {
            user["webauthn"] = json!({ "credentialIds": [] });
        }
        user
    }
}

/// Emails are kept and looked up without outer spaces and in lower case.
pub(super) fn normalise_email(email: &str) -> String {
    email.trim().to_lowercase()
}

/// GET `/user/id`
pub(super) async fn by_id(
    State(core): State<Arc<Core>>,
    version: Version,
    params: Params,
) -> Result<Answer> {
    Ok(match User::find(&core.pool, params.text("userId")?).await? {
        Some(user) => Answer::ok(json!({ "user": user.to_json(version) })),
        None => Answer::status("UNKNOWN_USER_ID_ERROR"),
    })
}

/// GET `/users/by-accountinfo`: users who match all that is given, or, with
/// `doUnionOfAccountInfo`, any of it. No user has a phone number or a passkey.
pub(super) async fn by_account_info(
    State(core): State<Arc<Core>>,
    version: Version,
    params: Params,
) -> Result<Answer> {
    let email = params.optional("email").map(normalise_email);
    let third_party = params.optional("thirdPartyId");
    let third_party_user = params.optional("thirdPartyUserId");
    if third_party.is_some() != third_party_user.is_some() {
        return Err(Error::bad_request(
            "If 'thirdPartyId' is provided, 'thirdPartyUserId' must also be provided, and vice versa",
        ));
    }
    let asks_what_nobody_has = ["phoneNumber", "webauthnCredentialId"]
        .into_iter()
        .any(|name| params.optional(name).is_some());
    let query = if params.flag("doUnionOfAccountInfo") {
        "select * from supertokens_core.accounts \
         where email = $1 or (third_party_id = $2 and third_party_user_id = $3) \
         order by time_joined, id"
    } else if asks_what_nobody_has || (email.is_none() && third_party.is_none()) {
        return Ok(Answer::ok(json!({ "users": [] })));
    } else {
        "select * from supertokens_core.accounts \
         where ($1::text is null or email = $1) \
           and ($2::text is null or (third_party_id = $2 and third_party_user_id = $3)) \
         order by time_joined, id"
    };
    let users: Vec<User> = sqlx::query_as(query)
        .bind(email)
        .bind(third_party)
        .bind(third_party_user)
        .fetch_all(&core.pool)
        .await?;
    Ok(Answer::ok(json!({ "users": shown(&users, version) })))
}

/// A page of users from `($4, $5)` on; `$1` to `$3` narrow it, if they are given.
macro_rules! page_query {
    ($comparison:literal, $direction:literal) => {
        concat!(
            "select * from supertokens_core.accounts \
             where ($1::text[] is null or recipe_id = any ($1)) \
               and ($2::text[] is null or exists (select from unnest($2) tag \
                    where starts_with(email, tag) or strpos(email, '@' || tag) > 0)) \
               and ($3::text[] is null or exists (select from unnest($3) tag \
                    where starts_with(third_party_id, tag))) \
               and ($4::bigint is null or (time_joined, id) ",
            $comparison,
            " ($4, $5)) order by time_joined ",
            $direction,
            ", id ",
            $direction,
            " limit $6"
        )
    };
}

/// GET `/users`: a page in the order of joining. With `email` or `provider` (beginnings, separated
/// by `;`) a search, whose answer is never continued.
pub(super) async fn list(
    State(core): State<Arc<Core>>,
    version: Version,
    params: Params,
) -> Result<Answer> {
    let query = match params.optional("timeJoinedOrder") {
        None | Some("ASC") => page_query!(">=", "asc"),
        Some("DESC") => page_query!("<=", "desc"),
        Some(_) => {
            return Err(Error::bad_request("timeJoinedOrder can be either ASC OR DESC"));
        }
    };
    let limit = page_size(&params)?;
    if params.optional("phone").is_some() {
        // No user has a phone number.
        return Ok(Answer::ok(json!({ "users": [] })));
    }
    let (emails, providers) = (tags(&params, "email"), tags(&params, "provider"));
    let is_search = emails.is_some() || providers.is_some();
    let from = params.optional("paginationToken").map(Cursor::decode).transpose()?;
    let (joined, id) = from.map(|cursor| (cursor.time_joined, cursor.id)).unzip();
    let mut users: Vec<User> = sqlx::query_as(query)
        .bind(recipes(&params))
        .bind(emails)
        .bind(providers)
        .bind(joined)
        .bind(id)
        // One more than the page, to know where the next begins.
        .bind(i64::try_from(limit + 1).map_err(Error::internal)?)
        .fetch_all(&core.pool)
        .await?;
    let next = if users.len() > limit { users.pop() } else { None };
    let mut answer = json!({ "users": shown(&users, version) });
    if let (Some(next), false) = (next, is_search) {
        answer["nextPaginationToken"] = Cursor::at(&next).encode().into();
    }
    Ok(Answer::ok(answer))
}

/// GET `/user/search/tags`: what [`list`] can search by.
pub(super) async fn search_tags() -> Answer {
    Answer::ok(json!({ "tags": ["email", "phone", "provider"] }))
}

/// GET `/users/count`
pub(super) async fn count(State(core): State<Arc<Core>>, params: Params) -> Result<Answer> {
    let count: i64 = sqlx::query_scalar(
        "select count(*) from supertokens_core.users \
         where $1::text[] is null or recipe_id = any ($1)",
    )
    .bind(recipes(&params))
    .fetch_one(&core.pool)
    .await?;
    Ok(Answer::ok(json!({ "count": count })))
}

/// POST `/user/remove`: with all that is known of the user; OK for a user who does not exist, too.
pub(super) async fn remove(State(core): State<Arc<Core>>, fields: Fields) -> Result<Answer> {
    let id = fields.text("userId")?;
    let mut tx = core.pool.begin().await?;
    for statement in [
        "delete from supertokens_core.users where id = $1",
        "delete from supertokens_core.sessions where user_id = $1",
        "delete from supertokens_core.user_roles where user_id = $1",
        "delete from supertokens_core.user_metadata where user_id = $1",
        "delete from supertokens_core.verified_emails where user_id = $1",
        "delete from supertokens_core.email_verification_tokens where user_id = $1",
    ] {
        sqlx::query(statement).bind(id).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(Answer::ok(json!({})))
}

fn shown(users: &[User], version: Version) -> Vec<Value> {
    users.iter().map(|user| user.to_json(version)).collect()
}

fn page_size(params: &Params) -> Result<usize> {
    match params.integer("limit")? {
        None => Ok(100),
        Some(501..) => Err(Error::bad_request("max limit allowed is 500")),
        Some(limit) => usize::try_from(limit)
            .ok()
            .filter(|limit| *limit > 0)
            .ok_or_else(|| Error::bad_request("limit must a positive integer with min value 1")),
    }
}

fn recipes(params: &Params) -> Option<Vec<&str>> {
    let recipes = params.optional("includeRecipeIds").filter(|ids| !ids.is_empty())?;
    Some(recipes.split(',').collect())
}

fn tags(params: &Params, name: &str) -> Option<Vec<String>> {
    let tags = params.optional(name)?.split(';').map(normalise_email);
    Some(tags.filter(|tag| !tag.is_empty()).collect())
}

/// Where a page begins. On the wire: base64 of `id;timeJoined`.
struct Cursor {
    id: String,
    time_joined: i64,
}

impl Cursor {
    fn at(user: &User) -> Self {
        Self { id: user.id.clone(), time_joined: user.time_joined }
    }

    fn encode(&self) -> String {
        STANDARD.encode(format!("{};{}", self.id, self.time_joined))
    }

    fn decode(token: &str) -> Result<Self> {
        let parse = || {
            let text = String::from_utf8(STANDARD.decode(token).ok()?).ok()?;
            let (id, time_joined) = text.split_once(';')?;
            Some(Self { id: id.to_owned(), time_joined: time_joined.parse().ok()? })
        };
        parse().ok_or_else(|| Error::bad_request("invalid pagination token"))
    }
}
