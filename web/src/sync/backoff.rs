//! How soon the page comes back to the service. Who was sent away together, by a restart or a gap, would else come
//! back together, and all at once is what a service that has just come up can least bear.

/// Over how long the readers of one gap are spread, in milliseconds.
const SPREAD: u32 = 2_000;

/// As after so many failures the page waits where it was too busy: half a minute.
const TOO_BUSY: u32 = 5;

/// Why the service has ended the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// The session's token is spent, or the session itself: an ordinary request finds out which.
    Session,
    /// The page has said too much.
    TooBusy,
    /// Nothing that would tell when to come back.
    Otherwise,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    failures: u32,
    /// Whether somebody has just come and looks.
    is_awaited: bool,
}

impl Default for Pace {
    fn default() -> Self {
        Self { failures: 0, is_awaited: true }
    }
}

impl Pace {
    pub fn looked(&mut self) {
        self.is_awaited = true;
    }

    /// The socket works.
    pub fn heard(&mut self) {
        self.failures = 0;
    }

    /// Milliseconds until the list is read again, when the service says that something may have been missed. The
    /// chances are from 0 to 1.
    pub fn refetch(&mut self, chance: f64) -> u32 {
        if std::mem::take(&mut self.is_awaited) { 0 } else { share(SPREAD, chance) }
    }

    /// Milliseconds until the socket is opened again.
    pub fn closed(&mut self, why: Closed, chance: f64) -> u32 {
        self.is_awaited = false;
        if why == Closed::TooBusy {
            self.failures = self.failures.max(TOO_BUSY);
        }
        let wait = backoff(self.failures, chance);
        self.failures += 1;
        wait
    }
}

/// Milliseconds until what has failed so often is tried again. Not before the service has asked for it, in seconds;
/// not all of whom it has asked the same at once.
pub fn retry(failures: u32, patience: Option<u32>, chance: f64) -> u32 {
    let asked = patience
        .map_or(0, |seconds| seconds.saturating_mul(1_000).saturating_add(share(SPREAD, chance)));
    asked.max(backoff(failures, chance))
}

/// Twice as long after each failure, about a minute at most: in milliseconds, half as long to half as long again.
fn backoff(failures: u32, chance: f64) -> u32 {
    let wait = 1_000 << failures.min(6);
    wait / 2 + share(wait, chance)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share is no more")]
fn share(ms: u32, chance: f64) -> u32 {
    (f64::from(ms) * chance) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_looks_waits_for_nothing_and_a_gap_is_read_at_any_time_within_two_seconds() {
        let mut pace = Pace::default();
        assert_eq!(pace.refetch(0.5), 0, "the page has just come up");
        assert_eq!([0.0, 0.5, 0.999].map(|chance| pace.refetch(chance)), [0, 1_000, 1_998]);
        pace.looked();
        assert_eq!([0.5, 0.5].map(|chance| pace.refetch(chance)), [0, 1_000]);
    }

    #[test]
    fn after_a_restart_nobody_is_awaited() {
        let mut pace = Pace::default();
        pace.closed(Closed::Otherwise, 0.5);
        assert_eq!(pace.refetch(0.5), 1_000);
    }

    #[test]
    fn each_failure_doubles_the_wait_and_chance_varies_it() {
        let mut pace = Pace::default();
        let waits = [0.0, 0.5, 0.5, 0.999].map(|chance| pace.closed(Closed::Otherwise, chance));
        assert_eq!(waits, [500, 2_000, 4_000, 11_992]);
        assert_eq!(backoff(60, 0.5), 64_000);
        pace.heard();
        assert_eq!(pace.closed(Closed::Session, 0.5), 1_000);
    }

    #[test]
    fn who_was_asked_to_wait_waits_and_does_not_come_back_with_all_others() {
        assert_eq!([0.0, 0.5].map(|chance| retry(0, Some(1), chance)), [1_000, 2_000]);
        assert_eq!([0.0, 0.5].map(|chance| retry(1, Some(60), chance)), [60_000, 61_000]);
        assert_eq!(retry(5, Some(1), 0.5), 32_000);
        assert_eq!(retry(5, None, 0.5), 32_000);
        assert_eq!(retry(0, Some(u32::MAX), 0.5), u32::MAX);
    }

    #[test]
    fn who_has_said_too_much_stays_away_for_longer_each_time() {
        let mut pace = Pace::default();
        for _ in 0..2 {
            assert_eq!(pace.closed(Closed::TooBusy, 0.5), 32_000);
            pace.heard();
        }
        assert_eq!(pace.closed(Closed::Otherwise, 0.5), 1_000);
    }
}
