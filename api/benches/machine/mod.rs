//! The machine itself, beside a load: its processor and its disk may be shared with strangers, and then
//! a load becomes slower for no fault of the service.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use sha2::{Digest as _, Sha256};

/// Four looks a second are a thousandth of a core.
const PAUSE: Duration = Duration::from_millis(250);
/// Hashed for the processor's sake: some 50 µs where it has instructions for it.
static WORK: [u8; 64 * 1024] = [7; 64 * 1024];
/// Whoever is interrupted is slow for another reason: the best of so many counts.
const TRIES: u32 = 5;
/// A page of PostgreSQL's log of changes.
const PAGE: [u8; 8192] = [7; 8192];

/// In which Linux counts times (`USER_HZ`).
const TICK: Duration = Duration::from_millis(10);

/// What was found at one look.
#[derive(Clone, Copy)]
struct Look {
    /// Since the beginning.
    at: Duration,
    /// What the same work took.
    work: Duration,
    /// What it took to have a page on the disk (`fdatasync`).
    sync: Duration,
    /// For how long other machines on the same hardware have had the processor, since this one started.
    stolen: Duration,
}

/// What was found in a minute.
#[derive(Clone, Copy)]
pub struct Minute {
    /// What the same work took, in half of the looks. An interruption does not count: those are `stolen`.
    pub work: Duration,
    /// The longest way to the disk.
    pub sync: Duration,
    /// For how long other machines had the processor, of all cores.
    pub stolen: Duration,
}

/// Looks at it until it is asked what was found.
pub struct Machine {
    is_over: Arc<AtomicBool>,
    looks: JoinHandle<io::Result<Vec<Look>>>,
}

impl Machine {
    /// On the disk that this file is on. It is made, and overwritten.
    pub fn watch(file: File) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let over = is_over.clone();
        let looks = thread::spawn(move || {
            let begun = Instant::now();
            let mut looks = Vec::new();
            while !over.load(Ordering::Relaxed) {
                let at = begun.elapsed();
                looks.push(Look { at, work: work(), sync: sync(&file)?, stolen: stolen()? });
                thread::sleep(PAUSE);
            }
            Ok(looks)
        });
        Self { is_over, looks }
    }

    /// By the minute.
    pub fn found(self) -> io::Result<Vec<Minute>> {
        self.is_over.store(true, Ordering::Relaxed);
        let looks = self.looks.join().expect("no panic")?;
        let mut before = looks.first().map(|look| look.stolen).unwrap_or_default();
        let minutes = looks.chunk_by(|a, b| a.at.as_secs() / 60 == b.at.as_secs() / 60);
        let found = minutes.map(|looks| {
            let mut works: Vec<_> = looks.iter().map(|look| look.work).collect();
            works.sort_unstable();
            let work = works[works.len() / 2];
            let sync = looks.iter().map(|look| look.sync).max().unwrap_or_default();
            let until = looks.last().map_or(before, |look| look.stolen);
            let stolen = until.saturating_sub(std::mem::replace(&mut before, until));
            Minute { work, sync, stolen }
        });
        Ok(found.collect())
    }
}

fn work() -> Duration {
    let tries = (0..TRIES).map(|_| {
        let begun = Instant::now();
        std::hint::black_box(Sha256::digest(std::hint::black_box(&WORK)));
        begun.elapsed()
    });
    tries.min().unwrap_or_default()
}

fn sync(file: &File) -> io::Result<Duration> {
    let begun = Instant::now();
    file.write_all_at(&PAGE, 0)?;
    file.sync_data()?;
    Ok(begun.elapsed())
}

/// The eighth time of the first line (proc(5), `/proc/stat`).
fn stolen() -> io::Result<Duration> {
    let stat = fs::read_to_string("/proc/stat")?;
    let ticks = stat.split_ascii_whitespace().nth(8).and_then(|ticks| ticks.parse::<u32>().ok());
    ticks.map(|ticks| TICK * ticks).ok_or_else(|| io::Error::other("/proc/stat is odd"))
}
