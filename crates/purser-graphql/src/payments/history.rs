//! What happened to a payment: its events, its ledger, its disputes.

use async_graphql::{Context, ID, Object};
use purser_domain::payment::dispute;
use purser_domain::payment::event;
use purser_domain::payment::ledger::Entry;
use purser_types::page::{Direction, Page, Position, Slice};

use super::{Payment, attempt, payment};
use crate::error::Nullable;
use crate::money::Money;
use crate::page::Listed;
use crate::scalars::DateTime;
use crate::words::{DisputeStage, DisputeStatus, EventKind, EventOrigin, LedgerAccount, PaymentStatus};

/// An event of one of the viewer's payments.
#[derive(Clone)]
pub(crate) struct Event(event::Event);

impl Event {
    pub(crate) fn new(event: event::Event) -> Self {
        Self(event)
    }
}

impl Listed for Event {
    const LIST: &'static str = "events";

    fn position(&self) -> Position {
        Position { created_at: self.0.at, id: self.0.id.uuid() }
    }
}

/// A page of a payment's newest events, which are given by their position from the oldest.
pub(super) fn page_of(events: Vec<event::Event>, page: &Page) -> Slice<event::Event> {
    // Positions have no gaps and begin at 1, so the newest tells how many there are.
    let total = events.last().map_or(0, |newest| i64::from(newest.position));
    let at = page.from.and_then(|from| events.iter().position(|event| event.id.uuid() == from.id));
    let size = usize::try_from(page.size).unwrap_or(usize::MAX).saturating_add(1);
    let rows: Vec<event::Event> = match page.direction {
        Direction::Forward => {
            let older = at.unwrap_or(if page.from.is_some() { 0 } else { events.len() });
            events.into_iter().take(older).rev().take(size).collect()
        }
        Direction::Backward => {
            let newer = at.map_or(0, |at| at.saturating_add(1));
            events.into_iter().skip(newer).take(size).collect()
        }
    };
    Slice::of(page, rows, page.with_total.then_some(total))
}

/// Something that happened to a payment, written down with the change itself.
#[Object]
impl Event {
    /// The global id, `evt_…`.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The payment; null without `payments:read`.
    async fn payment(&self, gql: &Context<'_>) -> Nullable<Payment> {
        payment(gql, Some(self.0.payment_id)).await
    }

    /// The position in the payment's history, from 1 and without gaps.
    async fn position(&self) -> i32 {
        self.0.position
    }

    /// What happened.
    async fn kind(&self) -> EventKind {
        self.0.kind.into()
    }

    /// The payment's status before; null for its first event.
    async fn status_from(&self) -> Option<PaymentStatus> {
        self.0.status_from.map(Into::into)
    }

    /// The payment's status after; the same as before if the event changed something else.
    async fn status_to(&self) -> PaymentStatus {
        self.0.status_to.into()
    }

    /// Who told.
    async fn origin(&self) -> EventOrigin {
        self.0.origin.into()
    }

    /// The attempt it is about; null if it is about none, and without `payments:read`.
    async fn attempt(&self, gql: &Context<'_>) -> Nullable<attempt::PaymentAttempt> {
        attempt::attempt(gql, self.0.attempt_id).await
    }

    /// The amount it is about; null if it is about none.
    async fn amount(&self) -> Option<Money> {
        self.0.amount.map(Into::into)
    }

    /// When it was written down.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }
}

/// A transfer of one of the viewer's payments.
pub(crate) struct Transfer(pub(super) Entry);

/// One movement between two accounts of a payment's ledger. It is never changed; a correction is another
/// transfer. All of a payment's transfers together are its amounts.
#[Object]
impl Transfer {
    /// The position in the payment's ledger, from 1 and without gaps.
    async fn position(&self) -> i32 {
        self.0.position
    }

    /// The account that the money left.
    async fn debit(&self) -> LedgerAccount {
        self.0.transfer.debit.into()
    }

    /// The account that the money reached.
    async fn credit(&self) -> LedgerAccount {
        self.0.transfer.credit.into()
    }

    /// How much moved; more than zero.
    async fn amount(&self) -> Money {
        Money::of(self.0.transfer.minor, self.0.currency)
    }

    /// The attempt that moved it; null for a dispute, and without `payments:read`.
    async fn attempt(&self, gql: &Context<'_>) -> Nullable<attempt::PaymentAttempt> {
        attempt::attempt(gql, self.0.attempt_id).await
    }

    /// When it was written down.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }
}

/// A dispute of one of the viewer's payments.
#[derive(Clone)]
pub(crate) struct Dispute(dispute::Dispute);

impl Dispute {
    pub(crate) fn new(dispute: dispute::Dispute) -> Self {
        Self(dispute)
    }
}

/// What a customer's bank contests about a payment.
#[Object]
impl Dispute {
    /// The global id, `dsp_…`.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The payment; null without `payments:read`.
    async fn payment(&self, gql: &Context<'_>) -> Nullable<Payment> {
        payment(gql, Some(self.0.payment_id)).await
    }

    /// The processor's reference of it.
    async fn connector_reference(&self) -> &str {
        &self.0.connector_reference
    }

    /// How far it has come.
    async fn stage(&self) -> DisputeStage {
        self.0.stage.into()
    }

    /// How it ended, if it did.
    async fn status(&self) -> DisputeStatus {
        self.0.status.into()
    }

    /// The bank's reason, in the processor's words; null if it told none.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// How much is disputed, as the processor says; it may be more than what is left of the payment.
    async fn amount(&self) -> Money {
        self.0.amount.into()
    }

    /// Until when you may defend yourself; null if the processor did not tell.
    async fn due_at(&self) -> Option<DateTime> {
        self.0.due_at.map(DateTime)
    }

    /// When it was first heard of.
    async fn opened_at(&self) -> DateTime {
        DateTime(self.0.opened_at)
    }

    /// When it was decided; null if it is not.
    async fn resolved_at(&self) -> Option<DateTime> {
        self.0.resolved_at.map(DateTime)
    }
}
