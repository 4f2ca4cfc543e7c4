//! Running other programs: quietly with their output kept, or with it shown as it comes, and never for ever.

use std::{
    fmt,
    io::{BufRead, BufReader, Read, Write},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;

use crate::{
    child::Running,
    interrupt::{self, Interrupted},
    step::Step,
};

pub const POLL: Duration = Duration::from_millis(50);

/// How long a program may take.
#[derive(Clone, Copy, Debug)]
pub enum Within {
    /// What measures, in many turns.
    Long,
    /// Compilers and test runners, on a slow machine from nothing.
    Build,
    /// Package managers, on a slow line.
    Install,
    /// What only looks, or works on what is here.
    Soon,
}

impl Within {
    fn minutes(self) -> u64 {
        match self {
            Self::Long => 120,
            Self::Build => 30,
            Self::Install => 10,
            Self::Soon => 3,
        }
    }
}

/// A program that ended badly or not in time, with what it printed.
#[derive(Debug)]
pub struct Failed {
    command: String,
    how: How,
    pub output: String,
}

#[derive(Debug)]
enum How {
    Ended(ExitStatus),
    Late(Within),
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
            How::Late(within) => write!(
                f,
                "`{}` was stopped after {} minutes: what it printed last may say what it waited for; \
                 what it finished is kept when you try again",
                self.command,
                within.minutes()
            ),
        }
    }
}

impl std::error::Error for Failed {}

/// Runs to the end and returns stdout; everything it printed is in the error when it fails.
pub fn quiet(command: &mut Command, within: Within, step: &Step) -> Result<String> {
    fed(command, "", within, step)
}

/// As [`quiet`], with a short text on stdin.
pub fn fed(command: &mut Command, input: &str, within: Within, step: &Step) -> Result<String> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = Running::spawn(command)?;
    let deadline = Deadline::new(command, within);
    if let Some(mut stdin) = running.child.stdin.take() {
        // A program that does not read its input may have closed it.
        stdin.write_all(input.as_bytes()).ok();
    }
    let mut said = Said::default();
    let lines = lines(&mut running.child);
    loop {
        if interrupt::requested() {
            return Err(Interrupted.into());
        }
        match lines.recv_timeout(POLL) {
            Ok((from_stdout, line)) => {
                step.doing(line.trim());
                said.add(from_stdout, &line);
            }
            Err(RecvTimeoutError::Disconnected) => break,
            // A daemon that it left behind may hold the pipe open.
            Err(RecvTimeoutError::Timeout) if running.child.try_wait()?.is_some() => break,
            Err(RecvTimeoutError::Timeout) => {}
        }
        deadline.check(&said.all)?;
    }
    let status = wait(&mut running, &deadline, &said.all)?;
    succeeded(command, status, said.all)?;
    Ok(said.stdout)
}

/// Runs to the end with stdout and stderr going where ours go.
pub fn streamed(command: &mut Command, within: Within, step: &mut Step) -> Result<()> {
    step.stream();
    command.stdin(Stdio::null());
    let mut running = Running::spawn(command)?;
    let deadline = Deadline::new(command, within);
    let status = wait(&mut running, &deadline, "")?;
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

fn wait(running: &mut Running, deadline: &Deadline, said: &str) -> Result<ExitStatus> {
    loop {
        if let Some(status) = running.child.try_wait()? {
            return Ok(status);
        }
        interrupt::check()?;
        deadline.check(said)?;
        thread::sleep(POLL);
    }
}

fn succeeded(command: &Command, status: ExitStatus, output: String) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    Err(Failed { command: shown(command), how: How::Ended(status), output }.into())
}

/// When a program is taken to hang.
struct Deadline {
    command: String,
    within: Within,
    at: Instant,
}

impl Deadline {
    fn new(command: &Command, within: Within) -> Self {
        let at = Instant::now() + Duration::from_mins(within.minutes());
        Self { command: shown(command), within, at }
    }

    fn check(&self, said: &str) -> Result<()> {
        if Instant::now() < self.at {
            return Ok(());
        }
        let how = How::Late(self.within);
        Err(Failed { command: self.command.clone(), how, output: said.to_owned() }.into())
    }
}

/// What a program printed: all of it, and stdout alone.
#[derive(Default)]
struct Said {
    all: String,
    stdout: String,
}

impl Said {
    fn add(&mut self, from_stdout: bool, line: &str) {
        for text in [Some(&mut self.all), from_stdout.then_some(&mut self.stdout)] {
            let Some(text) = text else { continue };
            text.push_str(line);
            text.push('\n');
        }
    }
}

/// Its lines as they come; true for those of stdout.
fn lines(child: &mut Child) -> mpsc::Receiver<(bool, String)> {
    let (sender, lines) = mpsc::channel();
    read_lines(child.stdout.take(), true, sender.clone());
    read_lines(child.stderr.take(), false, sender);
    lines
}

fn read_lines(
    pipe: Option<impl Read + Send + 'static>,
    stdout: bool,
    sender: Sender<(bool, String)>,
) {
    let Some(pipe) = pipe else { return };
    thread::spawn(move || {
        let mut reader = BufReader::new(pipe);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_owned();
            if sender.send((stdout, text)).is_err() {
                break;
            }
            line.clear();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::step;

    fn sh(script: &str) -> Command {
        let mut sh = Command::new("sh");
        sh.args(["-c", script]);
        sh
    }

    #[test]
    fn the_error_of_a_failed_program_has_all_that_it_printed() {
        let outcome = step("a failing program", |step| {
            quiet(&mut sh("echo one; echo two >&2; exit 3"), Within::Soon, step)
        });
        let error = outcome.unwrap_err().downcast::<Failed>().unwrap();
        assert!(error.to_string().contains("exit status: 3"), "{error}");
        assert!(error.output.contains("one\n") && error.output.contains("two\n"));
    }

    #[test]
    fn a_program_that_hangs_is_told_from_one_that_failed() {
        let mut deadline = Deadline::new(&sh("sleep 60"), Within::Install);
        assert!(deadline.check("").is_ok());
        deadline.at = Instant::now();
        let error = deadline.check("waiting for a lock\n").unwrap_err();
        let error = error.downcast::<Failed>().unwrap();
        assert!(error.to_string().contains("was stopped after 10 minutes"), "{error}");
        assert_eq!(error.output, "waiting for a lock\n");
    }

    #[test]
    fn a_daemon_left_behind_does_not_hold_us_up() {
        let started = Instant::now();
        let outcome = step("a program with a daemon", |step| {
            quiet(&mut sh("echo done; sleep 5 &"), Within::Soon, step)
        });
        assert_eq!(outcome.unwrap(), "done\n");
        assert!(started.elapsed() < Duration::from_secs(4));
    }
}
