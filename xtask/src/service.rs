//! The api process: started in a group of its own, awaited, its output passed on, stopped in good order.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpStream},
    os::unix::process::CommandExt,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal};

use crate::{interrupt, pid::PidFile, signal};

/// Ends a service that hangs. A slow one may take minutes on a busy machine.
const READY_WITHIN: Duration = Duration::from_mins(5);
/// Longer than the service gives its own requests and connections.
const STOPS_WITHIN: Duration = Duration::from_secs(12);
const KEPT_LINES: usize = 40;

/// A running service; dropped, it stops.
pub struct Service {
    child: Child,
    pid_file: PidFile,
    log: Arc<Mutex<Log>>,
}

/// What the service prints: kept back until it is ready, then passed on.
#[derive(Default)]
struct Log {
    last: VecDeque<String>,
    passed_on: bool,
}

impl Service {
    pub fn start(command: &mut Command, pid_file: PidFile) -> Result<Self> {
        command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().to_string_lossy()))?;
        let pid = Pid::from_child(&child);
        interrupt::watch(pid, Signal::KILL);
        let log = Arc::<Mutex<Log>>::default();
        pass_on(child.stdout.take(), &log);
        pass_on(child.stderr.take(), &log);
        let service = Self { child, pid_file, log };
        service.pid_file.write(pid)?;
        Ok(service)
    }

    /// Waits until `GET /readyz` answers 200.
    pub fn await_ready(&mut self, port: u16) -> Result<()> {
        let started = Instant::now();
        let mut last = String::new();
        while started.elapsed() < READY_WITHIN {
            interrupt::check()?;
            if let Some(status) = self.ended()? {
                bail!("the service ended at its start ({status}):\n{}", self.last_lines());
            }
            match get(port, "/readyz") {
                Ok(status) if status.contains(" 200 ") => return Ok(()),
                Ok(status) => last = status,
                Err(error) => last = error.to_string(),
            }
            thread::sleep(Duration::from_millis(50));
        }
        bail!(
            "the service was not ready in time (GET /readyz: {}):\n{}",
            last.trim(),
            self.last_lines()
        )
    }

    /// From now on its output goes to ours.
    pub fn show_output(&self) {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).passed_on = true;
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    pub fn last_lines(&self) -> String {
        // Its last words may still be on their way through the pipe.
        thread::sleep(Duration::from_millis(100));
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.last.iter().flat_map(|line| ["  ", line, "\n"]).collect()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let pid = Pid::from_child(&self.child);
        if matches!(self.child.try_wait(), Ok(None)) {
            signal::group(pid, Signal::TERM);
            let asked = Instant::now();
            while matches!(self.child.try_wait(), Ok(None)) && asked.elapsed() < STOPS_WITHIN {
                thread::sleep(Duration::from_millis(20));
            }
            if matches!(self.child.try_wait(), Ok(None)) {
                signal::group(pid, Signal::KILL);
                self.child.wait().ok();
            }
        }
        interrupt::unwatch(pid);
        self.pid_file.remove();
    }
}

fn pass_on(pipe: Option<impl Read + Send + 'static>, log: &Arc<Mutex<Log>>) {
    let Some(pipe) = pipe else { return };
    let log = Arc::clone(log);
    thread::spawn(move || {
        let mut reader = BufReader::new(pipe);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            line.clear();
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            if log.passed_on {
                // Our own output may be closed; the service goes on.
                writeln!(std::io::stdout(), "{text}").ok();
            }
            if log.last.len() == KEPT_LINES {
                log.last.pop_front();
            }
            log.last.push_back(text);
        }
    });
}

/// The status line that a GET on the loopback interface is answered with.
pub fn get(port: u16, path: &str) -> Result<String> {
    let within = Duration::from_secs(2);
    let mut stream = TcpStream::connect_timeout(&(Ipv4Addr::LOCALHOST, port).into(), within)?;
    stream.set_read_timeout(Some(within))?;
    stream.set_write_timeout(Some(within))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n")?;
    let mut status = String::new();
    BufReader::new(stream).read_line(&mut status)?;
    Ok(status)
}
