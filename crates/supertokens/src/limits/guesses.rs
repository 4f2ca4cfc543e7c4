//! Made-up tokens: how many one address may have the Core look up. A token that exists costs nothing, so that people
//! behind one address refresh their sessions as often as they need to.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use hashlink::LruCache;

use crate::{
    error::Error,
    limits::{ClientAddress, RateLimit},
    metrics::count_rejected,
};

/// About 4 MB. Beyond these the address that was not seen for longest starts anew.
const ADDRESSES: usize = 1 << 16;

/// Counts the tokens of each address that the Core is looking up, or did not know.
pub struct Guesses {
    limit: Option<Limit>,
    hasher: RandomState,
    /// When the allowance of an address is whole again (the generic cell rate algorithm, ITU-T I.371).
    whole_at: Mutex<LruCache<u64, Instant>>,
}

#[derive(Clone, Copy)]
struct Limit {
    /// After which one more is allowed.
    interval: Duration,
    /// `interval` times the number that is allowed at once.
    tolerance: Duration,
}

/// A token that is being looked up. Dropped without [`refund`](Self::refund), it counts as made up.
#[must_use]
pub struct Guess<'a>(Option<(&'a Guesses, u64, Duration)>);

impl Guesses {
    pub fn new(limit: RateLimit) -> Self {
        let limit = limit.quota().map(|quota| {
            let interval = quota.replenish_interval();
            Limit { interval, tolerance: interval * quota.burst_size().get() }
        });
        let whole_at = Mutex::new(LruCache::new(ADDRESSES));
        Self { limit, hasher: RandomState::new(), whole_at }
    }

    /// Counts a token before it is looked up. `None`: a request that came without a socket.
    pub fn count(&self, client: Option<ClientAddress>) -> Result<Guess<'_>, Error> {
        self.count_at(client, Instant::now())
    }

    fn count_at(&self, client: Option<ClientAddress>, now: Instant) -> Result<Guess<'_>, Error> {
        let (Some(Limit { interval, tolerance }), Some(client)) = (self.limit, client) else {
            return Ok(Guess(None));
        };
        let key = self.hasher.hash_one(client.network());
        let mut whole_at = self.lock();
        let next = whole_at.get(&key).copied().unwrap_or(now).max(now) + interval;
        let excess = next.duration_since(now).saturating_sub(tolerance);
        if excess.is_zero() {
            whole_at.insert(key, next);
            return Ok(Guess(Some((self, key, interval))));
        }
        count_rejected("token");
        let seconds = excess.as_secs() + u64::from(excess.subsec_nanos() > 0);
        Err(Error::TooMany { retry_after: seconds })
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<u64, Instant>> {
        self.whole_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Guess<'_> {
    /// The token exists, or the Core could not tell: it does not count.
    pub fn refund(self) {
        if let Some((guesses, key, interval)) = self.0
            && let Some(whole_at) = guesses.lock().get_mut(&key)
            && let Some(earlier) = whole_at.checked_sub(interval)
        {
            *whole_at = earlier;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guesses(limit: &str) -> Guesses {
        Guesses::new(limit.parse().unwrap())
    }

    fn client(text: &str) -> ClientAddress {
        ClientAddress(text.parse().unwrap())
    }

    fn retry_after(result: Result<Guess<'_>, Error>) -> Option<u64> {
        match result {
            Ok(_) => None,
            Err(Error::TooMany { retry_after }) => Some(retry_after),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn made_up_tokens_are_limited_by_address() {
        let (guesses, start) = (guesses("3/1m"), Instant::now());
        let (one, other) = (Some(client("192.0.2.1")), Some(client("192.0.2.2")));
        for _ in 0..3 {
            assert_eq!(retry_after(guesses.count_at(one, start)), None);
        }
        assert_eq!(retry_after(guesses.count_at(one, start)), Some(20));
        assert_eq!(retry_after(guesses.count_at(other, start)), None);
        assert_eq!(retry_after(guesses.count_at(None, start)), None);
        let later = start + Duration::from_secs(20);
        assert_eq!(retry_after(guesses.count_at(one, later)), None);
        assert_eq!(retry_after(guesses.count_at(one, later)), Some(20));
    }

    #[test]
    fn tokens_that_exist_cost_nothing() {
        let (guesses, now) = (guesses("2/1m"), Instant::now());
        let client = Some(client("192.0.2.1"));
        for _ in 0..100 {
            guesses.count_at(client, now).unwrap().refund();
        }
        let looked_up = [guesses.count_at(client, now), guesses.count_at(client, now)];
        assert_eq!(retry_after(guesses.count_at(client, now)), Some(30), "two are being looked up");
        for guess in looked_up {
            guess.unwrap().refund();
        }
        assert_eq!(retry_after(guesses.count_at(client, now)), None);
    }

    #[test]
    fn limit_that_is_off_counts_nothing() {
        let (guesses, client) = (guesses("off"), Some(client("192.0.2.1")));
        assert!((0..1_000).all(|_| retry_after(guesses.count(client)).is_none()));
    }
}
