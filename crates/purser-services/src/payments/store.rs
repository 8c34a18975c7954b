//! What a success leaves beside the payment: the instrument that the processor keeps, and the totals.

use purser_domain::instrument::{self, Instrument, InstrumentStatus, Shareable};
use purser_domain::order;
use purser_domain::payment::state::Change;
use purser_domain::payment::{Payment, PaymentKind, PaymentStatus};
use purser_storage::orders::{self, OrderChange};
use purser_storage::payments::TotalDelta;
use purser_storage::{Write, instruments as stored_instruments};
use purser_types::Timestamp;
use purser_types::id::InstrumentId;

use super::call::Stored;
use super::paying::token_place;
use crate::app::Ctx;
use crate::error::Error;

/// Stores an instrument in the payment's profile; the same one stored again takes the new token.
pub(super) async fn store(
    ctx: &Ctx,
    write: &Write,
    payment: &Payment,
    stored: &Stored,
    now: Timestamp,
) -> Result<InstrumentId, Error> {
    let missing = || Error::Fault { doing: "storing an instrument", detail: payment.id.to_string() };
    let (Some(profile_id), Some(container_id)) = (payment.profile_id, payment.container_id) else {
        return Err(missing());
    };
    let origin = stored.origin.clone();
    let basis = stored.instrument.fingerprint_basis.as_ref();
    let fingerprint = basis
        .map(|basis| ctx.app.keyring.fingerprint(container_id.uuid().as_bytes(), basis.expose().as_bytes()));
    let known = match &fingerprint {
        Some(fingerprint) => {
            let (plugin_id, processor) = (&origin.plugin_id, &origin.processor);
            let scope = ctx.scope();
            stored_instruments::by_fingerprint(write, scope, profile_id, plugin_id, processor, fingerprint)
                .await?
        }
        None => None,
    };
    let id = known.as_ref().map_or_else(|| InstrumentId::mint(ctx.source()), |known| known.id);
    let token = stored.instrument.token.expose().as_bytes();
    let sealed = ctx.app.keyring.seal(token_place(container_id, id.uuid()).aad(), token);
    let details = stored.instrument.details.clone();
    if known.is_some() {
        stored_instruments::replace_token(write, ctx.scope(), id, &origin, &sealed, &details).await?;
    } else {
        let instrument = Instrument {
            id,
            payment_token: instrument::mint_payment_token(ctx.source()),
            profile_id,
            container_id,
            stored_by_tenant_id: ctx.viewer().tenant(),
            kind: details.method(),
            method: details.method_name().to_owned(),
            details,
            status: InstrumentStatus::Active,
            shareable: Shareable::Container,
            origin,
            created_at: now,
            last_used_at: (payment.kind != PaymentKind::Register).then_some(now),
        };
        stored_instruments::insert(write, ctx.scope(), &instrument, &sealed, fingerprint.as_ref()).await?;
    }
    Ok(id)
}

/// What a payment that was just made adds to the customer's totals.
pub(super) fn counted(payment: &Payment, now: Timestamp) -> Option<TotalDelta> {
    let profile_id = payment.profile_id.filter(|_| payment.kind != PaymentKind::Register)?;
    let currency = payment.amounts.currency;
    Some(TotalDelta {
        profile_id,
        currency,
        payment_count: 1,
        success_count: 0,
        captured: 0,
        refunded: 0,
        at: now,
    })
}

/// What a change of a payment adds to the customer's totals.
pub(super) fn delta(payment: &Payment, change: &Change, now: Timestamp) -> Option<TotalDelta> {
    let blank = counted(payment, now)?;
    let success_count = i64::from(is_success(change.status)) - i64::from(is_success(payment.status));
    let captured = change.amounts.captured.saturating_sub(payment.amounts.captured);
    let refunded = change.amounts.refunded.saturating_sub(payment.amounts.refunded);
    let is_news = success_count != 0 || captured != 0 || refunded != 0;
    is_news.then_some(TotalDelta { payment_count: 0, success_count, captured, refunded, ..blank })
}

fn is_success(status: PaymentStatus) -> bool {
    match status {
        PaymentStatus::PartiallyCaptured
        | PaymentStatus::Succeeded
        | PaymentStatus::PartiallyRefunded
        | PaymentStatus::Refunded
        | PaymentStatus::Disputed
        | PaymentStatus::ChargedBack => true,
        PaymentStatus::Created
        | PaymentStatus::AwaitingInstrument
        | PaymentStatus::AwaitingAmount
        | PaymentStatus::Processing
        | PaymentStatus::RequiresAction
        | PaymentStatus::Pending
        | PaymentStatus::Authorized
        | PaymentStatus::PartiallyAuthorized
        | PaymentStatus::Reversed
        | PaymentStatus::Voided
        | PaymentStatus::Canceled
        | PaymentStatus::Failed
        | PaymentStatus::Expired => false,
    }
}

/// Where an order stands after one of its payments moved.
pub(super) async fn move_order(
    ctx: &Ctx,
    write: &Write,
    after: &Payment,
    before: &Payment,
) -> Result<(), Error> {
    let Some(order_id) = after.order_id.filter(|_| after.amounts != before.amounts) else { return Ok(()) };
    let Some(order) = orders::find_with_lock(write, ctx.scope(), order_id).await? else { return Ok(()) };
    let paid = orders::paid(write, ctx.scope(), order_id, order.currency).await?;
    let status = order::status(order.status, order.total, [&paid]);
    if status != order.status {
        let change = OrderChange { status, fulfilment: None, now: ctx.source().now() };
        // The row is locked, so that its version is the one that was read.
        let _is_changed = orders::update(write, ctx.scope(), order_id, order.version, &change).await?;
    }
    Ok(())
}
