//! The schema as transports use it: an operation is looked at before it is executed, whichever way
//! it comes, and its answer is completed.

use std::{any::TypeId, sync::Arc};

use async_graphql::{Data, Request, Response, ServerError, Variables};
use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream},
};

use super::{
    Error,
    answer::{RequestId, complete, refusal},
    documents::{BadManifest, Documents, Manifest},
    execute::Execute,
    limits::{check_complexity, check_subscription, check_variables},
    probe::Probe,
    texts::{CheckedDocument, KnownTexts, as_server_errors},
    validation::Validator,
};

/// Whose operations are executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operations {
    /// The documents of the manifests; any other text is refused.
    Trusted,
    /// Also what a client writes itself, within the limits.
    Any,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Endpoint(Arc<Inner>);

struct Inner {
    schema: Box<dyn Execute>,
    with_loaders: fn(Request) -> Request,
    probe: Probe,
    validator: Validator,
    documents: Documents,
    texts: KnownTexts,
    operations: Operations,
}

/// The operation that is executed, for what its response needs.
struct Sent {
    document: Arc<CheckedDocument>,
    operation_name: Option<String>,
    variables: Variables,
}

impl Sent {
    fn propagate_nulls(&self, response: &mut Response) {
        self.document.valid.propagate_nulls(self.operation_name.as_deref(), response);
    }
}

/// What may be executed, with its document parsed.
struct Admitted {
    request: Request,
    sent: Sent,
}

impl Endpoint {
    /// Parses and checks the documents of the manifests, so that the start fails for an invalid one. `with_loaders` adds
    /// what belongs to one request to its data.
    pub async fn new(
        schema: impl Execute,
        sdl: &str,
        probe: Probe,
        with_loaders: fn(Request) -> Request,
        manifests: &[Manifest],
        operations: Operations,
    ) -> Result<Self, BadManifest> {
        let validator = Validator::new(sdl).map_err(|reason| BadManifest::schema(&reason))?;
        let documents = Documents::load(manifests, &probe, &validator).await?;
        let texts = KnownTexts::default();
        let schema = Box::new(schema);
        let inner = Inner { schema, with_loaders, probe, validator, documents, texts, operations };
        Ok(Self(Arc::new(inner)))
    }

    /// Executes one operation. Its data should hold a [`RequestId`] for the answer's errors.
    pub async fn execute(&self, request: Request) -> Response {
        let id = request_id(&request);
        let mut response = match self.admit(request) {
            Ok(Admitted { request, sent }) => {
                let mut response = self.0.schema.run(request).await;
                if is_too_complex(&response) {
                    self.explain(sent).await
                } else {
                    sent.propagate_nulls(&mut response);
                    response
                }
            }
            Err(errors) => Response::from_errors(errors),
        };
        complete(&mut response, &id);
        response
    }

    /// The name that a manifest has for what is to be executed.
    pub fn name_of(&self, request: &Request) -> Option<Arc<str>> {
        self.0.documents.name_of(request)
    }

    /// Starts a subscription. Its data should hold a [`RequestId`], that of its session the claims.
    pub fn subscribe(&self, request: Request, session: Arc<Data>) -> BoxStream<'static, Response> {
        let id = request_id(&request);
        let responses = match self.admit(request).and_then(only_subscription) {
            Ok(Admitted { request, sent }) => {
                let responses = self.0.schema.subscribe(request, session);
                let with_nulls = move |mut response| {
                    sent.propagate_nulls(&mut response);
                    response
                };
                responses.map(with_nulls).boxed()
            }
            Err(errors) => stream::once(async { Response::from_errors(errors) }).boxed(),
        };
        let completed = move |mut response| {
            complete(&mut response, &id);
            response
        };
        responses.map(completed).boxed()
    }

    /// Checks the whole request, so that no part of it runs if another part is invalid.
    fn admit(&self, mut request: Request) -> Result<Admitted, Vec<ServerError>> {
        let Inner { validator, documents, texts, operations, .. } = &*self.0;
        check_variables(&request.variables).map_err(as_server_errors)?;
        let document = match documents.named_by(&request).map_err(as_server_errors)? {
            Some(document) => Arc::clone(&document.checked),
            None if *operations == Operations::Trusted => {
                return Err(as_server_errors(Error::PersistedQueryIdRequired));
            }
            None => {
                if let Some(document) = texts.get(&request.query) {
                    document
                } else {
                    let document = Arc::new(CheckedDocument::check(&request.query, validator)?);
                    texts.remember(request.query.as_str().into(), Arc::clone(&document));
                    document
                }
            }
        };
        let name = request.operation_name.as_deref();
        let coerced = validator.coerce(&document.valid, name, &request.variables);
        let operation = document.of_operation(name);
        request.variables = coerced.map_err(|error| vec![error])?;
        request.set_parsed_query(operation);
        let sent = Sent {
            document,
            operation_name: request.operation_name.clone(),
            variables: request.variables.clone(),
        };
        Ok(Admitted { request: (self.0.with_loaders)(request), sent })
    }

    /// The executor only says that an operation is too complex.
    async fn explain(&self, sent: Sent) -> Response {
        let operation = sent.document.of_operation(sent.operation_name.as_deref());
        let mut request = Request::new("").variables(sent.variables);
        request.set_parsed_query(operation);
        request.operation_name = sent.operation_name;
        match self.0.probe.complexity(request).await {
            Ok(complexity) => refusal(check_complexity(complexity).err().unwrap_or_else(|| {
                Error::Internal(format!("a complexity of {complexity} was refused"))
            })),
            Err(errors) => Response::from_errors(errors),
        }
    }
}

fn only_subscription(mut admitted: Admitted) -> Result<Admitted, Vec<ServerError>> {
    let name = admitted.request.operation_name.clone();
    if let Ok(document) = admitted.request.parsed_query() {
        check_subscription(document, name.as_deref()).map_err(as_server_errors)?;
    }
    Ok(admitted)
}

fn is_too_complex(response: &Response) -> bool {
    matches!(&response.errors[..], [error] if error.message == "Query is too complex.")
}

fn request_id(request: &Request) -> RequestId {
    let id = request.data.get(&TypeId::of::<RequestId>());
    id.and_then(|id| id.downcast_ref()).cloned().unwrap_or_default()
}
