//! Typed ids: a UUIDv7 inside, a prefixed text outside.
//!
//! The text form follows TypeID 0.3: `prf_01h455vb4pex5vsknk084sn02q` is a prefix that names the
//! kind, an underscore, and the 128 bits in 26 digits of Crockford's base 32, lower case. It is
//! the global id of the graph, so an id of the wrong kind is refused before any query.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Source, Timestamp};

/// What an id names. Implemented by the empty types of this module only.
pub trait Kind: 'static {
    /// The text before the underscore.
    const PREFIX: &'static str;
}

/// A kind of entity per line: the marker, its prefix, and the id type that services speak of.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident, $prefix:literal, $alias:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $kind {}
        impl Kind for $kind {
            const PREFIX: &'static str = $prefix;
        }
        $(#[$doc])*
        pub type $alias = Id<$kind>;
    )+
    /// Every prefix that an id of this server can start with.
    pub const PREFIXES: &[&str] = &[$($prefix),+];
    };
}

kinds! {
    /// A tenant of the tree; a merchant is a tenant that takes payments.
    Tenant, "ten", TenantId;
    /// An API key.
    ApiKey, "key", ApiKeyId;
    /// A container of customer profiles.
    Container, "cnt", ContainerId;
    /// A grant of a container to a tenant.
    Share, "shr", ShareId;
    /// A tenant's decision that containers are disabled below it.
    OptOut, "opt", OptOutId;
    /// A binding of a container to a tenant's default or to a connector.
    Binding, "bnd", BindingId;
    /// A customer profile.
    Profile, "prf", ProfileId;
    /// A postal address of a profile.
    Address, "adr", AddressId;
    /// A stored payment instrument.
    Instrument, "pin", InstrumentId;
    /// A connector: one tenant's account at one processor.
    Connector, "con", ConnectorId;
    /// A router over connectors (IXOPAY: meta-connector).
    Router, "rtr", RouterId;
    /// A payment.
    Payment, "pay", PaymentId;
    /// One attempt to have a processor do one thing: authorize, capture, void, refund, register.
    Attempt, "att", AttemptId;
    /// Something that happened to a payment.
    Event, "evt", EventId;
    /// A customer's dispute of a payment.
    Dispute, "dsp", DisputeId;
    /// An order that payments pay.
    Order, "ord", OrderId;
    /// A message that a processor sent of its own accord.
    Notification, "ntf", NotificationId;
}

/// The id of a `K`.
pub struct Id<K> {
    uuid: Uuid,
    kind: PhantomData<fn() -> K>,
}

/// The text is not an id of the expected kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of the expected kind")]
pub struct MalformedId;

impl<K: Kind> Id<K> {
    /// A new id that sorts by `source`'s time.
    pub fn mint(source: &dyn Source) -> Self {
        let mut random = [0; 10];
        source.fill(&mut random);
        let unix_ms = u64::try_from(source.now().unix_micros() / 1_000).unwrap_or_default();
        Self::from_uuid(uuid::Builder::from_unix_timestamp_millis(unix_ms, &random).into_uuid())
    }

    /// The id that the database row carries.
    #[must_use]
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self { uuid, kind: PhantomData }
    }

    /// The 128 bits.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        self.uuid
    }

    /// When the id was minted, to the millisecond.
    #[must_use]
    pub fn minted_at(self) -> Timestamp {
        let unix_ms = self.uuid.as_u128() >> 80;
        Timestamp::from_unix_micros(i64::try_from(unix_ms).unwrap_or(0).saturating_mul(1_000))
    }
}

const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const TEXT_LENGTH: usize = 26;

/// The value of a byte that is no digit.
const NO_DIGIT: u8 = u8::MAX;
/// The value of each byte: ids are read by the hundred for one page of payments.
const VALUES: [u8; 256] = {
    let mut values = [NO_DIGIT; 256];
    let mut value: u8 = 0;
    while value < 32 {
        values[DIGITS[value as usize] as usize] = value;
        value += 1;
    }
    values
};

fn encode(uuid: Uuid) -> [u8; TEXT_LENGTH] {
    let mut rest = uuid.as_u128();
    let mut text = [b'0'; TEXT_LENGTH];
    for digit in text.iter_mut().rev() {
        let index = usize::try_from(rest & 31).unwrap_or(0);
        *digit = DIGITS.get(index).copied().unwrap_or(b'0');
        rest >>= 5;
    }
    text
}

fn decode(text: &[u8]) -> Option<Uuid> {
    // 26 digits hold 130 bits; a first digit above 7 would not fit 128.
    if text.len() != TEXT_LENGTH || !matches!(text.first(), Some(b'0'..=b'7')) {
        return None;
    }
    let mut bits: u128 = 0;
    for byte in text {
        let value = VALUES.get(usize::from(*byte)).copied().filter(|value| *value != NO_DIGIT)?;
        bits = (bits << 5) | u128::from(value);
    }
    Some(Uuid::from_u128(bits))
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = encode(self.uuid);
        write!(f, "{}_{}", K::PREFIX, std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K: Kind> FromStr for Id<K> {
    type Err = MalformedId;

    fn from_str(text: &str) -> Result<Self, MalformedId> {
        let digits =
            text.strip_prefix(K::PREFIX).and_then(|rest| rest.strip_prefix('_')).ok_or(MalformedId)?;
        decode(digits.as_bytes()).map(Self::from_uuid).ok_or(MalformedId)
    }
}

// By hand, because deriving would ask the same of `K`.
impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.uuid.cmp(&other.uuid)
    }
}
impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}

impl<K: Kind> Serialize for Id<K> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector of the TypeID specification.
    #[test]
    fn text_form_is_that_of_typeid() {
        let uuid = Uuid::parse_str("01890a5d-ac96-774b-bcce-b302099a8057").expect("uuid");
        let id = ProfileId::from_uuid(uuid);
        assert_eq!(id.to_string(), "prf_01h455vb4pex5vsknk084sn02q");
        assert_eq!("prf_01h455vb4pex5vsknk084sn02q".parse(), Ok(id));
    }

    #[test]
    fn an_id_of_another_kind_or_shape_is_refused() {
        for refused in [
            "pay_01h455vb4pex5vsknk084sn02q",
            "prf_81h455vb4pex5vsknk084sn02q",
            "prf_01H455VB4PEX5VSKNK084SN02Q",
            "prf_01h455vb4pex5vsknk084sn02",
            "prf01h455vb4pex5vsknk084sn02q",
            "prf_",
            "",
        ] {
            assert_eq!(refused.parse::<ProfileId>(), Err(MalformedId), "{refused}");
        }
    }
}
