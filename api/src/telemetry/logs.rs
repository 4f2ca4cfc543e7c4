//! Lines: readable ones in development, JSON in production.

use std::io::IsTerminal as _;

use tracing::Subscriber;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{Layer, fmt, registry::LookupSpan};

use crate::config::Environment;

/// How many lines wait for a reader who is slow. Those beyond are dropped: a log must not stop the
/// service.
const WAITING: usize = 16 * 1024;

type Lines<S> = Box<dyn Layer<S> + Send + Sync>;

pub(super) fn layer<S>(environment: Environment) -> (Lines<S>, Option<WorkerGuard>)
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    match environment {
        Environment::Production => {
            let builder = NonBlockingBuilder::default().buffered_lines_limit(WAITING).lossy(true);
            let (writer, guard) = builder.finish(std::io::stdout());
            let json = fmt::layer().json().flatten_event(true).with_span_list(false);
            (json.with_writer(writer).boxed(), Some(guard))
        }
        Environment::Development => {
            let is_terminal = std::io::stdout().is_terminal();
            (fmt::layer().compact().with_ansi(is_terminal).boxed(), None)
        }
    }
}
