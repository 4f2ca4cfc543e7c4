//! Types that SeaORM reads as text, in the form that PostgreSQL prints with its default settings.

use std::fmt::Write as _;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use postgres_protocol::types::{Range, RangeBound, range_from_sql};
use rust_decimal::Decimal;
use tokio_postgres::types::{FromSql, Kind, Type};

use super::value::Failure;

type Reader = fn(&Type, &[u8]) -> Result<String, Failure>;

/// How a type is read as text. Returns `None` if it is not.
pub(super) fn reader(ty: &Type) -> Option<Reader> {
    if <String as FromSql>::accepts(ty) {
        // Such as text, citext and ltree.
        return Some(|ty, bytes| String::from_sql(ty, bytes));
    }
    match ty.kind() {
        Kind::Enum(_) => return Some(utf8),
        Kind::Range(element) => return bound(element).map(|_| range as Reader),
        Kind::Multirange(element) => return bound(element).map(|_| multirange as Reader),
        _ => {}
    }
    Some(match *ty {
        Type::XML => utf8,
        Type::VOID => |_, _| Ok(String::new()),
        Type::INTERVAL => |_, bytes| interval(bytes),
        Type::TIMETZ => |_, bytes| time_with_zone(bytes),
        Type::MACADDR | Type::MACADDR8 => |_, bytes| {
            let pairs: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            Ok(pairs.join(":"))
        },
        _ => return None,
    })
}

fn utf8(_: &Type, bytes: &[u8]) -> Result<String, Failure> {
    Ok(std::str::from_utf8(bytes)?.to_owned())
}

/// How a bound of a range is read.
fn bound(element: &Type) -> Option<Reader> {
    Some(match *element {
        Type::INT4 => |ty, bytes| Ok(i32::from_sql(ty, bytes)?.to_string()),
        Type::INT8 => |ty, bytes| Ok(i64::from_sql(ty, bytes)?.to_string()),
        Type::NUMERIC => |ty, bytes| Ok(Decimal::from_sql(ty, bytes)?.to_string()),
        Type::DATE => |ty, bytes| Ok(NaiveDate::from_sql(ty, bytes)?.to_string()),
        Type::TIMESTAMP => |ty, bytes| {
            let time = NaiveDateTime::from_sql(ty, bytes)?;
            Ok(format!("\"{}\"", trimmed(&time.format("%Y-%m-%d %H:%M:%S%.6f").to_string())))
        },
        Type::TIMESTAMPTZ => |ty, bytes| {
            let time = DateTime::<Utc>::from_sql(ty, bytes)?;
            Ok(format!("\"{}+00\"", trimmed(&time.format("%Y-%m-%d %H:%M:%S%.6f").to_string())))
        },
        _ => return None,
    })
}

/// A time that ends with six digits of a second, without those that say nothing.
fn trimmed(text: &str) -> &str {
    text.trim_end_matches('0').trim_end_matches('.')
}

fn range(ty: &Type, bytes: &[u8]) -> Result<String, Failure> {
    let Kind::Range(element) = ty.kind() else { return Err("not a range".into()) };
    range_of(element, bytes)
}

fn range_of(element: &Type, bytes: &[u8]) -> Result<String, Failure> {
    let read = bound(element).ok_or("a range of another type")?;
    let (lower, upper) = match range_from_sql(bytes)? {
        Range::Empty => return Ok("empty".to_owned()),
        Range::Nonempty(lower, upper) => (lower, upper),
    };
    let text = |bytes: Option<&[u8]>| match bytes {
        Some(bytes) => read(element, bytes),
        None => Ok(String::new()),
    };
    let lower = match lower {
        RangeBound::Inclusive(bytes) => format!("[{}", text(bytes)?),
        RangeBound::Exclusive(bytes) => format!("({}", text(bytes)?),
        RangeBound::Unbounded => "(".to_owned(),
    };
    Ok(match upper {
        RangeBound::Inclusive(bytes) => format!("{lower},{}]", text(bytes)?),
        RangeBound::Exclusive(bytes) => format!("{lower},{})", text(bytes)?),
        RangeBound::Unbounded => format!("{lower},)"),
    })
}

/// The number of ranges, then each with its length (PostgreSQL's `multirange_send`).
fn multirange(ty: &Type, bytes: &[u8]) -> Result<String, Failure> {
    let Kind::Multirange(element) = ty.kind() else { return Err("not a multirange".into()) };
    let (_, mut rest) = take::<4>(bytes)?;
    let mut ranges = Vec::new();
    while !rest.is_empty() {
        let (length, behind) = take::<4>(rest)?;
        let length = usize::try_from(u32::from_be_bytes(length))?;
        let (range, behind) = behind.split_at_checked(length).ok_or(SHORT)?;
        ranges.push(range_of(element, range)?);
        rest = behind;
    }
    Ok(format!("{{{}}}", ranges.join(",")))
}

const SHORT: &str = "the value is too short";

fn take<const N: usize>(bytes: &[u8]) -> Result<([u8; N], &[u8]), Failure> {
    let (head, rest) = bytes.split_first_chunk::<N>().ok_or(SHORT)?;
    Ok((*head, rest))
}

/// Microseconds, days and months (PostgreSQL's `interval_send`).
fn interval(bytes: &[u8]) -> Result<String, Failure> {
    let (micros, rest) = take(bytes)?;
    let (days, rest) = take(rest)?;
    let (months, _) = take(rest)?;
    let (micros, days, months) =
        (i64::from_be_bytes(micros), i32::from_be_bytes(days), i32::from_be_bytes(months));
    match (micros, days, months) {
        (i64::MAX, i32::MAX, i32::MAX) => return Ok("infinity".to_owned()),
        (i64::MIN, i32::MIN, i32::MIN) => return Ok("-infinity".to_owned()),
        _ => {}
    }
    let mut text = String::new();
    let mut is_before = false;
    for (number, unit) in [(months / 12, "year"), (months % 12, "mon"), (days, "day")] {
        if number != 0 {
            let space = if text.is_empty() { "" } else { " " };
            let plus = if is_before && number > 0 { "+" } else { "" };
            let plural = if number == 1 { "" } else { "s" };
            write!(text, "{space}{plus}{number} {unit}{plural}")?;
            is_before = number < 0;
        }
    }
    if text.is_empty() || micros != 0 {
        let space = if text.is_empty() { "" } else { " " };
        let sign = match micros {
            ..0 => "-",
            _ if is_before => "+",
            _ => "",
        };
        write!(text, "{space}{sign}{}", clock(micros.unsigned_abs()))?;
    }
    Ok(text)
}

/// Hours, minutes and seconds. The hours may be more than a day has.
fn clock(micros: u64) -> String {
    let (all_seconds, micros) = (micros / 1_000_000, micros % 1_000_000);
    let (hours, minutes, whole) = (all_seconds / 3600, all_seconds / 60 % 60, all_seconds % 60);
    trimmed(&format!("{hours:02}:{minutes:02}:{whole:02}.{micros:06}")).to_owned()
}

/// Microseconds, and the seconds west of UTC (PostgreSQL's `timetz_send`).
fn time_with_zone(bytes: &[u8]) -> Result<String, Failure> {
    let (micros, rest) = take(bytes)?;
    let (west, _) = take(rest)?;
    let time = clock(u64::try_from(i64::from_be_bytes(micros))?);
    let west = i32::from_be_bytes(west);
    let sign = if west > 0 { '-' } else { '+' };
    let east = west.unsigned_abs();
    let (hours, minutes, seconds) = (east / 3600, east / 60 % 60, east % 60);
    let mut zone = format!("{sign}{hours:02}");
    if minutes != 0 || seconds != 0 {
        write!(zone, ":{minutes:02}")?;
    }
    if seconds != 0 {
        write!(zone, ":{seconds:02}")?;
    }
    Ok(time + &zone)
}
