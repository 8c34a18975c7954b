//! Payments: the object, its look-ups and its operations.

mod action;
mod attempt;
mod filter;
mod follow_up;
mod object;
mod pay;
mod queries;
mod route;

use std::sync::Arc;

use purser_domain::payment;
use purser_types::page::Position;

use crate::page::Listed;
use crate::profiles::Profile;

pub(crate) use filter::PaymentFilterInput;
pub(crate) use follow_up::FollowUpMutation;
pub(crate) use pay::{PayMutation, target};
pub(crate) use queries::PaymentQuery;
pub(crate) use route::{Route, RouteQuery};

/// A payment of the viewer's tenant, and the profile that led to it.
#[derive(Clone)]
pub(crate) struct Payment {
    payment: Arc<payment::Payment>,
    profile: Option<Profile>,
}

impl Payment {
    pub(crate) fn new(payment: impl Into<Arc<payment::Payment>>) -> Self {
        Self { payment: payment.into(), profile: None }
    }

    /// The same, led to by its profile.
    pub(crate) fn of(self, profile: &Profile) -> Self {
        Self { profile: Some(profile.clone()), ..self }
    }
}

impl Listed for Payment {
    const LIST: &'static str = "payments";

    fn position(&self) -> Position {
        Position { created_at: self.payment.created_at, id: self.payment.id.uuid() }
    }
}
