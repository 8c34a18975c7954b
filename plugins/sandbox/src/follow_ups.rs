//! What the processor does to a payment that it has: captures, increments, voids and refunds.

use http::StatusCode;
use purser_connector::OperationKind;
use purser_types::Timestamp;

use crate::books::{Change, Entry, Fate, Payment};
use crate::cards::{self, Behaviour, FOLLOW_UP_AMOUNTS, VOID_AMOUNTS};
use crate::operations::{after_booking, before_booking, decline, entry};
use crate::processor::{Answer, Head, Processor, Refused};
use crate::wire::{Amount, FollowUp, Status};

/// Capture, increment, void and refund.
pub(crate) fn take(
    processor: &mut Processor,
    head: &Head,
    kind: OperationKind,
    id: &str,
    request: &FollowUp,
) -> Result<Answer, Refused> {
    let payment = processor.books.payments.get(id).filter(|payment| payment.account == head.account);
    let mut payment = payment.cloned().ok_or(Refused(StatusCode::NOT_FOUND, "unknown_payment"))?;
    let amount = moved(&payment, kind, request, head.now)?;
    let behaviour = match kind {
        OperationKind::Void => cards::of_amount(VOID_AMOUNTS, amount.minor),
        _ => cards::of_amount(FOLLOW_UP_AMOUNTS, amount.minor),
    };
    if let Some(answer) = before_booking(behaviour) {
        return Ok(answer);
    }
    let origin = processor.books.operation(&payment.account, &payment.reference);
    let mut entry = entry(processor, head, kind, &request.reference);
    entry.operation.instrument = origin.and_then(|operation| operation.instrument.clone());
    entry.operation.payment = Some(payment.id.clone());
    entry.operation.amount = Some(amount);
    if let Behaviour::Decline(code) = behaviour {
        decline(&mut entry, code, head.now);
        return processor.book(entry, Vec::new());
    }
    // Money that is on its way is booked too, so that it cannot be moved twice.
    move_money(&mut payment, kind, amount, request.is_final);
    entry.operation.captured = kind == OperationKind::Capture;
    entry.operation.voidable_until = Some(payment.voidable_until);
    match behaviour {
        Behaviour::DelayedSuccess => entry.fate = Some(Fate::Succeed),
        Behaviour::DelayedDecline(code) => entry.fate = Some(Fate::Decline(code.to_owned())),
        _ => entry.operation.status = Status::Succeeded,
    }
    let answer = processor.book(entry, vec![Change::Payment(payment)])?;
    Ok(after_booking(behaviour, answer))
}

/// How much a follow-up moves, if it is allowed.
fn moved(
    payment: &Payment,
    kind: OperationKind,
    request: &FollowUp,
    now: Timestamp,
) -> Result<Amount, Refused> {
    const TOO_LARGE: Refused = Refused(StatusCode::UNPROCESSABLE_ENTITY, "amount_too_large");
    if kind == OperationKind::Void {
        let is_whole = payment.refunded == 0 && payment.disputed == 0;
        let can_undo = is_whole && now <= payment.voidable_until;
        let minor = match payment.reserved() {
            0 if can_undo => payment.captured,
            reserved => reserved,
        };
        let refused = Refused(StatusCode::UNPROCESSABLE_ENTITY, "not_voidable");
        return if minor > 0 { Ok(payment.amount(minor)) } else { Err(refused) };
    }
    let amount = request.amount.ok_or(Refused(StatusCode::BAD_REQUEST, "amount_missing"))?;
    if amount.currency != payment.currency {
        return Err(Refused(StatusCode::UNPROCESSABLE_ENTITY, "currency_mismatch"));
    }
    let limit = match kind {
        OperationKind::Capture => payment.reserved(),
        OperationKind::Increment if payment.is_open => i64::MAX - payment.authorized,
        OperationKind::Increment => {
            return Err(Refused(StatusCode::UNPROCESSABLE_ENTITY, "payment_not_open"));
        }
        _ => payment.held(),
    };
    if amount.minor <= 0 {
        return Err(Refused(StatusCode::UNPROCESSABLE_ENTITY, "amount_not_positive"));
    }
    if amount.minor > limit { Err(TOO_LARGE) } else { Ok(amount) }
}

fn move_money(payment: &mut Payment, kind: OperationKind, amount: Amount, is_final: bool) {
    match kind {
        OperationKind::Capture => {
            payment.captured += amount.minor;
            payment.is_open = !is_final && payment.captured < payment.authorized;
        }
        OperationKind::Refund => payment.refunded += amount.minor,
        OperationKind::Increment => payment.authorized += amount.minor,
        // Releases what is reserved; if nothing is, undoes the capture.
        _ if payment.reserved() > 0 => payment.is_open = false,
        _ => payment.captured = 0,
    }
}

/// What a follow-up moved when it was taken on, and what is moved back now that it is declined.
pub(crate) fn undone(processor: &Processor, entry: &Entry) -> Vec<Change> {
    let payment = entry.operation.payment.as_ref().and_then(|id| processor.books.payment(id));
    let (Some(mut payment), Some(amount)) = (payment.cloned(), entry.operation.amount) else {
        return Vec::new();
    };
    match entry.operation.kind {
        OperationKind::Capture => {
            payment.captured -= amount.minor;
            payment.is_open = true;
        }
        OperationKind::Refund => payment.refunded -= amount.minor,
        OperationKind::Increment => payment.authorized -= amount.minor,
        _ => return Vec::new(),
    }
    vec![Change::Payment(payment)]
}
