//! Profiles: the core that tenants share, and the overlay that each keeps for itself.

use purser_types::id::{ContainerId, InstrumentId, ProfileId, TenantId};
use purser_types::{Country, Date, Source, Timestamp};
use serde::{Deserialize, Serialize};

use crate::contact::{Email, Phone};
use purser_types::spelled;

/// The longest `customerIdentification` and external id (IXOPAY stops at 36; hashes need more).
pub const IDENTIFICATION_LENGTH_MAX: usize = 64;
/// The longest name of a person or company.
pub const NAME_LENGTH_MAX: usize = 100;
/// The most addresses of one profile.
pub const ADDRESSES_MAX: usize = 20;
/// The most tags one tenant keeps on one profile, and the longest.
pub const TAGS_MAX: usize = 50;
/// The longest tag.
pub const TAG_LENGTH_MAX: usize = 64;
/// The most bytes of one tenant's metadata on one record, as JSON.
pub const METADATA_BYTES_MAX: usize = 8 * 1024;

spelled! {
    /// Whether a profile is in use.
    pub enum ProfileStatus {
        /// In use.
        Active = "ACTIVE",
        /// Kept for its history; pays no more.
        Archived = "ARCHIVED",
    }
}

spelled! {
    /// What a profile stands for.
    pub enum ProfileKind {
        /// A person.
        Person = "PERSON",
        /// A company.
        Company = "COMPANY",
    }
}

spelled! {
    /// The customer's gender, as far as they told it.
    pub enum Gender {
        /// Female.
        F = "F",
        /// Male.
        M = "M",
        /// Another.
        X = "X",
    }
}

spelled! {
    /// How a profile came to be.
    pub enum CreatedVia {
        /// By an explicit call.
        Api = "API",
        /// By a payment that carried profile data.
        ImplicitPayment = "IMPLICIT_PAYMENT",
        /// By an import or the demo's seed.
        Import = "IMPORT",
    }
}

spelled! {
    /// How a tenant came to be linked to a profile.
    pub enum LinkedVia {
        /// It created the profile.
        Created = "CREATED",
        /// The customer paid at it.
        Payment = "PAYMENT",
        /// It presented a capability: guid, `customerIdentification` or a payment token.
        Proof = "PROOF",
        /// It owns the container and wrote something of its own.
        Owner = "OWNER",
    }
}

spelled! {
    /// What an address is for.
    pub enum AddressKind {
        /// Where the invoice goes.
        Billing = "BILLING",
        /// Where the goods go.
        Shipping = "SHIPPING",
        /// Where the customer lives.
        Home = "HOME",
    }
}

/// A postal address of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// What it is for.
    pub kind: AddressKind,
    /// Whether it is the one to take for its kind; at most one of a kind is.
    pub is_default: bool,
    /// First name of the recipient, if it is not the customer's.
    pub first_name: Option<String>,
    /// Last name of the recipient, if it is not the customer's.
    pub last_name: Option<String>,
    /// Company of the recipient.
    pub company: Option<String>,
    /// First line.
    pub line1: Option<String>,
    /// Second line.
    pub line2: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Postcode, at most 16 characters.
    pub postcode: Option<String>,
    /// State or province, at most 30 characters.
    pub state: Option<String>,
    /// Country.
    pub country: Option<Country>,
    /// Telephone number at the address, E.164.
    pub phone: Option<String>,
}

/// What tenants that see a profile share about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The profile's id.
    pub id: ProfileId,
    /// The IXOPAY-shaped guid; a capability inside the container.
    pub guid: String,
    /// The container it lives in, for ever.
    pub container_id: ContainerId,
    /// The ecosystem's own identifier, unique in the container; a capability inside it.
    pub customer_identification: Option<String>,
    /// Whether it is in use.
    pub status: ProfileStatus,
    /// The customer's data.
    pub person: Person,
    /// The instrument to offer first.
    pub preferred_instrument_id: Option<InstrumentId>,
    /// Who created it.
    pub created_by_tenant_id: TenantId,
    /// How it came to be.
    pub created_via: CreatedVia,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its shared core was last changed.
    pub updated_at: Timestamp,
    /// Grows by one with each change of the shared core.
    pub version: i32,
}

/// The customer's data: name, contacts, addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// A person or a company.
    pub kind: ProfileKind,
    /// Display name.
    pub name: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Company.
    pub company: Option<String>,
    /// Date of birth.
    pub birth_date: Option<Date>,
    /// Gender.
    pub gender: Option<Gender>,
    /// E-mail address.
    pub email: Option<Email>,
    /// Telephone number.
    pub phone: Option<Phone>,
    /// Language and region, BCP 47.
    pub locale: Option<String>,
    /// Postal addresses, at most [`ADDRESSES_MAX`].
    pub addresses: Vec<Address>,
}

impl Default for Person {
    fn default() -> Self {
        Self {
            kind: ProfileKind::Person,
            name: None,
            first_name: None,
            last_name: None,
            company: None,
            birth_date: None,
            gender: None,
            email: None,
            phone: None,
            locale: None,
            addresses: Vec::new(),
        }
    }
}

impl Person {
    /// Fills what is blank here from `other`, as a payment's customer data does for a profile that
    /// exists already: what somebody curated is never overwritten by a checkout form.
    pub fn fill_blanks(&mut self, other: Self) {
        fn fill<T>(blank: &mut Option<T>, value: Option<T>) {
            if blank.is_none() {
                *blank = value;
            }
        }
        fill(&mut self.name, other.name);
        fill(&mut self.first_name, other.first_name);
        fill(&mut self.last_name, other.last_name);
        fill(&mut self.company, other.company);
        fill(&mut self.birth_date, other.birth_date);
        fill(&mut self.gender, other.gender);
        fill(&mut self.email, other.email);
        fill(&mut self.phone, other.phone);
        fill(&mut self.locale, other.locale);
        if self.addresses.is_empty() {
            self.addresses = other.addresses;
        }
    }
}

/// What one tenant keeps about a profile for itself. Its existence is the tenant's link to the profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlay {
    /// Whose it is.
    pub tenant_id: TenantId,
    /// About which profile.
    pub profile_id: ProfileId,
    /// The tenant's own customer id, unique among its profiles of the environment.
    pub external_id: Option<String>,
    /// The tenant's own data.
    pub metadata: serde_json::Map<String, serde_json::Value>,
    /// The tenant's own labels.
    pub tags: Vec<String>,
    /// Whether the tenant marked the customer.
    pub is_favorite: bool,
    /// How the tenant came to be linked.
    pub linked_via: LinkedVia,
    /// When it was linked.
    pub created_at: Timestamp,
    /// When the overlay was last changed.
    pub updated_at: Timestamp,
}

/// Mints a guid of IXOPAY's shape: `CP-` and six groups of four upper-case hexadecimal digits.
#[must_use]
pub fn mint_guid(source: &dyn Source) -> String {
    let mut random = [0; 12];
    source.fill(&mut random);
    random.chunks(2).fold("CP".to_owned(), |guid, pair| {
        let digits: String = pair.iter().map(|byte| format!("{byte:02X}")).collect();
        format!("{guid}-{digits}")
    })
}
