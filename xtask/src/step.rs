//! One line per step: its result and its time. While a step runs, a terminal shows a spinner, and a log a line that
//! it began. Steps may run in several threads.

use std::{
    env,
    io::{self, IsTerminal, Write},
    sync::LazyLock,
    time::{Duration, Instant},
};

use anyhow::Result;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// None where a log is written instead of a terminal.
static SPINNERS: LazyLock<Option<MultiProgress>> = LazyLock::new(|| {
    let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = env::var_os("TERM").is_none_or(|term| term == "dumb");
    let is_terminal = io::stdout().is_terminal() && !set("CI") && !dumb;
    is_terminal.then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stdout()))
});

/// A step in progress.
pub struct Step {
    label: String,
    started: Instant,
    note: String,
    spinner: Option<ProgressBar>,
}

/// Runs `work` as a step; its line is printed whether it succeeds or fails.
pub fn step<T>(label: &str, work: impl FnOnce(&mut Step) -> Result<T>) -> Result<T> {
    let mut step = Step::start(label);
    let outcome = work(&mut step);
    step.finish(outcome.is_ok());
    outcome
}

/// Prints that a step was left out, and why.
pub fn skipped(label: &str, reason: &str) {
    print(&format!("- {label:<28} {:>7}  {reason}", ""));
}

/// Prints a line above the spinners.
pub fn print(line: &str) {
    write(&mut io::stdout(), format!("{line}\n").as_bytes());
}

/// Writes a program's output above the spinners. Ignores a closed output: the program goes on.
pub fn write(output: &mut impl Write, bytes: &[u8]) {
    let mut write = || output.write_all(bytes).and_then(|()| output.flush()).ok();
    match &*SPINNERS {
        Some(spinners) => spinners.suspend(write),
        None => write(),
    };
}

/// Whether the output goes to a terminal.
pub fn is_on_a_terminal() -> bool {
    SPINNERS.is_some()
}

fn announce(label: &str) {
    print(&format!("… {label}"));
}

impl Step {
    fn start(label: &str) -> Self {
        let spinner = SPINNERS.as_ref().map(|spinners| {
            let bar = spinners.add(ProgressBar::new_spinner());
            if let Ok(style) =
                ProgressStyle::with_template("{spinner} {prefix} {elapsed:>4}  {wide_msg}")
            {
                bar.set_style(style);
            }
            bar.set_prefix(format!("{label:<28}"));
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        if spinner.is_none() {
            announce(label);
        }
        Self { label: label.to_owned(), started: Instant::now(), note: String::new(), spinner }
    }

    /// Sets what the step's line says beside its time.
    pub fn note(&mut self, note: impl Into<String>) {
        self.note = note.into();
    }

    /// Shows the current activity, on a terminal only.
    pub fn doing(&self, what: &str) {
        if let Some(spinner) = &self.spinner {
            spinner.set_message(what.to_owned());
        }
    }

    /// Makes room for a child's output.
    pub fn stream(&mut self) {
        if let Some(spinner) = self.spinner.take() {
            spinner.finish_and_clear();
            announce(&self.label);
        }
    }

    fn finish(mut self, succeeded: bool) {
        if let Some(spinner) = self.spinner.take() {
            spinner.finish_and_clear();
        }
        let mark = if succeeded { '✓' } else { '✗' };
        let took = format!("{:.1} s", self.started.elapsed().as_secs_f64());
        print(format!("{mark} {:<28} {took:>7}  {}", self.label, self.note).trim_end());
    }
}
