//! Enums with one spelling for the database, the wire and people.

/// The text is none of the enum's spellings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown spelling of a {0}")]
pub struct UnknownSpelling(pub &'static str);

/// Declares an enum whose variants have one fixed text each.
///
/// A macro, because a trait cannot add `FromStr`, `Display` and serde to several enums without
/// repeating every variant four times, and four lists drift apart.
#[macro_export]
macro_rules! spelled {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            /// Every variant, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The text under which the database and the wire know the variant.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::spelling::UnknownSpelling;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err($crate::spelling::UnknownSpelling(stringify!($name))),
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

/// Declares a set over a [`spelled!`](crate::spelled) enum, kept as the bits of one integer.
#[macro_export]
macro_rules! bit_set {
    ($(#[$doc:meta])* pub struct $set:ident of $item:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
        pub struct $set(i64);

        impl $set {
            /// The set of nothing.
            pub const NONE: Self = Self(0);

            /// The set of everything.
            #[must_use]
            pub fn all() -> Self {
                $item::ALL.iter().copied().collect()
            }

            /// The set as the database keeps it: bit `n` for the `n`th value.
            #[must_use]
            pub const fn bits(self) -> i64 {
                self.0
            }

            /// The set that the database kept.
            #[must_use]
            pub const fn from_bits(bits: i64) -> Self {
                Self(bits)
            }

            /// The bit of one value.
            #[must_use]
            pub const fn bit(item: $item) -> i64 {
                1 << (item as i64)
            }

            /// Whether the set has the value.
            #[must_use]
            pub const fn contains(self, item: $item) -> bool {
                self.0 & Self::bit(item) != 0
            }

            /// What is in either set.
            #[must_use]
            pub const fn union(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }

            /// What is in both sets.
            #[must_use]
            pub const fn intersection(self, other: Self) -> Self {
                Self(self.0 & other.0)
            }

            /// Whether nothing is in the set.
            #[must_use]
            pub const fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// The values in the order of declaration.
            pub fn iter(self) -> impl Iterator<Item = $item> {
                $item::ALL.iter().copied().filter(move |item| self.contains(*item))
            }
        }

        impl FromIterator<$item> for $set {
            fn from_iter<T: IntoIterator<Item = $item>>(items: T) -> Self {
                Self(items.into_iter().fold(0, |bits, item| bits | Self::bit(item)))
            }
        }

        impl std::fmt::Debug for $set {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_set().entries(self.iter()).finish()
            }
        }
    };
}
