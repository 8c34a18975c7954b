//! What the processor does for payments, payouts and stored instruments, and what time does to them.

use bytes::Bytes;
use http::StatusCode;
use purser_connector::{DisputeStatus, Initiator, InstrumentDetails, OperationKind};
use purser_types::Timestamp;
use sha2::{Digest, Sha256};

use crate::books::{Change, Entry, Fate, Payment, Token};
use crate::cards::{self, AMOUNTS, Behaviour, TestInstrument};
use crate::processor::{Answer, Delivery, Head, Processor, Refused, SETTLES_AFTER, refused};
use crate::wire::{
    ActionType, Amount, Operation, PaymentRequest, Refusal, Status, Stored, TokenDeletion, TokenRequest,
    words,
};
use crate::{challenges, follow_ups};

const UNKNOWN_TOKEN: Refused = Refused(StatusCode::NOT_FOUND, "unknown_token");

/// The test instrument behind a one-off or stored token, and whether it is a stored one.
fn instrument(processor: &Processor, source: &str) -> Result<(&'static TestInstrument, bool), Refused> {
    if let Some(found) = cards::find(source) {
        return Ok((found, false));
    }
    let token = processor.books.tokens.get(source).filter(|token| token.is_active).ok_or(UNKNOWN_TOKEN)?;
    cards::find(&token.source).map(|found| (found, true)).ok_or(UNKNOWN_TOKEN)
}

/// A pending entry with nothing decided.
pub(crate) fn entry(processor: &Processor, head: &Head, kind: OperationKind, reference: &str) -> Entry {
    let operation = Operation {
        id: processor.next_id("op", processor.books.entries.len()),
        reference: reference.to_owned(),
        account: head.account.clone(),
        kind,
        status: Status::Pending,
        payment: None,
        amount: None,
        captured: false,
        instrument: None,
        stored: None,
        network_transaction_id: None,
        voidable_until: None,
        decline: None,
        action: None,
        dispute: None,
        at: head.now,
    };
    Entry {
        operation,
        idempotency_key: head.idempotency_key.clone(),
        request_digest: head.request_digest.clone(),
        source: String::new(),
        store: false,
        is_final: false,
        fate: None,
        authentication: None,
        return_url: None,
        wrong_codes: Vec::new(),
        next_dispute: None,
        dispute_ends: None,
        misstatement: None,
        notification_url: head.notification_url.clone(),
    }
}

pub(crate) fn decline(entry: &mut Entry, code: &str, now: Timestamp) {
    entry.fate = None;
    entry.operation.status = Status::Declined;
    entry.operation.decline = Some(Refusal { code: code.to_owned(), message: words(code).to_owned() });
    entry.operation.action = None;
    entry.operation.at = now;
}

/// Ends an entry whose customer did nothing in time.
pub(crate) fn expire(entry: &mut Entry, now: Timestamp) {
    decline(entry, "authentication_expired", now);
    entry.operation.status = Status::Expired;
}

/// Ends an entry well, and returns what that changes besides the entry.
pub(crate) fn succeed(processor: &Processor, entry: &mut Entry, now: Timestamp) -> Vec<Change> {
    let kind = entry.operation.kind;
    let mut changes = Vec::new();
    entry.fate = None;
    entry.operation.status = Status::Succeeded;
    entry.operation.action = None;
    entry.operation.decline = None;
    entry.operation.at = now;
    if let (OperationKind::Authorize | OperationKind::Sale, Some(amount)) = (kind, entry.operation.amount) {
        let payment = opened(processor, &entry.operation, amount, now);
        entry.operation.payment = Some(payment.id.clone());
        entry.operation.captured = kind == OperationKind::Sale;
        entry.operation.voidable_until = Some(payment.voidable_until);
        if let Some(InstrumentDetails::Card(_)) = entry.operation.instrument {
            entry.operation.network_transaction_id = Some(format!("NT{}", digest(&payment.id)));
        }
        changes.push(Change::Payment(payment));
    }
    if kind == OperationKind::Register || entry.store {
        // Not counted: whoever could guess a token would pay with what another client stored.
        let token = format!("{}_tok_{}", processor.name, digest(&entry.idempotency_key));
        let fingerprint = format!("fp_{}", digest(&entry.source));
        entry.operation.stored = Some(Stored { token: token.clone(), fingerprint });
        changes.push(Change::Token(Token { token, source: entry.source.clone(), is_active: true }));
    }
    changes
}

fn opened(processor: &Processor, operation: &Operation, amount: Amount, now: Timestamp) -> Payment {
    let is_sale = operation.kind == OperationKind::Sale;
    Payment {
        id: processor.next_id("pay", processor.books.payments.len()),
        account: operation.account.clone(),
        reference: operation.reference.clone(),
        currency: amount.currency,
        authorized: amount.minor,
        captured: if is_sale { amount.minor } else { 0 },
        refunded: 0,
        is_open: !is_sale,
        voidable_until: now.saturating_add(SETTLES_AFTER),
        disputed: 0,
    }
}

pub(crate) fn digest(text: &str) -> String {
    Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Behaviours that keep the processor from booking anything at all.
pub(crate) fn before_booking(behaviour: Behaviour) -> Option<Answer> {
    match behaviour {
        Behaviour::CutBeforeBooking => {
            Some(Answer { delivery: Delivery::Cut, ..refused(StatusCode::BAD_GATEWAY, "cut") })
        }
        Behaviour::Unavailable => Some(refused(StatusCode::SERVICE_UNAVAILABLE, "unavailable")),
        Behaviour::RateLimited => {
            let mut answer = refused(StatusCode::TOO_MANY_REQUESTS, "rate_limited");
            let seconds = http::HeaderValue::from_static("10");
            answer.response.headers_mut().insert(http::header::RETRY_AFTER, seconds);
            Some(answer)
        }
        _ => None,
    }
}

/// Behaviours that spoil the answer to something that is booked.
pub(crate) fn after_booking(behaviour: Behaviour, answer: Answer) -> Answer {
    match behaviour {
        Behaviour::CutAfterBooking => Answer { delivery: Delivery::Cut, ..answer },
        Behaviour::SlowAfterBooking => Answer { delivery: Delivery::Late, ..answer },
        Behaviour::ErrorAfterBooking => {
            let mut answer = answer;
            *answer.response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            *answer.response.body_mut() = Bytes::from_static(b"<h1>Internal Server Error</h1>");
            answer
        }
        _ => answer,
    }
}

/// Authorize, sale and payout.
pub(crate) fn pay(
    processor: &mut Processor,
    head: &Head,
    kind: OperationKind,
    request: &PaymentRequest,
) -> Result<Answer, Refused> {
    if request.amount.minor <= 0 {
        return Err(Refused(StatusCode::UNPROCESSABLE_ENTITY, "amount_not_positive"));
    }
    let (found, is_stored) = instrument(processor, &request.source)?;
    let mut entry = entry(processor, head, kind, &request.reference);
    let details = found.details();
    let is_enabled = request.methods.contains(&details.method());
    entry.operation.amount = Some(request.amount);
    entry.operation.instrument = Some(details);
    entry.source = found.token.to_owned();
    entry.store = request.store;
    let behaviour = if is_enabled {
        behaviour(found, kind, request, is_stored)
    } else {
        Behaviour::Decline("method_not_enabled")
    };
    if let Some(answer) = before_booking(behaviour) {
        return Ok(answer);
    }
    let changes = decide(processor, &mut entry, behaviour, head, request);
    let answer = processor.book(entry, changes)?;
    Ok(after_booking(behaviour, answer))
}

/// What a payment makes the processor do: what its instrument says, or else its amount.
fn behaviour(
    found: &TestInstrument,
    kind: OperationKind,
    request: &PaymentRequest,
    is_stored: bool,
) -> Behaviour {
    let of_amount = cards::of_amount(AMOUNTS, request.amount.minor);
    let is_merchants = request.initiator == Initiator::Merchant;
    match found.behaviour {
        Behaviour::Approve => of_amount,
        // An agreement that the customer authenticated once is enough for the merchant's payments.
        Behaviour::Challenge | Behaviour::Otp | Behaviour::Qr | Behaviour::ExpiredChallenge
            if kind == OperationKind::Payout
                || is_merchants && (is_stored || request.network_transaction_id.is_some()) =>
        {
            Behaviour::Approve
        }
        Behaviour::PartialApproval | Behaviour::Disputed(_) if kind == OperationKind::Payout => {
            Behaviour::Approve
        }
        Behaviour::PartialApproval if !request.accepts_partial => Behaviour::Decline("insufficient_funds"),
        Behaviour::DeclineAbove(units, code) => {
            let limit = 10_i64.checked_pow(request.amount.currency.exponent()).map(|minor| units * minor);
            let is_above = limit.is_some_and(|limit| request.amount.minor > limit);
            if is_above { Behaviour::Decline(code) } else { of_amount }
        }
        behaviour => behaviour,
    }
}

/// Makes the entry what the behaviour says, and returns what that changes besides the entry.
fn decide(
    processor: &Processor,
    entry: &mut Entry,
    behaviour: Behaviour,
    head: &Head,
    request: &PaymentRequest,
) -> Vec<Change> {
    let challenge = match behaviour {
        Behaviour::Otp => Some((ActionType::Otp, challenges::ENDS_AFTER)),
        Behaviour::Qr => Some((ActionType::Qr, challenges::ENDS_AFTER)),
        Behaviour::Challenge => Some((ActionType::Redirect, challenges::ENDS_AFTER)),
        Behaviour::ExpiredChallenge => Some((ActionType::Redirect, std::time::Duration::ZERO)),
        _ => None,
    };
    if let Some((action_type, ends_after)) = challenge {
        let expires_at = head.now.saturating_add(ends_after);
        challenges::open(processor, entry, request, action_type, expires_at);
        return Vec::new();
    }
    match behaviour {
        Behaviour::Decline(code) | Behaviour::DeclineWhenCharged(code) => decline(entry, code, head.now),
        Behaviour::LateSuccess(code) => {
            decline(entry, code, head.now);
            entry.fate = Some(Fate::Succeed);
        }
        Behaviour::DelayedSuccess => entry.fate = Some(Fate::Succeed),
        Behaviour::DelayedDecline(code) => entry.fate = Some(Fate::Decline(code.to_owned())),
        Behaviour::Misstated(misstatement) => {
            entry.misstatement = Some(misstatement);
            return succeed(processor, entry, head.now);
        }
        Behaviour::Disputed(ends) => {
            entry.next_dispute = Some(DisputeStatus::Open);
            entry.dispute_ends = ends;
            return succeed(processor, entry, head.now);
        }
        Behaviour::PartialApproval => {
            let half = Amount { minor: request.amount.minor - request.amount.minor / 2, ..request.amount };
            entry.operation.amount = Some(half);
            return succeed(processor, entry, head.now);
        }
        _ => return succeed(processor, entry, head.now),
    }
    Vec::new()
}

/// Register and verify.
pub(crate) fn register(
    processor: &mut Processor,
    head: &Head,
    kind: OperationKind,
    request: &TokenRequest,
) -> Result<Answer, Refused> {
    let (found, _) = instrument(processor, &request.source)?;
    let details = found.details();
    let is_enabled = request.methods.contains(&details.method());
    let mut entry = entry(processor, head, kind, &request.reference);
    entry.operation.instrument = Some(details);
    entry.source = found.token.to_owned();
    let mut changes = Vec::new();
    match found.behaviour {
        _ if !is_enabled => decline(&mut entry, "method_not_enabled", head.now),
        Behaviour::Decline(code) => decline(&mut entry, code, head.now),
        _ => changes = succeed(processor, &mut entry, head.now),
    }
    processor.book(entry, changes)
}

/// Forgets a stored instrument; one that is not known is forgotten already.
pub(crate) fn deregister(
    processor: &mut Processor,
    head: &Head,
    request: &TokenDeletion,
) -> Result<Answer, Refused> {
    let mut entry = entry(processor, head, OperationKind::Deregister, &request.reference);
    let mut changes = succeed(processor, &mut entry, head.now);
    if let Some(token) = processor.books.tokens.get(&request.token) {
        changes.push(Change::Token(Token { is_active: false, ..token.clone() }));
    }
    processor.book(entry, changes)
}

/// Lets an operation go on that waits for nothing but being asked.
pub(crate) fn progress(
    processor: &mut Processor,
    mut entry: Entry,
    now: Timestamp,
) -> Result<Operation, Refused> {
    let is_over = entry.operation.action.as_ref().is_some_and(|action| action.expires_at <= now);
    let changes = match entry.fate.clone() {
        _ if is_over => {
            expire(&mut entry, now);
            Vec::new()
        }
        Some(Fate::Succeed) => succeed(processor, &mut entry, now),
        Some(Fate::Decline(code)) => {
            decline(&mut entry, &code, now);
            follow_ups::undone(processor, &entry)
        }
        None => return Ok(entry.told()),
    };
    let operation = entry.told();
    processor.book(entry, changes)?;
    Ok(operation)
}
