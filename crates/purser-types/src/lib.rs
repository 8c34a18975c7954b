//! The vocabulary every other crate speaks.
//!
//! Values here are parsed at the border and trusted afterwards: a [`Money`] is never negative and
//! always has a currency, an [`Id`] always names its own kind, a [`Secret`] never prints. The crate
//! knows no database, no network, no clock and no randomness; times and random bytes are handed
//! in through [`Source`], so that every rule above can be replayed exactly.
//!
//! | module | what it holds | source of the rule |
//! |---|---|---|
//! | [`money`] | minor units with a currency, checked arithmetic | ISO 4217 |
//! | [`currency`], [`country`] | code tables | ISO 4217, ISO 3166-1 alpha-2 |
//! | [`card`] | what looks like a card number | ISO/IEC 7812-1 |
//! | [`id`] | typed, prefixed, sortable ids | UUIDv7 (RFC 9562), TypeID 0.3 |
//! | [`secret`] | text that prints `***` | |
//! | [`time`] | instants in microseconds, calendar dates | RFC 3339 |
//! | [`page`] | bounds of a page and its position | Relay cursor connections |
//! | [`spelling`] | enums with one text form each, and sets of them | |
//! | [`source`] | where time and randomness come from | |
//!
//! To add an entity: add a kind to [`id`], nothing else here.
#![warn(missing_docs)]

pub mod card;
pub mod country;
pub mod currency;
pub mod id;
pub mod money;
pub mod page;
pub mod secret;
pub mod source;
pub mod spelling;
pub mod time;

pub use country::Country;
pub use currency::Currency;
pub use id::Id;
pub use money::{Money, MoneyError};
pub use secret::Secret;
pub use source::Source;
pub use spelling::UnknownSpelling;
pub use time::{Date, Timestamp};
