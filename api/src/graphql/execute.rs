//! A schema, whatever its root types are.

use std::sync::Arc;

use async_graphql::{Data, Executor, Request, Response};
use async_trait::async_trait;
use futures_util::stream::BoxStream;

/// As async-graphql's [`Executor`], which cannot be a trait object.
#[async_trait]
pub trait Execute: Send + Sync + 'static {
    /// Executes a query or a mutation.
    async fn run(&self, request: Request) -> Response;

    /// Starts a subscription.
    fn subscribe(&self, request: Request, session: Arc<Data>) -> BoxStream<'static, Response>;
}

#[async_trait]
impl<E: Executor> Execute for E {
    async fn run(&self, request: Request) -> Response {
        self.execute(request).await
    }

    fn subscribe(&self, request: Request, session: Arc<Data>) -> BoxStream<'static, Response> {
        self.execute_stream(request, Some(session))
    }
}
