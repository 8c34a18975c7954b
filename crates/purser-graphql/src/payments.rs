//! Payments: the object, its look-ups, its history and its operations.

mod action;
mod attempt;
mod filter;
mod follow_up;
mod history;
mod object;
mod pay;
mod progress;
mod queries;
mod review;
mod route;
mod urls;

use std::sync::Arc;

use async_graphql::Context;
use purser_domain::payment;
use purser_types::id::PaymentId;
use purser_types::page::Position;

use crate::context::session;
use crate::error::{Nullable, nullable};
use crate::page::Listed;
use crate::profiles::Profile;

pub(crate) use attempt::PaymentAttempt;
pub(crate) use filter::PaymentFilterInput;
pub(crate) use follow_up::FollowUpMutation;
pub(crate) use history::{Dispute, Event};
pub(crate) use pay::{PayMutation, target};
pub(crate) use progress::ProgressMutation;
pub(crate) use queries::PaymentQuery;
pub(crate) use review::{ReviewMutation, ReviewQuery};
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

/// A payment that another object leads to.
pub(crate) async fn payment(gql: &Context<'_>, id: Option<PaymentId>) -> Nullable<Payment> {
    let id = id?;
    nullable(
        async {
            let session = session(gql)?;
            if !session.may("Payment") {
                return Ok(None);
            }
            Ok(session.loaders().payments.load(id).await?.map(Payment::new))
        }
        .await,
    )
}
