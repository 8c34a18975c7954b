//! Postal addresses.

use async_graphql::{InputObject, Object};
use purser_domain::profile;

use crate::scalars::{CountryCode, PhoneNumber};
use crate::words::AddressKind;

/// A postal address that the viewer may see.
pub(crate) struct Address(pub(crate) profile::Address);

/// A postal address of a profile.
#[Object]
impl Address {
    /// What it is for.
    async fn kind(&self) -> AddressKind {
        self.0.kind.into()
    }

    /// Whether it is the one to take for its kind; exactly one of a kind is.
    async fn is_default(&self) -> bool {
        self.0.is_default
    }

    /// First name of the recipient; null if it is the customer's.
    async fn first_name(&self) -> Option<&str> {
        self.0.first_name.as_deref()
    }

    /// Last name of the recipient; null if it is the customer's.
    async fn last_name(&self) -> Option<&str> {
        self.0.last_name.as_deref()
    }

    /// Company of the recipient; null if there is none.
    async fn company(&self) -> Option<&str> {
        self.0.company.as_deref()
    }

    /// First line; null if not told.
    async fn line1(&self) -> Option<&str> {
        self.0.line1.as_deref()
    }

    /// Second line; null if there is none.
    async fn line2(&self) -> Option<&str> {
        self.0.line2.as_deref()
    }

    /// City; null if not told.
    async fn city(&self) -> Option<&str> {
        self.0.city.as_deref()
    }

    /// Postcode; null if not told.
    async fn postcode(&self) -> Option<&str> {
        self.0.postcode.as_deref()
    }

    /// State or province; null if there is none.
    async fn state(&self) -> Option<&str> {
        self.0.state.as_deref()
    }

    /// Country, ISO 3166-1 alpha-2; null if not told.
    async fn country(&self) -> Option<CountryCode> {
        self.0.country.map(CountryCode)
    }

    /// Telephone number at the address, E.164; null if not told.
    async fn phone(&self) -> Option<PhoneNumber> {
        self.0.phone.clone().map(PhoneNumber)
    }
}

/// A postal address.
#[derive(InputObject, Debug, Clone)]
pub(crate) struct AddressInput {
    /// What it is for.
    kind: AddressKind,
    /// Whether it is the one to take for its kind; if none of a kind says so, the first is.
    #[graphql(default = false)]
    is_default: bool,
    /// First name of the recipient, if it is not the customer's; at most 100 characters.
    first_name: Option<String>,
    /// Last name of the recipient, if it is not the customer's; at most 100 characters.
    last_name: Option<String>,
    /// Company of the recipient; at most 100 characters.
    company: Option<String>,
    /// First line; at most 100 characters.
    line1: Option<String>,
    /// Second line; at most 100 characters.
    line2: Option<String>,
    /// City; at most 100 characters.
    city: Option<String>,
    /// Postcode; at most 16 characters.
    postcode: Option<String>,
    /// State or province; at most 30 characters.
    state: Option<String>,
    /// Country, ISO 3166-1 alpha-2.
    country: Option<CountryCode>,
    /// Telephone number at the address, in international form.
    phone: Option<PhoneNumber>,
}

impl From<AddressInput> for profile::Address {
    fn from(input: AddressInput) -> Self {
        Self {
            kind: input.kind.into(),
            is_default: input.is_default,
            first_name: input.first_name,
            last_name: input.last_name,
            company: input.company,
            line1: input.line1,
            line2: input.line2,
            city: input.city,
            postcode: input.postcode,
            state: input.state,
            country: input.country.map(|country| country.0),
            phone: input.phone.map(|phone| phone.0),
        }
    }
}
