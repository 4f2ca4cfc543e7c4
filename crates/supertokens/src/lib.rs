#![doc = include_str!("../README.md")]
#![warn(missing_docs)]
// Input of clients, Cores and providers must not panic, whatever is missing in it.
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::string_slice))]

pub mod account;
mod backend;
mod background;
pub mod core;
mod error;
mod fdi_version;
mod limits;
pub mod mailer;
mod metrics;
pub mod recipes;
mod routes;
pub mod session;
pub mod users;

pub use self::{
    backend::{Options, SuperTokens},
    core::Core,
    error::{Error, come_back},
    limits::{ClientAddress, RateLimit, RateLimits},
    mailer::Mailer,
    recipes::{
        dashboard::options::DashboardOptions, emailverification::mode::EmailVerificationMode,
    },
    routes::routes,
    session::{
        Session,
        claims::Claims,
        cookies::{CookieDomain, is_cross_site, is_public_suffix},
        csrf::AntiCsrf,
        validators::Validator,
    },
};
