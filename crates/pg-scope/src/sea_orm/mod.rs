//! A transaction as SeaORM's connection.

mod error;
mod parameter;
mod session;
mod text;
mod value;

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
    vec,
};

use futures_util::Stream;
use sea_orm::{
    AccessMode, ConnectionTrait, DbBackend, DbErr, ExecResult, IsolationLevel, ProxyExecResult,
    QueryResult, Statement, StreamTrait, TransactionError, TransactionOptions, TransactionSession,
    TransactionTrait,
};

pub use self::session::open_session;
use self::{parameter::encode, value::query_result};
use crate::{
    batch::{FromRow, Row},
    nested::{NestedTransaction, READ_ONLY},
    transaction::Transaction,
};

/// The rows of a statement, of which each is converted when it is read.
pub struct RowStream(vec::IntoIter<Row>);

impl fmt::Debug for RowStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RowStream({} rows)", self.0.len())
    }
}

impl Stream for RowStream {
    type Item = Result<QueryResult, DbErr>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.next().as_ref().map(query_result))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

/// A future as SeaORM's traits have it.
type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The commands that give a nested transaction its options. The server rejects another isolation level in one.
fn settings(isolation: Option<IsolationLevel>, access: Option<AccessMode>) -> Vec<String> {
    let isolation = isolation.map(|level| format!("SET TRANSACTION ISOLATION LEVEL {level}"));
    let access = access.map(|access| match access {
        AccessMode::ReadOnly => READ_ONLY.to_owned(),
        AccessMode::ReadWrite => "SET TRANSACTION READ WRITE".to_owned(),
    });
    isolation.into_iter().chain(access).collect()
}

macro_rules! sea_orm_traits {
    ($Transaction:ty) => {
        impl $Transaction {
            /// Runs a statement of SeaORM and reads its rows by the order of their columns, as tuples for instance.
            ///
            /// Use it in place of SeaORM's `into_tuple` and `try_get_by_index`, which read other columns here.
            pub async fn select_as<T: FromRow>(
                &self,
                statement: Statement,
            ) -> Result<Vec<T>, DbErr> {
                Ok(self.run(encode(statement)?).await?.decode()?)
            }
        }

        #[async_trait::async_trait]
        impl ConnectionTrait for $Transaction {
            fn get_database_backend(&self) -> DbBackend {
                DbBackend::Postgres
            }

            async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
                let rows_affected = self.run(encode(statement)?).await?.rows_affected;
                Ok(ProxyExecResult { last_insert_id: 0, rows_affected }.into())
            }

            async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
                self.execute_raw(Statement::from_string(DbBackend::Postgres, sql)).await
            }

            async fn query_one_raw(
                &self,
                statement: Statement,
            ) -> Result<Option<QueryResult>, DbErr> {
                self.run(encode(statement)?).await?.rows.first().map(query_result).transpose()
            }

            async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
                self.run(encode(statement)?).await?.rows.iter().map(query_result).collect()
            }
        }

        impl StreamTrait for $Transaction {
            type Stream<'a> = RowStream;

            fn get_database_backend(&self) -> DbBackend {
                DbBackend::Postgres
            }

            fn stream_raw(&self, statement: Statement) -> BoxFuture<'_, Result<RowStream, DbErr>> {
                Box::pin(async move {
                    Ok(RowStream(self.run(encode(statement)?).await?.rows.into_iter()))
                })
            }
        }

        /// A nested transaction: a savepoint.
        #[async_trait::async_trait]
        impl TransactionTrait for $Transaction {
            type Transaction = NestedTransaction;

            async fn begin(&self) -> Result<NestedTransaction, DbErr> {
                Ok(self.begin_nested()?)
            }

            async fn begin_with_config(
                &self,
                isolation_level: Option<IsolationLevel>,
                access_mode: Option<AccessMode>,
            ) -> Result<NestedTransaction, DbErr> {
                Ok(self.nest(settings(isolation_level, access_mode))?)
            }

            async fn begin_with_options(
                &self,
                options: TransactionOptions,
            ) -> Result<NestedTransaction, DbErr> {
                self.begin_with_config(options.isolation_level, options.access_mode).await
            }

            async fn transaction<F, T, E>(&self, callback: F) -> Result<T, TransactionError<E>>
            where
                F: for<'c> FnOnce(&'c NestedTransaction) -> BoxFuture<'c, Result<T, E>> + Send,
                T: Send,
                E: fmt::Display + fmt::Debug + Send,
            {
                self.transaction_with_config(callback, None, None).await
            }

            async fn transaction_with_config<F, T, E>(
                &self,
                callback: F,
                isolation_level: Option<IsolationLevel>,
                access_mode: Option<AccessMode>,
            ) -> Result<T, TransactionError<E>>
            where
                F: for<'c> FnOnce(&'c NestedTransaction) -> BoxFuture<'c, Result<T, E>> + Send,
                T: Send,
                E: fmt::Display + fmt::Debug + Send,
            {
                let nested = self.begin_with_config(isolation_level, access_mode).await?;
                match callback(&nested).await {
                    Ok(value) => {
                        nested.commit().await.map_err(DbErr::from)?;
                        Ok(value)
                    }
                    Err(error) => {
                        nested.rollback().await.map_err(DbErr::from)?;
                        Err(TransactionError::Transaction(error))
                    }
                }
            }
        }

        #[async_trait::async_trait]
        impl TransactionSession for $Transaction {
            async fn commit(self) -> Result<(), DbErr> {
                Ok(self.commit().await?)
            }

            async fn rollback(self) -> Result<(), DbErr> {
                Ok(self.rollback().await?)
            }
        }
    };
}

sea_orm_traits!(Transaction);
sea_orm_traits!(NestedTransaction);
