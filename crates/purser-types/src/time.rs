//! Instants and calendar dates.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use ::time::format_description::well_known::Rfc3339;
use ::time::{OffsetDateTime, UtcOffset};
use serde::{Deserialize, Serialize};

/// An instant, in microseconds since the Unix epoch, printed as RFC 3339 in UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// The text is not an RFC 3339 instant or an ISO 8601 date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 time or ISO 8601 date")]
pub struct MalformedTime;

impl Timestamp {
    /// Later than everything; stands for "never expires" in the database.
    pub const NEVER: Self = Self(i64::MAX);

    /// The instant so many microseconds after the epoch.
    #[must_use]
    pub const fn from_unix_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub const fn unix_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, as JWT claims have them.
    #[must_use]
    pub const fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The instant `duration` later, or the last one.
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(micros(duration)))
    }

    /// The instant `duration` earlier, or the first one.
    #[must_use]
    pub fn saturating_sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(micros(duration)))
    }

    /// How much later this instant is than `earlier`; zero if it is not.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        let micros = self.0.saturating_sub(earlier.0);
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    }

    /// The calendar date in UTC.
    #[must_use]
    pub fn date(self) -> Date {
        Date(self.to_offset().date())
    }

    fn to_offset(self) -> OffsetDateTime {
        let nanos = i128::from(self.0).saturating_mul(1_000);
        // Instants that RFC 3339 cannot say print as the epoch; only NEVER is one, and it is not shown.
        let instant = OffsetDateTime::from_unix_timestamp_nanos(nanos).ok().filter(|it| is_sayable(*it));
        instant.unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

/// Whether RFC 3339 has a year for an instant: four digits, without a sign.
fn is_sayable(instant: OffsetDateTime) -> bool {
    (0..=9999).contains(&instant.year())
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

impl FromStr for Timestamp {
    type Err = MalformedTime;

    fn from_str(text: &str) -> Result<Self, MalformedTime> {
        let written = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| MalformedTime)?;
        // With another offset an instant may be the last of 9999 there and the first of 10000 in UTC.
        let instant = written.checked_to_offset(UtcOffset::UTC).filter(|it| is_sayable(*it));
        let instant = instant.ok_or(MalformedTime)?;
        i64::try_from(instant.unix_timestamp_nanos() / 1_000).map(Self).map_err(|_| MalformedTime)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_offset().format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A calendar date without a time zone: `1970-01-01`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(::time::Date);

const DATE: &[::time::format_description::BorrowedFormatItem<'static>] =
    ::time::macros::format_description!("[year]-[month]-[day]");

impl Date {
    /// The year of the date.
    #[must_use]
    pub fn year(self) -> i32 {
        self.0.year()
    }

    /// The month of the date, 1 to 12.
    #[must_use]
    pub fn month(self) -> u8 {
        self.0.month().into()
    }
}

impl FromStr for Date {
    type Err = MalformedTime;

    fn from_str(text: &str) -> Result<Self, MalformedTime> {
        ::time::Date::parse(text, DATE).map(Self).map_err(|_| MalformedTime)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.format(DATE).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Date {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_rfc_3339_in_utc_and_keep_microseconds() {
        let read: Timestamp = "2029-09-05T12:11:43.000001+02:00".parse().expect("instant");
        assert_eq!(read.to_string(), "2029-09-05T10:11:43.000001Z");
        assert_eq!("yesterday".parse::<Timestamp>(), Err(MalformedTime));
    }

    #[test]
    fn instants_whose_year_in_utc_has_no_four_digits_are_refused() {
        for refused in ["9999-12-31T23:59:59-12:00", "0000-01-01T00:00:00+12:00"] {
            assert_eq!(refused.parse::<Timestamp>(), Err(MalformedTime), "{refused}");
        }
        for (kept, printed) in [
            ("9999-12-31T23:59:59+12:00", "9999-12-31T11:59:59Z"),
            ("0000-01-01T00:00:00-12:00", "0000-01-01T12:00:00Z"),
        ] {
            assert_eq!(kept.parse::<Timestamp>().map(|instant| instant.to_string()), Ok(printed.to_owned()));
        }
    }

    #[test]
    fn instants_that_rfc_3339_cannot_say_print_as_the_epoch() {
        let before_year_0 = Timestamp::from_unix_micros(-62_167_219_200_000_001);
        for instant in [before_year_0, Timestamp::NEVER, Timestamp::from_unix_micros(i64::MIN)] {
            assert_eq!(instant.to_string(), "1970-01-01T00:00:00Z");
        }
    }

    #[test]
    fn dates_are_real() {
        assert_eq!("1970-01-01".parse::<Date>().map(|date| date.to_string()), Ok("1970-01-01".to_owned()));
        for refused in ["1970-02-30", "70-01-01", "1970-1-1", ""] {
            assert_eq!(refused.parse::<Date>(), Err(MalformedTime), "{refused}");
        }
    }
}
