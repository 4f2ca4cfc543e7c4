//! The addresses of one Core: which is asked next, and what is known of each.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use url::Url;

/// How long an address that failed is asked only if no other answers: this long after the first failure, twice as
/// long after each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

#[derive(Debug)]
pub struct Hosts {
    hosts: Vec<Host>,
    next: AtomicUsize,
}

#[derive(Debug)]
pub struct Host {
    pub url: Url,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The CDI version that is spoken with it.
    version: Option<&'static str>,
    away_until: Option<Instant>,
    /// The last pause, if it has not answered since.
    pause: Option<Duration>,
}

impl Hosts {
    pub fn new(hosts: Vec<Url>) -> Self {
        let hosts = hosts.into_iter().map(|url| Host { url, state: Mutex::default() });
        Self { hosts: hosts.collect(), next: AtomicUsize::new(0) }
    }

    pub fn len(&self) -> usize {
        self.hosts.len()
    }

    /// All of them, each call beginning with another one. Those that failed lately come last.
    pub fn in_turn(&self) -> Vec<&Host> {
        let count = self.hosts.len();
        let first = self.next.fetch_add(1, Ordering::Relaxed) % count.max(1);
        let mut hosts: Vec<_> = self.hosts.iter().cycle().skip(first).take(count).collect();
        let now = Instant::now();
        hosts.sort_by_key(|host| host.is_away(now));
        hosts
    }
}

impl Host {
    /// The address of a path without its first slash.
    pub fn address(&self, path: &str) -> String {
        format!("{}/{path}", self.url.as_str().trim_end_matches('/'))
    }

    pub fn version(&self) -> Option<&'static str> {
        self.state().version
    }

    pub fn set_version(&self, version: Option<&'static str>) {
        self.state().version = version;
    }

    pub fn answered(&self) {
        let mut state = self.state();
        (state.away_until, state.pause) = (None, None);
    }

    pub fn failed(&self) {
        let mut state = self.state();
        let pause = state.pause.map_or(FIRST_PAUSE, |pause| (pause * 2).min(LONGEST_PAUSE));
        state.pause = Some(pause);
        state.away_until = Some(Instant::now() + pause);
    }

    /// Is asked last for so long, because it wants to.
    pub fn pause(&self, pause: Duration) {
        self.state().away_until = Some(Instant::now() + pause);
    }

    fn is_away(&self, now: Instant) -> bool {
        self.state().away_until.is_some_and(|until| until > now)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(names: [&str; 3]) -> Hosts {
        Hosts::new(names.map(|name| format!("http://{name}:3567").parse().unwrap()).into())
    }

    fn first(hosts: &Hosts) -> String {
        hosts.in_turn()[0].url.host_str().unwrap().to_owned()
    }

    #[test]
    fn calls_are_spread_evenly() {
        let hosts = hosts(["a", "b", "c"]);
        let mut asked: Vec<_> = (0..90).map(|_| first(&hosts)).collect();
        asked.sort();
        for name in ["a", "b", "c"] {
            assert_eq!(asked.iter().filter(|asked| *asked == name).count(), 30, "{name}");
        }
    }

    #[test]
    fn failed_address_comes_last_until_it_answers() {
        let hosts = hosts(["a", "b", "c"]);
        hosts.hosts[0].failed();
        for _ in 0..6 {
            let in_turn = hosts.in_turn();
            assert_eq!(in_turn[2].url.host_str(), Some("a"));
        }
        hosts.hosts[0].answered();
        assert!((0..3).any(|_| first(&hosts) == "a"));
        hosts.hosts.iter().for_each(Host::failed);
        assert_eq!(hosts.in_turn().len(), 3, "somebody has to be asked");
    }

    #[test]
    fn pauses_get_longer_and_end() {
        let hosts = hosts(["a", "b", "c"]);
        let host = &hosts.hosts[0];
        let mut pauses = Vec::new();
        for _ in 0..6 {
            host.failed();
            pauses.push(host.state().pause.unwrap().as_secs());
        }
        assert_eq!(pauses, [5, 10, 20, 40, 60, 60]);
        assert!(host.is_away(Instant::now()));
        assert!(!host.is_away(Instant::now() + LONGEST_PAUSE));
    }
}
