//! A moment as the server writes it. What day that is where one is, the browser knows: a library of calendars and
//! time zones would be a tenth of the page's download.

use serde::Deserialize;

/// RFC 3339 in UTC, to the nanosecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Moment {
    /// The digits of date and time: the order of the numbers is that of the moments.
    second: u64,
    nanosecond: u32,
}

impl TryFrom<String> for Moment {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        parse(&text).ok_or("not a moment in UTC")
    }
}

/// `2027-01-01T00:00:00`, perhaps a fraction, then `Z` or `+00:00`.
fn parse(text: &str) -> Option<Moment> {
    let (second, rest) = text.split_at_checked(19)?;
    let rest = rest.strip_suffix('Z').or_else(|| rest.strip_suffix("+00:00"))?;
    let fraction = match rest.strip_prefix('.') {
        Some(digits) if (1..=9).contains(&digits.len()) => digits,
        None if rest.is_empty() => "0",
        _ => return None,
    };
    let digits: String = second.split(['-', 'T', ':']).collect();
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if digits.len() != 14 || !is_number(&digits) || !is_number(fraction) {
        return None;
    }
    let scale = 10_u32.pow(9 - u32::try_from(fraction.len()).ok()?);
    let nanosecond = fraction.parse::<u32>().ok()? * scale;
    Some(Moment { second: digits.parse().ok()?, nanosecond })
}

impl Moment {
    /// RFC 3339 in UTC, to the second.
    pub fn iso(self) -> String {
        let digits = self.second.to_string();
        let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
        let date = [part(0, 4), part(4, 6), part(6, 8)].join("-");
        let time = [part(8, 10), part(10, 12), part(12, 14)].join(":");
        [&*date, "T", &*time, "Z"].concat()
    }

    /// For the browser's storage.
    pub fn encode(self) -> String {
        [&*self.second.to_string(), ".", &*self.nanosecond.to_string()].concat()
    }

    pub fn decode(text: &str) -> Option<Self> {
        let (second, nanosecond) = text.split_once('.')?;
        Some(Self { second: second.parse().ok()?, nanosecond: nanosecond.parse().ok()? })
    }
}

#[cfg(test)]
impl Moment {
    /// So many seconds after some other moment.
    pub const fn after(seconds: u64) -> Self {
        Self { second: 20_270_101_000_000 + seconds, nanosecond: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_as_it_was_read() {
        assert_eq!(parse("2027-01-02T03:04:05.25+00:00").unwrap().iso(), "2027-01-02T03:04:05Z");
    }

    #[test]
    fn later_moments_are_greater() {
        let moments = [
            "2026-12-31T23:59:59.999999999+00:00",
            "2027-01-01T00:00:00+00:00",
            "2027-01-01T00:00:00.000001+00:00",
            "2027-01-01T00:00:00.0001Z",
            "2027-01-01T00:00:00.12Z",
            "2027-01-01T00:00:00.123+00:00",
            "2027-01-01T00:00:01Z",
        ];
        let read: Vec<_> = moments.iter().map(|text| parse(text).unwrap()).collect();
        assert!(read.is_sorted_by(|a, b| a < b), "{read:?}");
    }

    #[test]
    fn one_moment_has_two_spellings() {
        assert_eq!(parse("2027-01-01T00:00:00Z"), parse("2027-01-01T00:00:00.000+00:00"));
    }

    #[test]
    fn a_moment_survives_storage() {
        let moment = parse("2027-01-01T00:00:00.000001Z").unwrap();
        assert_eq!(Moment::decode(&moment.encode()), Some(moment));
        assert_eq!(Moment::decode("20270101000000"), None);
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "2027-01-01",
            "2027-01-01T00:00:00",
            "2027-01-01T00:00:00+02:00",
            "2027-01-01T00:00:00.Z",
            "2027-01-01T00:00:00.+1Z",
            "2027-01-01T00:00:00.0123456789Z",
            "2027-01-01T00:00:00,5Z",
            "2027-01-0aT00:00:00Z",
            "\u{e9}027-01-01T00:00:0\u{e9}Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
