//! Lines: readable ones in development, JSON in production.

use std::{
    io::{self, BufWriter, IsTerminal as _, Stdout, Write},
    thread,
    time::Duration,
};

use tracing::Subscriber;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{Layer, fmt, registry::LookupSpan};

/// How many lines wait for a reader who is slow. Those beyond are dropped: a log must not stop the
/// service.
const WAITING: usize = 16 * 1024;

/// How long lines are gathered before they are written together: a thread that is woken for each of them takes more
/// of the processor than it takes to write it, and takes it from requests.
const GATHERED: Duration = Duration::from_millis(10);
/// How much of them is written at once.
const BUFFER: usize = 64 * 1024;

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A JSON object a line, written in the background.
    Json,
    /// For people, with colours in a terminal.
    Compact,
}

type Lines<S> = Box<dyn Layer<S> + Send + Sync>;

pub(super) fn layer<S>(format: Format) -> (Lines<S>, Option<WorkerGuard>)
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    match format {
        Format::Json => {
            let builder = NonBlockingBuilder::default().buffered_lines_limit(WAITING).lossy(true);
            let (writer, guard) =
                builder.finish(Together(BufWriter::with_capacity(BUFFER, io::stdout())));
            let json = fmt::layer().json().flatten_event(true).with_span_list(false);
            (json.with_writer(writer).boxed(), Some(guard))
        }
        Format::Compact => {
            let is_terminal = io::stdout().is_terminal();
            (fmt::layer().compact().with_ansi(is_terminal).boxed(), None)
        }
    }
}

/// What [`NonBlocking`](tracing_appender::non_blocking::NonBlocking)'s thread writes to: it flushes when no line waits.
struct Together(BufWriter<Stdout>);

impl Write for Together {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()?;
        // Those that come meanwhile wake nobody.
        thread::sleep(GATHERED);
        Ok(())
    }
}
