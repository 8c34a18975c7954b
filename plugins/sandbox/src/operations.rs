//! What the processor does for each operation.

use bytes::Bytes;
use http::StatusCode;
use purser_connector::{Initiator, InstrumentDetails, OperationKind};
use purser_types::Timestamp;
use sha2::{Digest, Sha256};
use url::Url;

use crate::books::{Change, Entry, Fate, Payment, Token};
use crate::cards::{self, AMOUNTS, Behaviour, FOLLOW_UP_AMOUNTS, TestInstrument};
use crate::processor::{
    Answer, CHALLENGE_ENDS_AFTER, Delivery, Head, Processor, Refused, SETTLES_AFTER, refused, told,
};
use crate::wire::{
    Action, Amount, Completion, FollowUp, Operation, PaymentRequest, Refusal, Status, Stored, TokenDeletion,
    TokenRequest, words,
};

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
fn entry(processor: &Processor, head: &Head, kind: OperationKind, reference: &str) -> Entry {
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
    }
}

fn decline(entry: &mut Entry, code: &str, now: Timestamp) {
    entry.fate = None;
    entry.operation.status = Status::Declined;
    entry.operation.decline = Some(Refusal { code: code.to_owned(), message: words(code).to_owned() });
    entry.operation.action = None;
    entry.operation.at = now;
}

/// Ends an entry well, and returns what that changes besides the entry.
fn succeed(processor: &Processor, entry: &mut Entry, now: Timestamp) -> Vec<Change> {
    let kind = entry.operation.kind;
    let mut changes = Vec::new();
    entry.fate = None;
    entry.operation.status = Status::Succeeded;
    entry.operation.action = None;
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
    }
}

fn digest(text: &str) -> String {
    Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Behaviours that keep the processor from booking anything at all.
fn before_booking(behaviour: Behaviour) -> Option<Answer> {
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
fn after_booking(behaviour: Behaviour, answer: Answer) -> Answer {
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
    let behaviour = match found.behaviour {
        _ if !is_enabled => Behaviour::Decline("method_not_enabled"),
        Behaviour::Approve => cards::of_amount(AMOUNTS, request.amount.minor),
        // An agreement that the customer authenticated once is enough for the merchant's payments.
        Behaviour::Challenge if is_stored && request.initiator == Initiator::Merchant => Behaviour::Approve,
        Behaviour::Challenge if kind == OperationKind::Payout => Behaviour::Approve,
        behaviour => behaviour,
    };
    if let Some(answer) = before_booking(behaviour) {
        return Ok(answer);
    }
    let mut changes = Vec::new();
    match behaviour {
        Behaviour::Decline(code) | Behaviour::DeclineWhenCharged(code) => {
            decline(&mut entry, code, head.now);
        }
        Behaviour::DelayedSuccess => entry.fate = Some(Fate::Succeed),
        Behaviour::DelayedDecline(code) => entry.fate = Some(Fate::Decline(code.to_owned())),
        Behaviour::Challenge => challenge(&mut entry, head, request),
        _ => changes = succeed(processor, &mut entry, head.now),
    }
    let answer = processor.book(entry, changes)?;
    Ok(after_booking(behaviour, answer))
}

/// Sends the customer to a challenge, if the browser can come back from there.
fn challenge(entry: &mut Entry, head: &Head, request: &PaymentRequest) {
    let Some(return_url) = &request.return_url else {
        return decline(entry, "authentication_required", head.now);
    };
    let authentication = format!("auth_{}", entry.operation.id);
    entry.operation.status = Status::ActionRequired;
    entry.operation.action = Some(Action {
        url: challenge_url(&request.pages, &authentication, return_url),
        authentication,
        expires_at: head.now.saturating_add(CHALLENGE_ENDS_AFTER),
    });
}

fn challenge_url(pages: &Url, authentication: &str, return_url: &Url) -> Url {
    let mut url = pages.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push("challenge").push(authentication);
    }
    url.query_pairs_mut().append_pair("return_url", return_url.as_str());
    url
}

/// What the customer's browser brought back from a challenge.
pub(crate) fn complete(
    processor: &mut Processor,
    head: &Head,
    authentication: &str,
    completion: &Completion,
) -> Result<Answer, Refused> {
    let is_meant = |entry: &&Entry| {
        // The challenge's name is derived, so that it is found even after it ended.
        let name = authentication.strip_prefix("auth_");
        entry.operation.account == head.account && name == Some(entry.operation.id.as_str())
    };
    let found = processor.books.entries.values().find(is_meant).cloned();
    let mut entry = found.ok_or(Refused(StatusCode::NOT_FOUND, "unknown_authentication"))?;
    if entry.operation.status != Status::ActionRequired {
        return Ok(told(&entry.operation));
    }
    let is_over = entry.operation.action.as_ref().is_none_or(|action| action.expires_at <= head.now);
    let mut changes = Vec::new();
    match completion.result.as_deref() {
        _ if is_over => decline(&mut entry, "authentication_expired", head.now),
        Some("authenticated") => changes = succeed(processor, &mut entry, head.now),
        Some("failed") => decline(&mut entry, "authentication_failed", head.now),
        Some(_) | None => decline(&mut entry, "authentication_abandoned", head.now),
    }
    processor.book(entry, changes)
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

/// Capture, void and refund.
pub(crate) fn follow_up(
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
        OperationKind::Void => Behaviour::Approve,
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
    if behaviour == Behaviour::DelayedSuccess {
        entry.fate = Some(Fate::Succeed);
    } else {
        entry.operation.status = Status::Succeeded;
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
        let can_undo = payment.refunded == 0 && now <= payment.voidable_until;
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
        _ => payment.captured - payment.refunded,
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
        // Releases what is reserved; if nothing is, undoes the capture.
        _ if payment.reserved() > 0 => payment.is_open = false,
        _ => payment.captured = 0,
    }
}

/// Lets an operation go on that waits for nothing but being asked.
pub(crate) fn progress(
    processor: &mut Processor,
    mut entry: Entry,
    now: Timestamp,
) -> Result<Operation, Refused> {
    let is_over = entry.operation.action.as_ref().is_some_and(|action| action.expires_at <= now);
    let changes = match entry.fate.clone() {
        Some(Fate::Succeed) => succeed(processor, &mut entry, now),
        Some(Fate::Decline(code)) => {
            decline(&mut entry, &code, now);
            Vec::new()
        }
        None if is_over => {
            decline(&mut entry, "authentication_expired", now);
            Vec::new()
        }
        None => return Ok(entry.operation),
    };
    let operation = entry.operation.clone();
    processor.book(entry, changes)?;
    Ok(operation)
}
