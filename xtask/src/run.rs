//! Running other programs: quietly with their output kept, or with it shown as it comes.

use std::{
    fmt,
    io::{BufRead, BufReader, Read, Write},
    os::unix::process::CommandExt,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal};

use crate::{
    interrupt::{self, Interrupted},
    signal,
    step::Step,
};

const POLL: Duration = Duration::from_millis(50);

/// A program that ended badly, with what it printed.
#[derive(Debug)]
pub struct Failed {
    pub command: String,
    pub status: ExitStatus,
    pub output: String,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` failed ({})", self.command, self.status)
    }
}

impl std::error::Error for Failed {}

/// Runs to the end and returns stdout; everything it printed is in the error when it fails.
pub fn quiet(command: &mut Command, step: &Step) -> Result<String> {
    fed(command, "", step)
}

/// As [`quiet`], with a short text on stdin.
pub fn fed(command: &mut Command, input: &str, step: &Step) -> Result<String> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = Running::spawn(command)?;
    if let Some(mut stdin) = child.0.stdin.take() {
        // A program that does not read its input may have closed it.
        stdin.write_all(input.as_bytes()).ok();
    }
    let (sender, lines) = mpsc::channel();
    read_lines(child.0.stdout.take(), true, sender.clone());
    read_lines(child.0.stderr.take(), false, sender);

    let (mut stdout, mut all) = (String::new(), String::new());
    loop {
        match lines.recv_timeout(POLL) {
            Ok((from_stdout, line)) => {
                step.doing(line.trim());
                for text in
                    [Some(&mut all), from_stdout.then_some(&mut stdout)].into_iter().flatten()
                {
                    text.push_str(&line);
                    text.push('\n');
                }
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                if interrupt::requested() {
                    return Err(Interrupted.into());
                }
                // A daemon that it left behind may hold the pipe open.
                if child.0.try_wait()?.is_some() {
                    break;
                }
            }
        }
    }
    child.finish(command, all)?;
    Ok(stdout)
}

/// Runs to the end with stdout and stderr going where ours go.
pub fn streamed(command: &mut Command, step: &mut Step) -> Result<()> {
    step.stream();
    command.stdin(Stdio::null());
    let mut child = Running::spawn(command)?;
    while child.0.try_wait()?.is_none() {
        interrupt::check()?;
        thread::sleep(POLL);
    }
    child.finish(command, String::new())
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

/// A child in a process group of its own: the terminal's Ctrl-C reaches it only through us. Dropped
/// before its end, the whole group is stopped.
struct Running(Child);

impl Running {
    fn spawn(command: &mut Command) -> Result<Self> {
        command.process_group(0);
        let child = command.spawn().with_context(|| format!("cannot run `{}`", shown(command)))?;
        let running = Self(child);
        interrupt::watch(running.pid(), Signal::KILL);
        Ok(running)
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.0)
    }

    fn finish(&mut self, command: &Command, output: String) -> Result<()> {
        let status = self.0.wait()?;
        if status.success() {
            return Ok(());
        }
        Err(Failed { command: shown(command), status, output }.into())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let pid = self.pid();
        if matches!(self.0.try_wait(), Ok(None)) {
            stop_group(&mut self.0, pid);
        }
        interrupt::unwatch(pid);
    }
}

fn stop_group(child: &mut Child, pid: Pid) {
    signal::group(pid, Signal::TERM);
    let asked = Instant::now();
    while asked.elapsed() < Duration::from_secs(5) {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        thread::sleep(POLL);
    }
    signal::group(pid, Signal::KILL);
    drop(child.wait());
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
