//! The present time on a host.

use std::time::{SystemTime, UNIX_EPOCH};

use sitrep_core::{Clock, Time};

/// 2026-01-01T00:00:00Z. A clock that shows an earlier time was never set: this program did not exist then.
const EARLIEST: Time = Time(1_767_225_600);

/// The time that a verification is made as of: one reading of the system clock, or the time of `--at`.
///
/// Devices may go without a clock, which their trust policy allows for. On a host an unset clock would silently
/// make every expired layout good, so it is an error there.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock(Time);

impl SystemClock {
    /// Reads the system clock; `None` where it is certainly wrong.
    #[must_use]
    pub fn read() -> Option<Self> {
        Self::reading(SystemTime::now())
    }

    /// Takes the time from `--at`, where given, otherwise from the system clock.
    ///
    /// # Errors
    /// [`ClockError`] when the text is no time, or the system clock is certainly wrong.
    pub fn at(text: Option<&str>) -> Result<Self, ClockError> {
        match text {
            None => Self::read().ok_or(ClockError::Unset),
            Some(text) => Time::parse(text).map(Self).ok_or_else(|| ClockError::Form(text.into())),
        }
    }

    /// The time.
    #[must_use]
    pub const fn time(self) -> Time {
        self.0
    }

    fn reading(now: SystemTime) -> Option<Self> {
        let now = Time(now.duration_since(UNIX_EPOCH).ok()?.as_secs());
        (now >= EARLIEST).then_some(Self(now))
    }
}

/// Why there is no time to verify as of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClockError {
    /// The system clock was never set.
    Unset,
    /// This text is no time.
    Form(String),
}

impl Clock for SystemClock {
    fn now(&self) -> Option<Time> {
        Some(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_clock_that_was_never_set_is_an_error() {
        assert_eq!(EARLIEST.to_string(), "2026-01-01T00:00:00Z");
        assert!(SystemClock::reading(UNIX_EPOCH).is_none());
        assert!(SystemClock::reading(UNIX_EPOCH - Duration::from_secs(1)).is_none());
        assert!(SystemClock::reading(UNIX_EPOCH + Duration::from_secs(EARLIEST.0)).is_some());
    }

    #[test]
    fn a_given_time_needs_no_clock() {
        let clock = SystemClock::at(Some("2000-01-01T00:00:00Z")).unwrap();
        assert_eq!(clock.now(), Time::parse("2000-01-01T00:00:00Z"));
        assert_eq!(SystemClock::at(Some("tomorrow")).unwrap_err(), ClockError::Form("tomorrow".into()));
    }
}
