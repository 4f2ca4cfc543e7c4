//! How often one address, and one account, may try. Each process counts for itself, in memory.

pub(crate) mod guesses;

use std::{
    hash::{BuildHasher as _, Hash, RandomState},
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    str::FromStr,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use axum::{extract::FromRequestParts, http::request::Parts};
use governor::{
    Quota, RateLimiter,
    clock::{Clock, MonotonicClock},
    middleware::NoOpMiddleware,
    state::keyed::DashMapStateStore,
};

use crate::{error::Error, mailer::MailKind, metrics::count_rejected};

/// Who sent a request, as an extension of it: whoever knows the proxies in front puts it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let address = parts.extensions.get().copied();
        address.ok_or_else(|| Error::Unexpected("nobody told the client's address".into()))
    }
}

impl ClientAddress {
    /// What is counted as one: of IPv6 the network that a line at home has, in which there are
    /// addresses to spare (RFC 6177: /56).
    pub fn network(self) -> IpAddr {
        match self.0.to_canonical() {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => {
                Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << (128 - 56))).into()
            }
        }
    }
}

/// So many at once, and as many again spread over a period. Written `10/5m`, or `off`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit(Option<Quota>);

impl RateLimit {
    /// No limit.
    pub const OFF: Self = Self(None);

    pub(crate) fn quota(self) -> Option<Quota> {
        self.0
    }
}

/// A text that is no rate limit.
#[derive(Debug, thiserror::Error)]
#[error("not a rate limit such as `10/5m`")]
pub struct NoRateLimit;

impl FromStr for RateLimit {
    type Err = NoRateLimit;

    fn from_str(text: &str) -> Result<Self, NoRateLimit> {
        if text == "off" {
            return Ok(Self::OFF);
        }
        let (times, period) = text.split_once('/').ok_or(NoRateLimit)?;
        let times: NonZeroU32 = times.parse().map_err(|_| NoRateLimit)?;
        let (count, seconds) = [('s', 1), ('m', 60), ('h', 60 * 60)]
            .into_iter()
            .find_map(|(unit, seconds)| Some((period.strip_suffix(unit)?, seconds)))
            .ok_or(NoRateLimit)?;
        let count: u32 = count.parse().map_err(|_| NoRateLimit)?;
        let period = Duration::from_secs(u64::from(count) * seconds);
        let quota = Quota::with_period(period / times.get()).ok_or(NoRateLimit)?;
        Ok(Self(Some(quota.allow_burst(times))))
    }
}

/// What is limited.
#[derive(Debug, Clone, Copy)]
pub struct RateLimits {
    /// What one address may do of all that is limited here.
    pub address: RateLimit,
    /// Passwords that one address may try at one account.
    pub account: RateLimit,
    /// Passwords that all addresses together may try at one account. Far more than one address
    /// may, so that nobody can lock its owner out alone.
    pub account_total: RateLimit,
    /// Mails to one email.
    pub mails: RateLimit,
}

impl RateLimits {
    /// None: for tests, and where something in front limits.
    pub const OFF: Self = Self {
        address: RateLimit::OFF,
        account: RateLimit::OFF,
        account_total: RateLimit::OFF,
        mails: RateLimit::OFF,
    };
}

/// What an account is asked for. Each is counted on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Attempt {
    SignIn,
    SignUp,
    Dashboard,
}

/// Counts, and refuses with [`Error::TooMany`]. An account that does not exist is counted like
/// one that does, so that a refusal tells nothing.
pub struct Limits {
    addresses: Limiter,
    accounts: Limiter,
    account_totals: Limiter,
    mails: Limiter,
}

impl Limits {
    pub fn new(limits: RateLimits) -> Self {
        Self {
            addresses: Limiter::new("address", limits.address, MonotonicClock),
            accounts: Limiter::new("account", limits.account, MonotonicClock),
            account_totals: Limiter::new("account total", limits.account_total, MonotonicClock),
            mails: Limiter::new("mail", limits.mails, MonotonicClock),
        }
    }

    /// A request that costs us something, whoever it is for.
    pub fn request(&self, client: ClientAddress) -> Result<(), Error> {
        self.addresses.check(client.network())
    }

    /// An attempt at the account with this email.
    pub fn attempt(
        &self,
        attempt: Attempt,
        client: ClientAddress,
        email: &str,
    ) -> Result<(), Error> {
        self.request(client)?;
        self.accounts.check((attempt, email, client.network()))?;
        self.account_totals.check((attempt, email))
    }

    /// A mail, to an email or to a user: each kind is counted on its own.
    pub fn mail(&self, kind: MailKind, client: ClientAddress, to: &str) -> Result<(), Error> {
        self.request(client)?;
        self.mails.check((kind, to))
    }
}

/// How many keys are told apart: what keeps the memory bounded (36 MB for each limit at worst), however many
/// emails and addresses an attacker makes up. Two of them share a counter once in a million pairs,
/// and the hash is keyed, so that nobody can choose which.
const COUNTERS: u64 = 1 << 20;

/// After how many checks the counters that are back at their start are dropped.
const SWEEP_EVERY: u32 = 1 << 16;

type Counters<C> =
    RateLimiter<u64, DashMapStateStore<u64>, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// One limit, counted for each key.
struct Limiter<C: Clock = MonotonicClock> {
    name: &'static str,
    counters: Option<Counters<C>>,
    clock: C,
    hasher: RandomState,
    keys: u64,
    checks: AtomicU32,
}

impl<C: Clock + Clone> Limiter<C> {
    fn new(name: &'static str, RateLimit(quota): RateLimit, clock: C) -> Self {
        let counters =
            quota.map(|quota| RateLimiter::new(quota, DashMapStateStore::default(), clock.clone()));
        let (hasher, checks) = (RandomState::new(), AtomicU32::new(0));
        Self { name, counters, clock, hasher, keys: COUNTERS, checks }
    }

    fn check(&self, key: impl Hash) -> Result<(), Error> {
        let Some(counters) = &self.counters else {
            return Ok(());
        };
        if self.checks.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            counters.retain_recent();
            counters.shrink_to_fit();
        }
        counters.check_key(&(self.hasher.hash_one(key) % self.keys)).map_err(|refused| {
            count_rejected(self.name);
            let wait = refused.wait_time_from(self.clock.now());
            // Rounded up: who comes back then is let in.
            let retry_after = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            Error::TooMany { retry_after: retry_after.max(1) }
        })
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    fn limiter(limit: &str) -> (Limiter<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        (Limiter::new("test", limit.parse().unwrap(), clock.clone()), clock)
    }

    fn retry_after(result: Result<(), Error>) -> Option<u64> {
        match result {
            Ok(()) => None,
            Err(Error::TooMany { retry_after }) => Some(retry_after),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn a_burst_is_let_in_and_then_one_as_each_part_of_the_period_has_passed() {
        let (limiter, clock) = limiter("3/1m");
        for _ in 0..3 {
            assert_eq!(retry_after(limiter.check("ada")), None);
        }
        assert_eq!(retry_after(limiter.check("ada")), Some(20));
        clock.advance(Duration::from_millis(500));
        assert_eq!(retry_after(limiter.check("ada")), Some(20), "rounded up");
        clock.advance(Duration::from_secs(20));
        assert_eq!(retry_after(limiter.check("ada")), None);
        assert_eq!(retry_after(limiter.check("ada")), Some(20));
        assert_eq!(retry_after(limiter.check("bob")), None, "another key");
    }

    #[test]
    fn memory_is_bounded_and_given_back() {
        let (mut limiter, clock) = limiter("1000/1m");
        limiter.keys = 1_000;
        for key in 0..SWEEP_EVERY - 1 {
            limiter.check(key).unwrap();
        }
        let counters = limiter.counters.as_ref().unwrap();
        assert_eq!(counters.len(), 1_000);
        clock.advance(Duration::from_mins(2));
        limiter.check("the one that sweeps").unwrap();
        assert_eq!(counters.len(), 1);
    }

    #[test]
    fn off_is_off() {
        let (limiter, _) = limiter("off");
        for _ in 0..1_000 {
            limiter.check("ada").unwrap();
        }
    }

    #[test]
    fn texts() {
        for text in ["1/1s", "60/1m", "100/24h"] {
            assert_ne!(text.parse::<RateLimit>().unwrap(), RateLimit::OFF, "{text}");
        }
        for text in ["", "10", "0/1m", "10/0m", "10/m", "10/5", "10/5d", "-1/5m", "10/5ß", "ten/5m"]
        {
            assert!(text.parse::<RateLimit>().is_err(), "{text}");
        }
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_as_one_and_mapped_ones_as_ipv4() {
        let network = |text: &str| ClientAddress(text.parse().unwrap()).network();
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:ff:ffff::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:102::1"));
        assert_eq!(network("::ffff:192.0.2.7"), network("192.0.2.7"));
        assert_ne!(network("192.0.2.7"), network("192.0.2.8"));
    }
}
