//! Ctrl-C, SIGTERM and SIGHUP: the first one asks for an orderly stop, the second ends everything at once.

use std::{
    fmt, process,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread,
};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

use crate::signal;

/// How a shell reports a program that Ctrl-C ended.
pub const EXIT_CODE: u8 = 130;

static SIGNALS: AtomicU32 = AtomicU32::new(0);
static IS_CANCELLED: AtomicBool = AtomicBool::new(false);
static LAST_RESORT: Mutex<Vec<(Pid, Signal)>> = Mutex::new(Vec::new());

/// The error that unwinds whatever was under way when the user asked to stop.
#[derive(Debug)]
pub struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stopped by a signal")
    }
}

impl std::error::Error for Interrupted {}

pub fn install() -> Result<()> {
    let mut signals =
        Signals::new([SIGHUP, SIGINT, SIGTERM]).context("cannot listen for Ctrl-C")?;
    thread::spawn(move || {
        for _ in signals.forever() {
            if SIGNALS.fetch_add(1, Ordering::SeqCst) > 0 {
                end_at_once();
            }
        }
    });
    Ok(())
}

fn end_at_once() -> ! {
    let groups = LAST_RESORT.lock().unwrap_or_else(PoisonError::into_inner);
    // The youngest first: what was started last uses what was started before.
    for (group, signal) in groups.iter().rev() {
        signal::group(*group, *signal);
        signal::process(*group, *signal);
    }
    process::exit(EXIT_CODE.into())
}

pub fn requested() -> bool {
    SIGNALS.load(Ordering::SeqCst) > 0 || IS_CANCELLED.load(Ordering::SeqCst)
}

/// Stops every thread as a signal does, for good: a job has failed, and the rest is in vain.
pub fn cancel() {
    IS_CANCELLED.store(true, Ordering::SeqCst);
}

/// Fails with [`Interrupted`] once a stop was asked for.
pub fn check() -> Result<()> {
    if requested() { Err(Interrupted.into()) } else { Ok(()) }
}

/// Marks a process (and the group it leads) for `signal` on the second Ctrl-C.
pub fn watch(process: Pid, signal: Signal) {
    LAST_RESORT.lock().unwrap_or_else(PoisonError::into_inner).push((process, signal));
}

pub fn unwatch(process: Pid) {
    LAST_RESORT
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .retain(|(watched, _)| *watched != process);
}
