//! One line a step: what came of it and how long it took. While it runs, a terminal shows a spinner, and a log
//! a line that it began.

use std::{
    env,
    io::{self, IsTerminal},
    sync::LazyLock,
    time::{Duration, Instant},
};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

static LIVELY: LazyLock<bool> = LazyLock::new(|| {
    let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = env::var_os("TERM").is_none_or(|term| term == "dumb");
    io::stdout().is_terminal() && !set("CI") && !dumb
});

/// A step that is under way.
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

fn announce(label: &str) {
    println!("… {label}");
}

/// Says that a step was left out, and why.
pub fn skipped(label: &str, reason: &str) {
    println!("- {label:<28} {:>7}  {reason}", "");
}

impl Step {
    fn start(label: &str) -> Self {
        let spinner = LIVELY.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout());
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

    /// What the step's line says beside its time.
    pub fn note(&mut self, note: impl Into<String>) {
        self.note = note.into();
    }

    /// What it is doing right now; seen on a terminal only.
    pub fn doing(&self, what: &str) {
        if let Some(spinner) = &self.spinner {
            spinner.set_message(what.to_owned());
        }
    }

    /// Makes room for output that a child writes straight to ours.
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
        println!("{}", format!("{mark} {:<28} {took:>7}  {}", self.label, self.note).trim_end());
    }
}
