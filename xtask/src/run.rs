//! Runs other programs: with their output kept, or shown as it comes. Stops a program that hangs.

use std::{
    fmt,
    io::{self, Read, Write},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;

use crate::{
    child::Running,
    interrupt,
    step::{self, Step},
};

pub const POLL: Duration = Duration::from_millis(50);

/// How long a program may print nothing before it counts as hung. On a busy machine a program is slow, but it still
/// prints: no limit counts from the start.
#[derive(Clone, Copy, Debug)]
pub enum IdleTimeout {
    /// Benchmarks and fuzzers, which print their results at the end.
    Measurement,
    /// Compilers and test runners. One large crate takes minutes without a line.
    Build,
    /// Package managers, which print nothing while they download.
    Install,
    /// Programs that only read and write local files.
    Local,
}

impl IdleTimeout {
    fn minutes(self) -> u64 {
        match self {
            Self::Measurement => 120,
            Self::Build => 30,
            Self::Install => 20,
            Self::Local => 10,
        }
    }
}

/// A program that failed or hung, with its output.
#[derive(Debug)]
pub struct Failed {
    command: String,
    how: How,
    pub output: String,
}

#[derive(Debug)]
enum How {
    Ended(ExitStatus),
    Hung(IdleTimeout),
}

impl Failed {
    /// For a program that writes its complaints to a file.
    pub fn with_output(self, output: String) -> Self {
        Self { output, ..self }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.how {
            How::Ended(status) => write!(f, "`{}` failed ({status})", self.command),
            How::Hung(timeout) => write!(
                f,
                "`{}` was stopped because it printed nothing for {} minutes. Its last lines may say what it waited \
                 for. Try again: finished work is kept",
                self.command,
                timeout.minutes()
            ),
        }
    }
}

impl std::error::Error for Failed {}

/// Runs to the end and returns stdout; everything it printed is in the error when it fails.
pub fn quiet(command: &mut Command, timeout: IdleTimeout, step: &Step) -> Result<String> {
    fed(command, "", timeout, step)
}

/// As [`quiet`], with a short text on stdin.
pub fn fed(
    command: &mut Command,
    input: &str,
    timeout: IdleTimeout,
    step: &Step,
) -> Result<String> {
    let mut printed = Printed::default();
    let status = supervise(command, input, timeout, |chunk| {
        if let Some(line) = printed.add(&chunk) {
            step.doing(line.trim());
        }
    });
    let status = status.map_err(|error| with_output(error, &printed.all))?;
    let Printed { all, stdout, .. } = printed;
    succeeded(command, status, all.into_text())?;
    Ok(stdout.into_text())
}

/// Runs to the end and passes stdout and stderr on as they come.
pub fn streamed(command: &mut Command, timeout: IdleTimeout, step: &mut Step) -> Result<()> {
    step.stream();
    if step::is_on_a_terminal() {
        // They write to a pipe and would print without colors.
        command.env("CARGO_TERM_COLOR", "always").env("FORCE_COLOR", "1");
    }
    let status = supervise(command, "", timeout, |chunk| match chunk {
        Chunk::Stdout(bytes) => step::write(&mut io::stdout(), &bytes),
        Chunk::Stderr(bytes) => step::write(&mut io::stderr(), &bytes),
    })?;
    succeeded(command, status, String::new())
}

/// Whether the program exists and answers `--version` or the like with success.
pub fn answers(program: &str, argument: &str) -> bool {
    Command::new(program)
        .arg(argument)
        .current_dir(crate::workspace::root())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The program and its arguments, as one would type them.
pub fn shown(command: &Command) -> String {
    let mut text = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}

/// A piece of a program's output.
enum Chunk {
    Stdout(Vec<u8>),
    Stderr(Vec<u8>),
}

/// Runs to the end. Stops the program when it has been silent for too long, or when a stop is requested.
fn supervise(
    command: &mut Command,
    input: &str,
    timeout: IdleTimeout,
    mut receive: impl FnMut(Chunk),
) -> Result<ExitStatus> {
    let stdin = if input.is_empty() { Stdio::null() } else { Stdio::piped() };
    command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = Running::spawn(command)?;
    let mut idle = IdleTimer::new(command, timeout);
    if let Some(mut stdin) = running.child.stdin.take() {
        // A program that does not read its input may have closed it.
        stdin.write_all(input.as_bytes()).ok();
    }
    let chunks = chunks(&mut running.child);
    loop {
        interrupt::check()?;
        match chunks.recv_timeout(POLL) {
            Ok(chunk) => {
                idle.reset();
                receive(chunk);
            }
            Err(RecvTimeoutError::Disconnected) => break,
            // A daemon that it left behind may hold the pipe open.
            Err(RecvTimeoutError::Timeout) if running.child.try_wait()?.is_some() => break,
            Err(RecvTimeoutError::Timeout) => idle.check()?,
        }
    }
    loop {
        if let Some(status) = running.child.try_wait()? {
            return Ok(status);
        }
        interrupt::check()?;
        idle.check()?;
        thread::sleep(POLL);
    }
}

fn succeeded(command: &Command, status: ExitStatus, output: String) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    Err(Failed { command: shown(command), how: How::Ended(status), output }.into())
}

/// The output of a program that hung belongs to the error.
fn with_output(error: anyhow::Error, output: &Output) -> anyhow::Error {
    match error.downcast::<Failed>() {
        Ok(failed) => failed.with_output(output.clone().into_text()).into(),
        Err(error) => error,
    }
}

/// Measures how long a program has been silent.
struct IdleTimer {
    command: String,
    timeout: IdleTimeout,
    since: Instant,
}

impl IdleTimer {
    fn new(command: &Command, timeout: IdleTimeout) -> Self {
        Self { command: shown(command), timeout, since: Instant::now() }
    }

    fn reset(&mut self) {
        self.since = Instant::now();
    }

    fn check(&self) -> Result<()> {
        if self.since.elapsed() < Duration::from_mins(self.timeout.minutes()) {
            return Ok(());
        }
        let how = How::Hung(self.timeout);
        Err(Failed { command: self.command.clone(), how, output: String::new() }.into())
    }
}

/// Bytes that are text in the end: a chunk may end inside a character.
#[derive(Clone, Default)]
struct Output(Vec<u8>);

impl Output {
    fn into_text(self) -> String {
        let text = String::from_utf8_lossy(&self.0).into_owned();
        if text.is_empty() || text.ends_with('\n') { text } else { text + "\n" }
    }
}

/// What a program printed: all of it, and stdout alone.
#[derive(Default)]
struct Printed {
    all: Output,
    stdout: Output,
}

impl Printed {
    /// Returns the last line of the chunk.
    fn add(&mut self, chunk: &Chunk) -> Option<String> {
        let bytes = match chunk {
            Chunk::Stdout(bytes) => {
                self.stdout.0.extend(bytes);
                bytes
            }
            Chunk::Stderr(bytes) => bytes,
        };
        self.all.0.extend(bytes);
        String::from_utf8_lossy(bytes).trim_end().lines().last().map(str::to_owned)
    }
}

/// The output of a child as it comes.
fn chunks(child: &mut Child) -> mpsc::Receiver<Chunk> {
    let (sender, chunks) = mpsc::channel();
    read(child.stdout.take(), Chunk::Stdout, sender.clone());
    read(child.stderr.take(), Chunk::Stderr, sender);
    chunks
}

fn read(
    pipe: Option<impl Read + Send + 'static>,
    chunk: fn(Vec<u8>) -> Chunk,
    sender: Sender<Chunk>,
) {
    let Some(mut pipe) = pipe else { return };
    thread::spawn(move || {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(length) = pipe.read(&mut buffer)
            && length > 0
            && sender.send(chunk(buffer[..length].to_vec())).is_ok()
        {}
    });
}

#[cfg(test)]
mod tests {
    use rustix::process::{Pid, Signal};

    use super::*;
    use crate::{pid, signal, step::step};

    fn sh(script: &str) -> Command {
        let mut sh = Command::new("sh");
        sh.args(["-c", script]);
        sh
    }

    #[test]
    fn the_error_of_a_failed_program_has_all_that_it_printed() {
        let outcome = step("a failing program", |step| {
            quiet(&mut sh("echo one; echo two >&2; exit 3"), IdleTimeout::Local, step)
        });
        let error = outcome.unwrap_err().downcast::<Failed>().unwrap();
        assert!(error.to_string().contains("exit status: 3"), "{error}");
        assert!(error.output.contains("one\n") && error.output.contains("two\n"));
    }

    #[test]
    fn silent_program_counts_as_hung() {
        let mut idle = IdleTimer::new(&sh("sleep 60"), IdleTimeout::Install);
        assert!(idle.check().is_ok());
        idle.since -= Duration::from_mins(20);
        let error = idle.check().unwrap_err();
        assert!(error.to_string().contains("printed nothing for 20 minutes"), "{error}");
        let error = with_output(error, &Output(b"waiting for a lock".to_vec()));
        assert_eq!(error.downcast::<Failed>().unwrap().output, "waiting for a lock\n");
        idle.reset();
        assert!(idle.check().is_ok(), "a line of output starts the time anew");
    }

    #[test]
    fn daemon_left_behind_does_not_block() {
        let outcome = step("a program with a daemon", |step| {
            quiet(&mut sh("sleep 600 & echo $!"), IdleTimeout::Local, step)
        });
        let daemon = Pid::from_raw(outcome.unwrap().trim().parse().unwrap()).unwrap();
        assert!(pid::program(daemon).is_some(), "it was waited for");
        signal::process(daemon, Signal::KILL);
    }
}
