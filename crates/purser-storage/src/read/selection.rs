//! What a document asks for, as far as it decides which statements are sent.

use purser_domain::payment::{PaymentKind, PaymentSource, PaymentStatus};
use purser_types::Timestamp;
use purser_types::id::{ConnectorId, ContainerId, InstrumentId, PaymentId, ProfileId};
use purser_types::page::Page;

/// The surroundings of a profile that a document selects.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProfileSelection {
    /// Its instruments, or those of its payments.
    pub instruments: bool,
    /// Its payments, one key per distinct set of arguments.
    pub payments: Vec<PaymentsKey>,
    /// What the customer paid.
    pub totals: bool,
    /// Its payments as lines, which tell less and cost less; one key per distinct set of arguments.
    pub lines: Vec<PaymentsKey>,
    /// Whether a list may leave the viewer's overlays out, since nothing of them is shown.
    pub without_overlay: bool,
}

/// One page of a profile's payments: what distinguishes two prefetches of the same field.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PaymentsKey {
    /// Which page.
    pub page: Page,
    /// Which payments.
    pub filter: PaymentFilter,
    /// Whether decline, next action, route and metadata are left out: the documents of a payment, which
    /// cost more to fetch and to read than all the rest of it, and which lists seldom show.
    pub is_brief: bool,
}

/// Which payments a list shows; everything that is set must hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct PaymentFilter {
    /// Only in these states.
    pub statuses: Vec<PaymentStatus>,
    /// Only of these kinds.
    pub kinds: Vec<PaymentKind>,
    /// Only from this source.
    pub source: Option<PaymentSource>,
    /// Only of this profile.
    pub profile_id: Option<ProfileId>,
    /// Only with this instrument.
    pub instrument_id: Option<InstrumentId>,
    /// Only through this connector.
    pub connector_id: Option<ConnectorId>,
    /// Only made at or after.
    pub created_from: Option<Timestamp>,
    /// Only made before.
    pub created_before: Option<Timestamp>,
}

/// What one profile is looked up by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ProfileKey {
    /// Its id; the viewer must own the container or be linked.
    Id(ProfileId),
    /// Its guid, a capability: a grant is enough. Only for viewers that may present one.
    Guid(String),
    /// Its identification in a container, a capability: a grant is enough. Only for viewers that may
    /// present one.
    CustomerIdentification {
        /// The container.
        container_id: ContainerId,
        /// The identification.
        value: String,
    },
    /// The viewer's own id for it, which is part of the viewer's link.
    ExternalId(String),
}

/// What one payment is looked up by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PaymentLookup {
    /// Its id.
    Id(PaymentId),
    /// The caller's own `merchantTransactionId`.
    TransactionId(String),
}
