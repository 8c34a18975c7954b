//! Which payments a list shows.

use async_graphql::{ID, InputObject};
use purser_services::selection::PaymentFilter;

use crate::node::known;
use crate::scalars::DateTime;
use crate::words::{PaymentKind, PaymentSource, PaymentStatus};

/// Which payments a list shows; everything that is set must hold.
#[derive(InputObject, Debug, Clone, Default)]
pub(crate) struct PaymentFilterInput {
    /// Only in one of these states.
    statuses: Option<Vec<PaymentStatus>>,
    /// Only of one of these kinds.
    kinds: Option<Vec<PaymentKind>>,
    /// Only from this source.
    source: Option<PaymentSource>,
    /// Only of this profile.
    profile_id: Option<ID>,
    /// Only with this instrument.
    instrument_id: Option<ID>,
    /// Only through this connector.
    connector_id: Option<ID>,
    /// Only made at or after.
    created_from: Option<DateTime>,
    /// Only made before.
    created_before: Option<DateTime>,
}

impl PaymentFilterInput {
    /// The filter; none if an id in it names nothing, so that nothing fits.
    pub(crate) fn filter(self) -> Option<PaymentFilter> {
        Some(PaymentFilter {
            statuses: self.statuses.unwrap_or_default().into_iter().map(Into::into).collect(),
            kinds: self.kinds.unwrap_or_default().into_iter().map(Into::into).collect(),
            source: self.source.map(Into::into),
            profile_id: match &self.profile_id {
                Some(id) => Some(known(id)?),
                None => None,
            },
            instrument_id: match &self.instrument_id {
                Some(id) => Some(known(id)?),
                None => None,
            },
            connector_id: match &self.connector_id {
                Some(id) => Some(known(id)?),
                None => None,
            },
            created_from: self.created_from.map(|instant| instant.0),
            created_before: self.created_before.map(|instant| instant.0),
        })
    }
}
