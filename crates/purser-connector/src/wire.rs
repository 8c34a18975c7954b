//! How values are written when they leave the process.
//!
//! Documents are JSON; unknown fields are ignored, so that an older reader survives a newer writer.
//! Values that carry a [`purser_types::Secret`] have no serialisation on purpose: whoever moves one
//! across a border seals it first and says so. The one exception is [`sealed`], and it is named so that
//! a reviewer finds every place.

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

/// Secrets in documents that are sealed as soon as they are written, and for nothing else.
///
/// A request that may have to be sent again after a crash is kept until its attempt is final. It has
/// to be kept whole, tokens included, or the second sending would not be the same; so it is written by
/// [`crate::Submission::to_secret`], sealed at once, and read back by [`crate::Submission::from_secret`].
pub mod sealed {
    /// A secret as its text.
    pub mod secret {
        use purser_types::Secret;
        use serde::{Deserialize, Deserializer, Serializer};

        /// Writes the text.
        ///
        /// # Errors
        /// Those of the serializer.
        pub fn serialize<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_str(secret.expose())
        }

        /// Reads the text.
        ///
        /// # Errors
        /// Those of the deserializer.
        pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
            String::deserialize(deserializer).map(Secret::new)
        }
    }

    /// Bytes as lower-case hexadecimal digits.
    pub mod bytes {
        use bytes::Bytes;
        use serde::de::Error as _;
        use serde::{Deserialize, Deserializer, Serializer};

        /// Writes two digits per byte.
        ///
        /// # Errors
        /// Those of the serializer.
        pub fn serialize<S: Serializer>(bytes: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(&format_args!("{bytes:x}"))
        }

        /// Reads two digits per byte.
        ///
        /// # Errors
        /// Those of the deserializer, and a text that is not hexadecimal.
        pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
            let text = String::deserialize(deserializer)?;
            let (pairs, rest) = text.as_bytes().as_chunks::<2>();
            let bytes: Option<Vec<u8>> = pairs.iter().map(|pair| byte(*pair)).collect();
            match bytes {
                Some(bytes) if rest.is_empty() => Ok(bytes.into()),
                Some(_) | None => Err(D::Error::custom("not hexadecimal")),
            }
        }

        fn byte([high, low]: [u8; 2]) -> Option<u8> {
            let digit = |character: u8| char::from(character).to_digit(16);
            u8::try_from(digit(high)? * 16 + digit(low)?).ok()
        }
    }
}
