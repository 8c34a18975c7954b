//! Closed enums about containers.

use async_graphql::Enum;

/// What can be done with a container.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_domain::container::ContainerStatus")]
pub(crate) enum ContainerStatus {
    /// Everything.
    Active,
    /// Reading only.
    ReadOnly,
    /// Nothing, until the owner enables it again.
    Disabled,
}

/// What a grant lets a tenant do in a container. The order is that of the bits in the database.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_domain::container::Permission")]
pub(crate) enum Permission {
    /// See linked profiles and their masked instruments.
    ReadProfile,
    /// See contacts, birth dates and addresses unmasked.
    ReadPii,
    /// Pay with instruments that another tenant stored.
    UseInstrument,
    /// Create profiles and store instruments.
    StoreInstrument,
    /// Change the shared core of linked profiles.
    UpdateProfile,
    /// Delete profiles for everyone.
    DeleteProfile,
    /// See the shared history of a profile.
    ReadHistory,
}

/// Whether a share is in force.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_domain::container::ShareStatus")]
pub(crate) enum ShareStatus {
    /// In force until it expires.
    Active,
    /// Taken back.
    Revoked,
}

/// Whom an opt-out reaches.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_domain::container::OptOutReach")]
pub(crate) enum OptOutReach {
    /// Every tenant below the one that opted out.
    SubTenants,
    /// The tenant itself as well.
    SelfAndSubTenants,
}

/// By what a connector came to its container.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_domain::container::BindingVia")]
pub(crate) enum BindingVia {
    /// The connector's own binding.
    ConnectorBinding,
    /// The default of the connector's tenant.
    TenantDefault,
}

/// Why a connector has no container that it can use.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_domain::container::BindingDenial")]
pub(crate) enum BindingDenial {
    /// Neither the connector nor its tenant has a binding.
    NoContainerBound,
    /// The container is disabled by its owner.
    ContainerDisabled,
    /// An opt-out above the tenant disables it.
    ContainerDisabledForSubtenant,
    /// No share is in force, or none ever was.
    ContainerNotShared,
    /// The tenant's plan has no customer profiles.
    FeatureDisabled,
}
