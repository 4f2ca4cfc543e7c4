//! A question on the terminal that Ctrl-C answers too.

use std::{
    io::{self, BufRead, IsTerminal, Write},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
};

use anyhow::{Context, Result, bail};

use crate::{interrupt, run::POLL};

/// Whether the answer is yes. The first signal ends the wait at once.
pub fn confirmed(question: &str) -> Result<bool> {
    if !io::stdin().is_terminal() {
        bail!("{question} Without a terminal to ask on, say yes by `--yes`");
    }
    print!("{question} [y/N] ");
    io::stdout().flush()?;
    let answer = read_line();
    if answer.is_err() {
        // The answer's own end of line is missing.
        println!();
    }
    Ok(is_yes(&answer?))
}

/// Read by a thread of its own: a read that waits for a person cannot be called off.
fn read_line() -> Result<String> {
    let (sender, answer) = mpsc::channel();
    thread::spawn(move || {
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        sender.send(read.map(|_| line)).ok();
    });
    loop {
        interrupt::check()?;
        match answer.recv_timeout(POLL) {
            Ok(line) => return line.context("cannot read the answer"),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => bail!("cannot read the answer"),
        }
    }
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim(), "y" | "Y" | "yes" | "Yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_a_yes() {
        assert!(["y\n", "Y\r\n", " yes "].into_iter().all(is_yes));
        assert!(["", "\n", "n\n", "yesterday\n"].iter().all(|answer| !is_yes(answer)));
    }
}
