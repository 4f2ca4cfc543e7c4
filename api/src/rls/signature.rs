//! Claims with a signature: the database takes them from who has the key, and from nobody else.
//! `migration claims signed` turns that on, and its `session.sql` is the other side of this.

use std::{fmt, str::FromStr};

use aws_lc_rs::hmac;
use chrono::TimeDelta;
use clap::ValueEnum;
use clock::Clock;

/// How long a signature counts. Looked at when its transaction begins, however long that one takes.
const LIFETIME: TimeDelta = TimeDelta::seconds(60);

/// Why the database believes claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ClaimsMode {
    /// It takes them at the service's word.
    Plain,
    /// It checks their signature.
    Signed,
}

/// A key of the database's, by which it knows the service. Never shown.
#[derive(Clone)]
pub struct ClaimsKey {
    id: u32,
    key: hmac::Key,
}

impl ClaimsKey {
    fn new(id: u32, secret: &[u8]) -> Self {
        Self { id, key: hmac::Key::new(hmac::HMAC_SHA256, secret) }
    }

    /// What expires then, signed.
    fn sign(&self, claims: &str, expires: i64) -> String {
        let signature = hmac::sign(&self.key, format!("{expires}.{claims}").as_bytes());
        format!("{}.{expires}.{}", self.id, hex::encode(signature))
    }
}

impl FromStr for ClaimsKey {
    type Err = &'static str;

    /// As `migration claims` prints it: `ID:` and 64 hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "not ID:SECRET, with 64 hexadecimal digits";
        let (id, secret) = text.trim().split_once(':').ok_or(wrong)?;
        let id = id.parse().map_err(|_| wrong)?;
        match hex::decode(secret) {
            Ok(secret) if secret.len() == 32 => Ok(Self::new(id, &secret)),
            _ => Err(wrong),
        }
    }
}

impl fmt::Debug for ClaimsKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClaimsKey({})", self.id)
    }
}

/// Signs what a transaction claims.
#[derive(Debug, Clone)]
pub struct Signer {
    pub mode: ClaimsMode,
    /// With [`ClaimsMode::Plain`] claims may be signed, too: so a service is ready for a database that
    /// is about to ask for it.
    pub key: Option<ClaimsKey>,
    pub clock: Clock,
}

impl Signer {
    /// What `request.jwt.signature` should be; nothing without a key.
    pub(super) fn sign(&self, claims: &str) -> String {
        self.key.as_ref().map(|key| key.sign(claims, self.in_time())).unwrap_or_default()
    }

    /// Signatures that nobody may believe for these claims, and what is wrong with each.
    pub(super) fn wrong(&self, claims: &str) -> Vec<(&'static str, String)> {
        let Some(key) = &self.key else { return Vec::new() };
        let (yesterday, in_time) = (self.in_time() - 86_400, self.in_time());
        vec![
            ("without a signature", String::new()),
            ("signed by anybody", ClaimsKey::new(key.id, &[0; 32]).sign(claims, in_time)),
            ("signed yesterday", key.sign(claims, yesterday)),
            ("with the signature of others", key.sign("{}", in_time)),
        ]
    }

    fn in_time(&self) -> i64 {
        (self.clock.now() + LIFETIME).timestamp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "3:4a656665000000000000000000000000000000000000000000000000000000ff";

    #[test]
    fn a_signature_is_the_hmac_of_its_expiry_and_the_claims() {
        let start = chrono::DateTime::from_timestamp(1_000, 0).unwrap();
        let clock = Clock::from_fn(move || start);
        let signer = Signer { mode: ClaimsMode::Signed, key: KEY.parse().ok(), clock };
        // printf '1060.{}' | openssl dgst -sha256 -mac HMAC -macopt hexkey:4a65…ff
        let expected = "cfa2c71d8eb6596cdc420e002e572e76df73b1ee14434c87c5c6c5ec0e6a1067";
        assert_eq!(signer.sign("{}"), format!("3.1060.{expected}"));
    }

    #[test]
    fn a_key_is_taken_as_it_was_printed_and_never_shown() {
        let key: ClaimsKey = KEY.parse().unwrap();
        assert_eq!(format!("{key:?}"), "ClaimsKey(3)");
        for text in ["", "3", "3:", "3:4a65", "x:00", &KEY[2..], &format!("{KEY}00")] {
            assert!(text.parse::<ClaimsKey>().is_err(), "{text}");
        }
    }
}
