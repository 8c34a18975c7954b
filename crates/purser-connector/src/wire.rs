//! How values are written when they leave the process.
//!
//! Documents are JSON; unknown fields are ignored, so that an older reader survives a newer writer.
//! Values that carry a [`purser_types::Secret`] have no serialisation on purpose: whoever moves one
//! across a border seals it first and says so.

/// Money as `{"minor": 999, "currency": "EUR"}`.
pub mod money {
    use purser_types::{Currency, Money};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Document {
        minor: i64,
        currency: Currency,
    }

    /// Writes an amount.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(money: &Money, serializer: S) -> Result<S::Ok, S::Error> {
        Document { minor: money.minor(), currency: money.currency() }.serialize(serializer)
    }

    /// Reads an amount.
    ///
    /// # Errors
    /// Those of the deserializer, and an amount below zero.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Money, D::Error> {
        let document = Document::deserialize(deserializer)?;
        Money::try_new(document.minor, document.currency).map_err(serde::de::Error::custom)
    }
}

/// A duration as whole seconds.
pub mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes whole seconds, rounded down.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(duration.as_secs())
    }

    /// Reads whole seconds.
    ///
    /// # Errors
    /// Those of the deserializer.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_secs)
    }
}

/// A duration that may be absent, as whole seconds or null.
pub mod seconds_option {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes whole seconds, rounded down, or null.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        duration.map(|duration| duration.as_secs()).serialize(serializer)
    }

    /// Reads whole seconds or null.
    ///
    /// # Errors
    /// Those of the deserializer.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(deserializer)?.map(Duration::from_secs))
    }
}
