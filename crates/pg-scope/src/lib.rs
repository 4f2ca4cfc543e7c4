#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod batch;
mod command;
mod connect;
mod connection;
mod error;
mod framed;
mod listener;
mod nested;
mod options;
mod pool;
mod queue;
mod scope;
#[cfg(feature = "sea-orm")]
mod sea_orm;
mod target;
mod tls;
mod transaction;

/// Of the feature `metrics`: a histogram of the seconds from sending a statement, with the settings of its scope, to the
/// end of its response. Labels: `access` is `read` or `write`, `outcome` is `ok` or `error`.
pub const STATEMENT_DURATION: &str = "database_statement_duration_seconds";

pub use tokio_postgres::{error::SqlState, types};

#[cfg(feature = "sea-orm")]
pub use self::sea_orm::{RowStream, open_session};
pub use self::{
    batch::{Column, FromRow, QueryResult, ResultLimits, Row},
    error::{ConnectError, DbError, Error},
    listener::{Listener, Notification},
    nested::NestedTransaction,
    options::Options,
    pool::{Pool, PoolStatus},
    queue::Share,
    scope::{Access, Scope, ScopeTemplate},
    target::UrlError,
    transaction::Transaction,
};
