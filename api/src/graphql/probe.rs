//! A schema that checks and measures operations, and executes none.

use std::sync::Arc;

use async_graphql::{
    ObjectType, Request, SchemaBuilder, ServerError, SubscriptionType, ValidationResult,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation},
};
use async_trait::async_trait;

use super::execute::Execute;

pub struct Probe(Box<dyn Execute>);

impl Probe {
    pub fn new<Q, M, S>(builder: SchemaBuilder<Q, M, S>) -> Self
    where
        Q: ObjectType + 'static,
        M: ObjectType + 'static,
        S: SubscriptionType + 'static,
    {
        Self(Box::new(builder.extension(Stop).finish()))
    }

    /// What the operation costs, or what is wrong with it.
    pub async fn complexity(&self, request: Request) -> Result<usize, Vec<ServerError>> {
        let errors = self.0.run(request).await.errors;
        match errors.first().and_then(ServerError::source::<Complexity>) {
            Some(Complexity(complexity)) => Ok(*complexity),
            None => Err(errors),
        }
    }
}

/// Ends every execution before its first resolver, with what the validation found.
struct Stop;

struct Complexity(usize);

impl ExtensionFactory for Stop {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait]
impl Extension for Stop {
    async fn validation(
        &self,
        context: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let complexity = next.run(context).await?.complexity;
        let mut measured = ServerError::new("measured", None);
        measured.source = Some(Arc::new(Complexity(complexity)));
        Err(vec![measured])
    }
}
