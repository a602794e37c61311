//! Points in time, as in-toto writes them, and where the present one comes from.

use core::fmt;

const DAY: u64 = 86_400;

/// 9999-12-31T23:59:59Z, the last time that has a text of the form that [`Time::parse`] reads.
const LAST: u64 = 253_402_300_799;

/// Seconds since 1970-01-01T00:00:00Z, leap seconds not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Time(pub u64);

impl Time {
    /// Reads exactly `YYYY-MM-DDTHH:MM:SSZ` (in-toto specification, section 4.3), from 1970 on. No fraction, no offset, no leap second.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::read(text.as_bytes())
    }

    pub(crate) fn read(text: &[u8]) -> Option<Self> {
        // Where the numbers start, how many digits they have, and what follows.
        const FORM: [(usize, usize, u8); 6] =
            [(0, 4, b'-'), (5, 2, b'-'), (8, 2, b'T'), (11, 2, b':'), (14, 2, b':'), (17, 2, b'Z')];
        if text.len() != 20 {
            return None;
        }
        let mut numbers = [0_u32; FORM.len()];
        for ((start, length, end), number) in FORM.into_iter().zip(&mut numbers) {
            let (digits, rest) = text.get(start..)?.split_at_checked(length)?;
            if rest.first() != Some(&end) {
                return None;
            }
            for digit in digits {
                let digit = u32::from(digit.wrapping_sub(b'0'));
                if digit > 9 {
                    return None;
                }
                *number = number.wrapping_mul(10).wrapping_add(digit);
            }
        }
        let [year, month, day, hour, minute, second] = numbers;
        let is_time = hour <= 23 && minute <= 59 && second <= 59;
        if year < 1970 || !(1..=12).contains(&month) || day < 1 || day > days_of(year, month) || !is_time {
            return None;
        }
        let earlier: u32 = (1..month).map(|earlier| days_of(year, earlier)).fold(0, u32::wrapping_add);
        let days = days_before(year).wrapping_add(earlier).wrapping_add(day).wrapping_sub(1);
        let seconds = hour.wrapping_mul(60).wrapping_add(minute).wrapping_mul(60).wrapping_add(second);
        // 2.9 million days at most.
        Some(Self(u64::from(days).wrapping_mul(DAY).wrapping_add(u64::from(seconds))))
    }
}

/// Days from 1970-01-01 to the first day of `year`.
fn days_before(year: u32) -> u32 {
    // Leap days up to the year before, less those before 1970 (477).
    let last = year.saturating_sub(1);
    let leap_days = (last / 4).wrapping_sub(last / 100).wrapping_add(last / 400).wrapping_sub(477);
    year.saturating_sub(1970).wrapping_mul(365).wrapping_add(leap_days)
}

const fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

const fn days_of(year: u32, month: u32) -> u32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// In the form that [`Time::parse`] reads. Times beyond the year 9999 have none and are written as a count of seconds.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 > LAST {
            return write!(f, "{} seconds after 1970-01-01T00:00:00Z", self.0);
        }
        let days = u32::try_from(self.0 / DAY).unwrap_or(u32::MAX);
        let seconds = self.0 % DAY;
        // The year is at most this; go back while it starts too late.
        let mut year = (days / 365).saturating_add(1970);
        while days_before(year) > days {
            year = year.saturating_sub(1);
        }
        let mut day = days.saturating_sub(days_before(year));
        let mut month = 1;
        while month < 12 && day >= days_of(year, month) {
            day = day.saturating_sub(days_of(year, month));
            month = month.saturating_add(1);
        }
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z", day.saturating_add(1))
    }
}

impl serde::Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Where the present time comes from.
pub trait Clock {
    /// The present time; `None` where nobody knows it. Expiry is then not checked, and the verdict says so.
    fn now(&self) -> Option<Time>;
}

/// A machine without a clock.
#[derive(Clone, Copy, Debug)]
pub struct NoClock;

impl Clock for NoClock {
    fn now(&self) -> Option<Time> {
        None
    }
}

/// A time that stands still, such as that of a question about the past.
#[derive(Clone, Copy, Debug)]
pub struct FixedClock(pub Time);

impl Clock for FixedClock {
    fn now(&self) -> Option<Time> {
        Some(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written_back() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:34:56Z", 951_827_696),
            ("2040-01-01T00:00:00Z", 2_208_988_800),
            ("9999-12-31T23:59:59Z", LAST),
        ] {
            let time = Time::parse(text).unwrap();
            assert_eq!(time, Time(seconds), "{text}");
            let mut written = heapless::String::<24>::new();
            fmt::write(&mut written, format_args!("{time}")).unwrap();
            assert_eq!(written, text);
        }
    }

    #[test]
    fn times_beyond_the_form_are_counts_of_seconds() {
        for seconds in [LAST + 1, u64::from(u32::MAX) * DAY, (u64::from(u32::MAX) + 1) * DAY, u64::MAX] {
            let (mut written, mut expected) = (heapless::String::<64>::new(), heapless::String::<64>::new());
            fmt::write(&mut written, format_args!("{}", Time(seconds))).unwrap();
            fmt::write(&mut expected, format_args!("{seconds} seconds after 1970-01-01T00:00:00Z")).unwrap();
            assert_eq!(written, expected);
            assert_eq!(Time::parse(&written), None);
        }
    }

    #[test]
    fn other_forms_are_no_times() {
        for text in [
            "2040-01-01T00:00:00",
            "2040-01-01T00:00:00+00:00",
            "2040-01-01 00:00:00Z",
            "2040-01-01T00:00:00.0Z",
            "2040-13-01T00:00:00Z",
            "2040-02-30T00:00:00Z",
            "2041-02-29T00:00:00Z",
            "2100-02-29T00:00:00Z",
            "2040-01-01T24:00:00Z",
            "2040-01-01T00:60:00Z",
            "2016-12-31T23:59:60Z",
            "1969-12-31T23:59:59Z",
            "2040-00-01T00:00:00Z",
            "2040-01-00T00:00:00Z",
            "2040-01-01t00:00:00z",
            "+040-01-01T00:00:00Z",
            "",
        ] {
            assert_eq!(Time::parse(text), None, "{text}");
        }
    }
}
