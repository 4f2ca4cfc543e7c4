#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod batch;
mod command;
mod connect;
mod connection;
mod error;
mod framed;
mod nested;
mod options;
mod pool;
mod queue;
mod scope;
#[cfg(feature = "sea-orm")]
mod sea_orm;
mod tls;
mod transaction;

pub use tokio_postgres::{error::SqlState, types};

#[cfg(feature = "sea-orm")]
pub use self::sea_orm::RowStream;
pub use self::{
    batch::{Column, FromRow, QueryResult, ResultLimits, Row},
    error::{ConnectError, DbError, Error},
    nested::NestedTransaction,
    options::Options,
    pool::{Pool, PoolStatus},
    queue::Share,
    scope::{Access, Scope, ScopeTemplate},
    tls::UrlError,
    transaction::Transaction,
};
