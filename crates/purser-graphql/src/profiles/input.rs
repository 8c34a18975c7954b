//! What inputs say about a customer and about the viewer's own overlay.

use async_graphql::{InputObject, MaybeUndefined};
use purser_services::profiles;

use super::address::AddressInput;
use crate::payload::patch;
use crate::scalars::{Date, EmailAddress, JsonObject, Locale, PhoneNumber};
use crate::words::{Gender, ProfileKind};

/// The customer's data; part of other inputs.
#[derive(InputObject, Debug, Clone, Default)]
pub(crate) struct PersonInput {
    /// A person or a company; a person if absent on creation.
    kind: Option<ProfileKind>,
    /// Display name, at most 100 characters; unchanged if absent, cleared if null.
    name: MaybeUndefined<String>,
    /// First name, at most 100 characters; unchanged if absent, cleared if null.
    first_name: MaybeUndefined<String>,
    /// Last name, at most 100 characters; unchanged if absent, cleared if null.
    last_name: MaybeUndefined<String>,
    /// Company, at most 100 characters; unchanged if absent, cleared if null.
    company: MaybeUndefined<String>,
    /// Date of birth; unchanged if absent, cleared if null.
    birth_date: MaybeUndefined<Date>,
    /// Gender; unchanged if absent, cleared if null.
    gender: MaybeUndefined<Gender>,
    /// E-mail address; unchanged if absent, cleared if null.
    email: MaybeUndefined<EmailAddress>,
    /// Telephone number in international form; unchanged if absent, cleared if null.
    phone: MaybeUndefined<PhoneNumber>,
    /// Language and region, BCP 47; unchanged if absent, cleared if null.
    locale: MaybeUndefined<Locale>,
    /// All addresses, at most 20, in place of those there are; unchanged if absent, cleared if null.
    addresses: MaybeUndefined<Vec<AddressInput>>,
}

impl From<PersonInput> for purser_services::PersonInput {
    fn from(input: PersonInput) -> Self {
        Self {
            kind: input.kind.map(Into::into),
            name: patch(input.name),
            first_name: patch(input.first_name),
            last_name: patch(input.last_name),
            company: patch(input.company),
            birth_date: patch(input.birth_date.map_value(|date| date.0)),
            gender: patch(input.gender.map_value(Into::into)),
            email: patch(input.email.map_value(|email| email.0)),
            phone: patch(input.phone.map_value(|phone| phone.0)),
            locale: patch(input.locale.map_value(|locale| locale.0)),
            addresses: replaced(input.addresses).map(|all| all.into_iter().map(Into::into).collect()),
        }
    }
}

/// What your tenant keeps for itself; part of other inputs.
#[derive(InputObject)]
pub(crate) struct OverlayInput {
    /// Your own customer id, at most 64 characters, unique among your profiles; unchanged if absent,
    /// cleared if null.
    external_id: MaybeUndefined<String>,
    /// Your own data, at most 8 KiB as JSON, in place of what there is; unchanged if absent, cleared if
    /// null. Needs `metadata:write`.
    metadata: MaybeUndefined<JsonObject>,
    /// Your own labels, at most 50 of 64 characters, in place of those there are; unchanged if absent,
    /// cleared if null.
    tags: MaybeUndefined<Vec<String>>,
    /// Whether you mark the customer; unchanged if absent.
    is_favorite: Option<bool>,
}

impl From<OverlayInput> for profiles::OverlayInput {
    fn from(input: OverlayInput) -> Self {
        Self {
            external_id: patch(input.external_id),
            metadata: replaced(input.metadata.map_value(|object| object.0)),
            tags: replaced(input.tags),
            is_favorite: input.is_favorite,
        }
    }
}

/// A whole that replaces what there is: null stands for the empty one.
fn replaced<T: Default>(value: MaybeUndefined<T>) -> Option<T> {
    match value {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(T::default()),
        MaybeUndefined::Value(value) => Some(value),
    }
}
