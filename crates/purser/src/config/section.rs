//! A section of the configuration: a struct whose doc comments are data.

/// A key and what its doc comment says.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The key.
    pub name: &'static str,
    /// The lines of the doc comment.
    pub docs: &'static [&'static str],
}

/// Declares a section: each field with its doc comment, type and default.
///
/// A macro, since neither a function nor a trait can read a doc comment, and a sample file that is
/// written apart from the fields would soon say something else.
macro_rules! section {
    (
        $(#[doc = $doc:literal])*
        pub struct $name:ident {
            $( $(#[doc = $field_doc:literal])+ pub $field:ident : $type:ty = $default:expr, )*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name {
            $( $(#[doc = $field_doc])+ pub $field: $type, )*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $( $field: $default, )* }
            }
        }

        impl $name {
            /// The keys of this section, in the order of the sample.
            pub const FIELDS: &'static [$crate::config::Field] = &[
                $( $crate::config::Field { name: stringify!($field), docs: &[$($field_doc),+] }, )*
            ];
        }
    };
}
