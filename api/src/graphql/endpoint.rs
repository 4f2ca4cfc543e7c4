//! The schema as transports use it: an operation is looked at before it is executed, whichever way
//! it comes, and its answer is completed.

use std::{any::TypeId, sync::Arc};

use async_graphql::{Data, Request, Response, Variables};
use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream},
};

use super::{
    Error, Schemas,
    answer::{RequestId, complete, refusal},
    documents::{BadManifest, Documents, Manifest},
    limits::{check_complexity, check_document, check_subscription, check_text, check_variables},
    loader::Loader,
    probe::Probe,
    texts::KnownTexts,
    valid::{Operation, ValidOperations},
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
    schemas: Schemas,
    probe: Probe,
    documents: Documents,
    texts: KnownTexts,
    valid: ValidOperations,
    operations: Operations,
}

/// What measuring an operation takes, after it was refused.
struct Sent {
    text: Arc<str>,
    operation_name: Option<String>,
    variables: Variables,
}

/// What may be executed, with its document parsed.
struct Admitted {
    request: Request,
    sent: Sent,
    /// None where the same will hardly come again.
    operation: Option<Operation>,
}

impl Endpoint {
    /// Parses and checks the documents of the manifests, so that a bad one is told at start.
    pub async fn new(
        schemas: Schemas,
        probe: Probe,
        manifests: &[Manifest],
        operations: Operations,
    ) -> Result<Self, BadManifest> {
        let documents = Documents::load(manifests, &probe).await?;
        let (texts, valid) = (KnownTexts::default(), ValidOperations::default());
        Ok(Self(Arc::new(Inner { schemas, probe, documents, texts, valid, operations })))
    }

    /// Executes one operation. Its data should hold a [`RequestId`] for the answer's errors.
    pub async fn execute(&self, request: Request) -> Response {
        let id = request_id(&request);
        let mut response = match self.admit(request) {
            Ok(Admitted { request, sent, operation }) => {
                let response = self.run(request, operation).await;
                if is_too_complex(&response) { self.explain(sent).await } else { response }
            }
            Err(error) => refusal(error),
        };
        complete(&mut response, &id);
        response
    }

    /// What was executed without an error is known to be valid from then on.
    async fn run(&self, request: Request, operation: Option<Operation>) -> Response {
        let Inner { schemas, valid, .. } = &*self.0;
        let Some(operation) = operation else { return schemas.checking.execute(request).await };
        if valid.knows(&operation) {
            return schemas.trusting.execute(request).await;
        }
        let response = schemas.checking.execute(request).await;
        if response.is_ok() {
            valid.remember(operation);
        }
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
            Ok(request) => {
                self.0.schemas.checking.execute_stream_with_session_data(request, session)
            }
            Err(error) => stream::once(async { refusal(error) }).boxed(),
        };
        let completed = move |mut response| {
            complete(&mut response, &id);
            response
        };
        responses.map(completed).boxed()
    }

    fn admit(&self, mut request: Request) -> Result<Admitted, Error> {
        check_variables(&request.variables)?;
        let (text, operation) = if let Some(document) = self.0.documents.named_by(&request)? {
            let operation = Operation::of(&request, &document.text, &document.parsed);
            request.set_parsed_query(document.parsed.clone());
            (Arc::clone(&document.text), operation)
        } else {
            if self.0.operations == Operations::Trusted {
                return Err(Error::PersistedQueryIdRequired);
            }
            let text: Arc<str> = request.query.as_str().into();
            let mut operation = None;
            if let Some(document) = self.0.texts.get(&text) {
                operation = Operation::of(&request, &text, &document);
                request.set_parsed_query(document);
            } else {
                check_text(&text)?;
                // What cannot be parsed is for the executor to explain.
                if let Ok(document) = request.parsed_query() {
                    check_document(document)?;
                    self.0.texts.remember(Arc::clone(&text), document);
                }
            }
            (text, operation)
        };
        let sent = Sent {
            text,
            operation_name: request.operation_name.clone(),
            variables: request.variables.clone(),
        };
        Ok(Admitted { request: request.data(Loader::default()), sent, operation })
    }

    /// The executor only says that an operation is too complex.
    async fn explain(&self, sent: Sent) -> Response {
        let mut request = Request::new(&*sent.text).variables(sent.variables);
        request.operation_name = sent.operation_name;
        match self.0.probe.complexity(request).await {
            Ok(complexity) => refusal(check_complexity(complexity).err().unwrap_or_else(|| {
                Error::Internal(format!("a complexity of {complexity} was refused"))
            })),
            Err(errors) => Response::from_errors(errors),
        }
    }
}

fn only_subscription(Admitted { mut request, .. }: Admitted) -> Result<Request, Error> {
    let name = request.operation_name.clone();
    if let Ok(document) = request.parsed_query() {
        check_subscription(document, name.as_deref())?;
    }
    Ok(request)
}

fn is_too_complex(response: &Response) -> bool {
    matches!(&response.errors[..], [error] if error.message == "Query is too complex.")
}

fn request_id(request: &Request) -> RequestId {
    let id = request.data.get(&TypeId::of::<RequestId>());
    id.and_then(|id| id.downcast_ref()).cloned().unwrap_or_default()
}
