//! When a layout expires: a time, or how long after it is signed.

use std::fmt;
use std::str::FromStr;

use sitrep_core::Time;

/// `expires` of `sitrep.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expires {
    /// At this time, whenever the layout is signed.
    At(Time),
    /// So long after it is signed.
    After(u32, Unit),
}

/// What durations are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// 24 hours.
    Days,
    /// Seven days.
    Weeks,
    /// Months of the calendar: the same day of the month, or its last one.
    Months,
    /// Years of the calendar.
    Years,
}

/// A text that is neither a time nor a duration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoExpiry(pub String);

impl fmt::Display for NoExpiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "expected a duration such as \"90d\", \"12w\", \"6m\" (months) or \"1y\", or a time such as \"2030-01-31T00:00:00Z\", found {:?}",
            self.0
        )
    }
}

impl std::error::Error for NoExpiry {}

impl FromStr for Expires {
    type Err = NoExpiry;

    fn from_str(text: &str) -> Result<Self, NoExpiry> {
        if let Some(time) = Time::parse(text) {
            return Ok(Self::At(time));
        }
        let unit = match text.as_bytes().last() {
            Some(b'd') => Unit::Days,
            Some(b'w') => Unit::Weeks,
            Some(b'm') => Unit::Months,
            Some(b'y') => Unit::Years,
            _ => return Err(NoExpiry(text.into())),
        };
        match text.get(..text.len() - 1).unwrap_or_default().parse() {
            Ok(count @ 1..=36_500) => Ok(Self::After(count, unit)),
            _ => Err(NoExpiry(text.into())),
        }
    }
}

impl fmt::Display for Expires {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(time) => time.fmt(f),
            Self::After(count, unit) => write!(f, "{count}{}", unit.letter()),
        }
    }
}

impl Unit {
    const fn letter(self) -> char {
        match self {
            Self::Days => 'd',
            Self::Weeks => 'w',
            Self::Months => 'm',
            Self::Years => 'y',
        }
    }
}

impl Expires {
    /// The time that a layout gets which is signed `now`; `None` where it is later than a layout can say.
    #[must_use]
    pub fn resolve(self, now: Time) -> Option<Time> {
        const DAY: u64 = 24 * 60 * 60;
        match self {
            Self::At(time) => Some(time),
            Self::After(count, Unit::Days) => now.0.checked_add(u64::from(count) * DAY).map(Time),
            Self::After(count, Unit::Weeks) => now.0.checked_add(u64::from(count) * 7 * DAY).map(Time),
            Self::After(count, Unit::Months) => months_after(now, count),
            Self::After(count, Unit::Years) => months_after(now, count.checked_mul(12)?),
        }
        // What comes after the year 9999 has no text.
        .filter(|time| Time::parse(&time.to_string()).is_some())
    }
}

/// The same day and time so many months later, or the last day of that month.
fn months_after(now: Time, count: u32) -> Option<Time> {
    let text = now.to_string();
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<u32>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let months = year.checked_mul(12)?.checked_add(month.checked_sub(1)?)?.checked_add(count)?;
    let (year, month, time) = (months / 12, months % 12 + 1, text.get(10..)?);
    // At most three tries: no month has fewer than 28 days.
    (day.saturating_sub(3)..=day).rev().find_map(|day| Time::parse(&format!("{year:04}-{month:02}-{day:02}{time}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_counted_by_the_calendar() {
        for (now, text, expected) in [
            ("2026-12-01T08:00:00Z", "1y", "2027-12-01T08:00:00Z"),
            ("2024-02-29T08:00:00Z", "1y", "2025-02-28T08:00:00Z"),
            ("2026-01-31T00:00:01Z", "1m", "2026-02-28T00:00:01Z"),
            ("2026-11-30T00:00:00Z", "15m", "2028-02-29T00:00:00Z"),
            ("2026-12-01T08:00:00Z", "90d", "2027-03-01T08:00:00Z"),
            ("2026-12-01T08:00:00Z", "2w", "2026-12-15T08:00:00Z"),
            ("2026-12-01T08:00:00Z", "2030-01-01T00:00:00Z", "2030-01-01T00:00:00Z"),
        ] {
            let resolved = Expires::from_str(text).unwrap().resolve(Time::parse(now).unwrap());
            assert_eq!(resolved.map(|time| time.to_string()).as_deref(), Some(expected), "{now} {text}");
            assert_eq!(Expires::from_str(text).unwrap().to_string(), text);
        }
        let now = Time::parse("9999-12-01T08:00:00Z").unwrap();
        assert_eq!(Expires::from_str("1y").unwrap().resolve(now), None);
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "1", "y", "0d", "-1d", "1.5y", "1 y", "99999999999y", "40000y", "2027-02-30T00:00:00Z", "ä"] {
            assert!(Expires::from_str(text).is_err(), "{text}");
        }
    }
}
