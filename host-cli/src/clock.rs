//! The present time on a host.

use std::time::{SystemTime, UNIX_EPOCH};

use sitrep_core::{Clock, Time};

use crate::error::{CliError, ClockUse};

/// 2026-01-01T00:00:00Z. A clock that shows an earlier time was never set: this program did not exist then.
const EARLIEST: Time = Time(1_767_225_600);

/// The time that a verification is made as of: one reading of the system clock, or the time of `--at`.
///
/// Devices may go without a clock, which their trust policy allows for. On a host an unset clock would silently
/// make every expired layout good, so it is an error there.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock(Time);

impl SystemClock {
    /// Reads the system clock.
    ///
    /// # Errors
    /// [`CliError::Clock`] when it is certainly wrong.
    pub fn new(used: ClockUse) -> Result<Self, CliError> {
        Self::reading(SystemTime::now()).ok_or(CliError::Clock(used))
    }

    /// Takes the time from `--at`, where given, otherwise from the system clock.
    ///
    /// # Errors
    /// [`CliError::Time`] when the text is no time, [`CliError::Clock`] as [`Self::new`].
    pub fn at(text: Option<&str>) -> Result<Self, CliError> {
        text.map_or_else(
            || Self::new(ClockUse::Expiry),
            |text| Time::parse(text).map(Self).ok_or_else(|| CliError::Time("--at", text.into())),
        )
    }

    fn reading(now: SystemTime) -> Option<Self> {
        let now = Time(now.duration_since(UNIX_EPOCH).ok()?.as_secs());
        (now >= EARLIEST).then_some(Self(now))
    }
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
        // `sitrep attest` and `sitrep demo` have no --at.
        for (used, has_at) in [(ClockUse::Expiry, true), (ClockUse::Now, false), (ClockUse::Demo, false)] {
            assert_eq!(CliError::Clock(used).hint().unwrap().contains("--at"), has_at, "{used:?}");
        }
    }

    #[test]
    fn a_given_time_needs_no_clock() {
        let clock = SystemClock::at(Some("2000-01-01T00:00:00Z")).unwrap();
        assert_eq!(clock.now(), Time::parse("2000-01-01T00:00:00Z"));
        assert!(matches!(SystemClock::at(Some("tomorrow")), Err(CliError::Time(..))));
    }
}
