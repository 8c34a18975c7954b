//! Closed enums about profiles.

use async_graphql::Enum;

/// Whether a profile is in use.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_domain::profile::ProfileStatus")]
pub(crate) enum ProfileStatus {
    /// In use.
    Active,
    /// Kept for its history; pays no more.
    Archived,
}

/// What a profile stands for.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_domain::profile::ProfileKind")]
pub(crate) enum ProfileKind {
    /// A person.
    Person,
    /// A company.
    Company,
}

/// The customer's gender, as far as they told it.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_domain::profile::Gender")]
pub(crate) enum Gender {
    /// Female.
    F,
    /// Male.
    M,
    /// Another.
    X,
}

/// How a profile came to be.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_domain::profile::CreatedVia")]
pub(crate) enum CreatedVia {
    /// By an explicit call.
    Api,
    /// By a payment that carried profile data.
    ImplicitPayment,
    /// By an import or the demo's seed.
    Import,
}

/// How a tenant came to be linked to a profile.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_domain::profile::LinkedVia")]
pub(crate) enum LinkedVia {
    /// It created the profile.
    Created,
    /// The customer paid at it.
    Payment,
    /// It presented a capability: guid, `customerIdentification` or a payment token.
    Proof,
    /// It owns the container and wrote something of its own.
    Owner,
}

/// What an address is for.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_domain::profile::AddressKind")]
pub(crate) enum AddressKind {
    /// Where the invoice goes.
    Billing,
    /// Where the goods go.
    Shipping,
    /// Where the customer lives.
    Home,
}
