//! Stored instruments and who may see and use one.

use purser_connector::{InstrumentDetails, Method, TokenScope};
use purser_types::id::{ConnectorId, ContainerId, InstrumentId, ProfileId, TenantId};
use purser_types::{Source, Timestamp};

use crate::container::{Permission, Permissions};
use purser_types::spelled;

/// The prefix of every payment token, as the IXOPAY documents show it.
pub const PAYMENT_TOKEN_PREFIX: &str = "pt::";
/// The most instruments of one profile; a list of them needs no pages.
pub const INSTRUMENTS_MAX: usize = 100;

spelled! {
    /// Whether an instrument can pay.
    pub enum InstrumentStatus {
        /// It can.
        Active = "ACTIVE",
        /// Its expiry date has passed.
        Expired = "EXPIRED",
        /// The customer or a merchant took it back.
        Revoked = "REVOKED",
    }
}

spelled! {
    /// Who may see and use an instrument.
    pub enum Shareable {
        /// Only the tenant that stored it.
        MerchantOnly = "MERCHANT_ONLY",
        /// Every tenant that the container's grants admit.
        Container = "CONTAINER",
    }
}

/// A payment instrument stored in a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instrument {
    /// The instrument's id.
    pub id: InstrumentId,
    /// The text that pays: `pt::` and 128 random bits in hexadecimal. A capability inside the container.
    pub payment_token: String,
    /// Whose it is.
    pub profile_id: ProfileId,
    /// Where the profile lives.
    pub container_id: ContainerId,
    /// Which tenant stored it.
    pub stored_by_tenant_id: TenantId,
    /// The kind of instrument.
    pub kind: Method,
    /// The method's name, such as `card`, `paypal`, `momo_mtn`.
    pub method: String,
    /// What may be shown of it.
    pub details: InstrumentDetails,
    /// Whether it can pay.
    pub status: InstrumentStatus,
    /// Who may see and use it.
    pub shareable: Shareable,
    /// Where its token came from and where it may be used.
    pub origin: Origin,
    /// When it was stored.
    pub created_at: Timestamp,
    /// When it last paid at the tenant that stored it.
    pub last_used_at: Option<Timestamp>,
}

/// The connector that stored an instrument, and how far the token reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The connector that stored it.
    pub connector_id: ConnectorId,
    /// The plugin of that connector.
    pub plugin_id: String,
    /// The processor behind it.
    pub processor: String,
    /// Where the token works.
    pub token_scope: TokenScope,
}

impl Instrument {
    /// Whether the instrument can pay on a date, given as year and month.
    #[must_use]
    pub fn is_expired(&self, year: i32, month: u8) -> bool {
        match &self.details {
            InstrumentDetails::Card(card) => (i32::from(card.exp_year), card.exp_month) < (year, month),
            _ => false,
        }
    }
}

/// Whether a tenant that sees the profile sees the instrument.
#[must_use]
pub fn is_visible(stored_by: TenantId, shareable: Shareable, viewer: TenantId) -> bool {
    stored_by == viewer || shareable == Shareable::Container
}

/// Whether a tenant that sees the instrument may pay with it: its own, or with a grant.
#[must_use]
pub fn may_use(stored_by: TenantId, viewer: TenantId, permissions: Permissions) -> bool {
    stored_by == viewer || permissions.contains(Permission::UseInstrument)
}

/// Mints a payment token.
#[must_use]
pub fn mint_payment_token(source: &dyn Source) -> String {
    let mut random = [0; 16];
    source.fill(&mut random);
    let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{PAYMENT_TOKEN_PREFIX}{digits}")
}
