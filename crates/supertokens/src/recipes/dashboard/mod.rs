//! Recipe Dashboard: administrators list, search, change and delete users, and end their sessions.
//!
//! They sign in here and nowhere else: their session is an opaque id of the Core's, sent as bearer
//! token. Routes, bodies and statuses follow the official Node SDK's recipe of that name.

pub(crate) mod cdi;
mod email;
mod guard;
mod input;
pub(crate) mod options;
mod page;
mod roles;
pub(crate) mod server;
mod sessions;
mod sign_in;
mod tenants;
mod user;
mod users;

use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{delete, get, post, put},
};

pub use self::{
    cdi::{DashboardSignIn, DashboardUser, SetDashboardUser},
    options::DashboardOptions,
    server::{DashboardUsers, SetDashboardLogin},
};
use crate::backend::SuperTokens;

/// The API, if the dashboard is on. Layers require a session for every route but `/signin` and `/key/validate`.
pub fn api(supertokens: &SuperTokens) -> Router<SuperTokens> {
    if supertokens.0.dashboard.is_none() {
        return Router::new();
    }
    let api = administration()
        .route_layer(from_fn_with_state(supertokens.clone(), guard::admit))
        .merge(own_session().route_layer(from_fn_with_state(supertokens.clone(), guard::admit_any)))
        .route("/signin", post(sign_in::sign_in))
        .route("/key/validate", post(sign_in::validate));
    Router::new().nest("/dashboard/api", api)
}

/// The page, if the dashboard is on.
pub fn page(supertokens: &SuperTokens) -> Router<SuperTokens> {
    supertokens.0.dashboard.as_ref().map_or_else(Router::new, page::routes)
}

/// What those who may only look can do, too, though it is no `GET`.
fn own_session() -> Router<SuperTokens> {
    Router::new()
        .route("/signout", post(sign_in::sign_out))
        .route("/analytics", post(sign_in::analytics))
}

fn administration() -> Router<SuperTokens> {
    Router::new()
        .route("/users", get(users::list))
        .route("/users/count", get(users::count))
        .route("/search/tags", get(users::search_tags))
        .route("/user", get(user::get).put(user::update).delete(user::remove))
        .route("/user/password", put(user::set_password))
        .route("/user/metadata", get(user::metadata).put(user::metadata))
        .route("/user/email/verify", get(email::is_verified).put(email::set_verified))
        .route("/user/email/verify/token", post(email::send_link))
        .route("/user/sessions", get(sessions::list).post(sessions::revoke))
        .route("/userroles/roles", get(roles::list))
        .route("/userroles/role", put(roles::create).merge(delete(roles::remove)))
        .route("/userroles/role/permissions", get(roles::permissions))
        .route("/userroles/role/permissions/remove", put(roles::remove_permissions))
        .route("/userroles/user/roles", get(roles::of_user).put(roles::give).delete(roles::take))
        .route("/tenants", get(tenants::list))
}
