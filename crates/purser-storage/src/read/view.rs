//! What the read models return: domain values with what the viewer may do with them.

use std::sync::Arc;

use purser_domain::container::{Container, Permissions};
use purser_domain::instrument::Instrument;
use purser_domain::payment::{Payment, PaymentKind, PaymentStatus};
use purser_domain::profile::{Overlay, Profile};
use purser_domain::tenant::Tenant;
use purser_types::id::{ContainerId, InstrumentId, PaymentId, ProfileId};
use purser_types::page::Slice;
use purser_types::{Currency, Timestamp};

use super::selection::PaymentsKey;

/// What the viewer's tenant may do in a container, all its grants together, at the scope's instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// What it may do.
    pub permissions: Permissions,
    /// Whether it owns the container.
    pub is_owner: bool,
}

/// A container that the viewer has a grant for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerView {
    /// The container.
    pub container: Container,
    /// What the viewer may do in it.
    pub grant: Grant,
}

/// A profile that the viewer sees, with what was selected of its surroundings.
#[derive(Debug, Clone, PartialEq)]
pub struct ProfileView {
    /// The shared core.
    pub profile: Profile,
    /// The viewer's own overlay; `None` for an owner or a bearer of a capability that keeps nothing yet, and
    /// in a list that leaves overlays out.
    pub overlay: Option<Overlay>,
    /// The container with the viewer's grant.
    pub container: Arc<ContainerView>,
    /// The visible instruments, newest first, if selected.
    pub instruments: Option<Vec<Arc<Instrument>>>,
    /// The viewer's own payments, one slice per distinct selection.
    pub payments: Vec<(PaymentsKey, Slice<Payment>)>,
    /// The same payments as lines, one slice per distinct selection.
    pub lines: Vec<(PaymentsKey, Slice<PaymentLine>)>,
    /// What the customer paid at the viewer, per currency, if selected.
    pub totals: Option<Vec<ProfileTotal>>,
}

/// What a line of a list tells of a payment. A payment has five times as many columns, and every one of
/// them costs on its way; this has those that lists show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentLine {
    /// The payment's id.
    pub id: PaymentId,
    /// The customer's profile.
    pub profile_id: ProfileId,
    /// The stored instrument that paid, or that the payment stored.
    pub instrument_id: Option<InstrumentId>,
    /// What was asked for.
    pub kind: PaymentKind,
    /// The caller's own id.
    pub merchant_transaction_id: String,
    /// Where it stands.
    pub status: PaymentStatus,
    /// The currency of the amount.
    pub currency: Currency,
    /// How much is asked for, in minor units.
    pub requested: i64,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What a customer has paid at one tenant in one currency, in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileTotal {
    /// The profile.
    pub profile_id: ProfileId,
    /// The currency of the amounts.
    pub currency: Currency,
    /// Payments made, whatever became of them; registrations do not count.
    pub payment_count: i64,
    /// Payments that succeeded.
    pub success_count: i64,
    /// What was captured.
    pub captured: i64,
    /// What went back.
    pub refunded: i64,
    /// When the customer last paid, successfully or not.
    pub last_payment_at: Timestamp,
}

/// An instrument that the viewer sees, with its grant in the container.
#[derive(Debug, Clone, PartialEq)]
pub struct InstrumentView {
    /// The instrument.
    pub instrument: Arc<Instrument>,
    /// What the viewer may do in its container.
    pub grant: Grant,
    /// Whether it is the profile's preferred one.
    pub is_preferred: bool,
}

/// Which profiles a list shows.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ProfileFilter {
    /// Only profiles of this container.
    pub container_id: Option<ContainerId>,
    /// Only profiles that the viewer tagged so.
    pub tag: Option<String>,
}

/// A tenant as far as the viewer sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantView {
    /// The tenant.
    pub tenant: Tenant,
    /// Whether it is the viewer's own tenant or below it; else only its id, slug and name may be shown.
    pub is_full: bool,
}
