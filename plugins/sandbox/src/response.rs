//! The processor's answers, in our words.

use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use purser_connector::{
    ActionKind, Advice, Decline, DeclineCode, DisputeFinding, Effect, Failure, FailureKind, Finding,
    NextAction, Observation, OperationKind, Outcome, OwnReference, Pending, Settled, StoredInstrument,
    TokenScope,
};
use purser_types::Secret;

use crate::wire::{Action, ActionType, Dispute, ErrorDocument, Operation, Refusal, Status};

/// What each of the processor's codes means. What is in no row is `Unspecified`.
#[rustfmt::skip]
pub(crate) const DECLINES: &[(&str, DeclineCode, Advice)] = &[
    ("card_declined", DeclineCode::CardDeclined, Advice::Elsewhere),
    ("do_not_honor", DeclineCode::DoNotHonor, Advice::Elsewhere),
    ("insufficient_funds", DeclineCode::InsufficientFunds, Advice::Later),
    ("limit_exceeded", DeclineCode::LimitExceeded, Advice::Later),
    ("lost_card", DeclineCode::Lost, Advice::Never),
    ("stolen_card", DeclineCode::Stolen, Advice::Never),
    ("pickup_card", DeclineCode::Pickup, Advice::Never),
    ("fraudulent", DeclineCode::FraudSuspected, Advice::Never),
    ("expired_card", DeclineCode::ExpiredCard, Advice::NewInstrument),
    ("incorrect_cvc", DeclineCode::CvcMismatch, Advice::NewInstrument),
    ("method_not_enabled", DeclineCode::UnsupportedCard, Advice::Elsewhere),
    ("processing_error", DeclineCode::ProviderError, Advice::Elsewhere),
    ("issuer_unavailable", DeclineCode::ProviderUnavailable, Advice::Elsewhere),
    ("authentication_required", DeclineCode::ScaRequired, Advice::WithAuthentication),
    ("authentication_failed", DeclineCode::ThreeDsFailed, Advice::NewInstrument),
    ("authentication_expired", DeclineCode::Timeout, Advice::WithAuthentication),
    ("authentication_abandoned", DeclineCode::CustomerCanceled, Advice::WithAuthentication),
    ("refund_refused", DeclineCode::ProviderError, Advice::Later),
    ("void_refused", DeclineCode::ProviderError, Advice::Later),
];

/// How long to wait after a decline that says "later"; the sandbox does not tell.
const LATER: Duration = Duration::from_secs(24 * 60 * 60);

/// How many characters the code has that customers are sent.
const CODE_LENGTH: u8 = 6;

/// Reads the answer to a request that was sent under `own`.
pub(crate) fn operation(
    kind: OperationKind,
    own: &OwnReference,
    response: &Response<Bytes>,
) -> Result<Operation, Failure> {
    match response.status() {
        StatusCode::OK | StatusCode::ACCEPTED | StatusCode::PAYMENT_REQUIRED => {
            let operation: Operation = serde_json::from_slice(response.body())
                .map_err(|_| Failure::protocol(kind, "the answer is not an operation"))?;
            if own.as_str() != operation.reference {
                return Err(Failure::protocol(kind, "the answer is about another reference"));
            }
            Ok(operation)
        }
        _ => Err(refusal(kind, response)),
    }
}

/// Why there is no operation to read.
pub(crate) fn refusal(kind: OperationKind, response: &Response<Bytes>) -> Failure {
    let status = response.status();
    if status.is_server_error() {
        let detail = format!("the processor answered {status}");
        return Failure::new(kind, FailureKind::Unavailable, Effect::Unknown, detail);
    }
    // Only a document of the processor proves that it was the processor that refused.
    let Ok(document) = serde_json::from_slice::<ErrorDocument>(response.body()) else {
        return Failure::protocol(kind, format!("{status} without a document of the processor"));
    };
    let failure_kind = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => FailureKind::Unauthorized,
        StatusCode::TOO_MANY_REQUESTS => FailureKind::RateLimited,
        StatusCode::BAD_REQUEST
        | StatusCode::NOT_FOUND
        | StatusCode::CONFLICT
        | StatusCode::UNPROCESSABLE_ENTITY => FailureKind::InvalidRequest,
        _ => return Failure::protocol(kind, format!("{status} is in no table of the processor")),
    };
    let retry_after = response.headers().get(http::header::RETRY_AFTER);
    let retry_after = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
    Failure::rejected(kind, failure_kind, document.error)
        .with_retry_after(retry_after.map(Duration::from_secs))
}

/// An operation as the answer to a request, where `done` reads what was asked for.
pub(crate) fn outcome<T>(
    kind: OperationKind,
    operation: Operation,
    done: impl FnOnce(Operation) -> Option<T>,
) -> Result<Outcome<T>, Failure> {
    match operation.status {
        Status::Succeeded => done(operation)
            .map(Outcome::Done)
            .ok_or_else(|| Failure::protocol(kind, "the answer lacks what was asked for")),
        Status::Pending => Ok(Outcome::Pending(pending(&operation))),
        Status::ActionRequired => next_action(operation.action)
            .map(Outcome::ActionRequired)
            .ok_or_else(|| Failure::protocol(kind, "the answer asks for no action")),
        // What ran out is not asked for again under this reference, so the answer is a refusal.
        Status::Declined | Status::Expired => operation
            .decline
            .map(|refusal| Outcome::Declined(decline(refusal)))
            .ok_or_else(|| Failure::protocol(kind, "the answer declines without a reason")),
    }
}

fn pending(operation: &Operation) -> Pending {
    let reference = operation.payment.as_ref().unwrap_or(&operation.id);
    Pending { connector_reference: Some(reference.clone()), check_after: None }
}

fn next_action(action: Option<Action>) -> Option<NextAction> {
    let Action { authentication, url, expires_at, action_type } = action?;
    let kind = match action_type {
        ActionType::Redirect => ActionKind::Redirect { url },
        ActionType::Otp => ActionKind::Otp {
            text: "Enter the code that your bank sent to you.".to_owned(),
            length: Some(CODE_LENGTH),
        },
        ActionType::Qr => ActionKind::Display {
            text: "Scan the code with the app of your bank.".to_owned(),
            qr: Some(url.into()),
        },
    };
    Some(NextAction { kind, state: authentication.into(), expires_at: Some(expires_at) })
}

pub(crate) fn decline(refusal: Refusal) -> Decline {
    let row = DECLINES.iter().find(|(raw, ..)| *raw == refusal.code);
    let (code, advice) =
        row.map_or((DeclineCode::Unspecified, Advice::NewInstrument), |(_, code, advice)| (*code, *advice));
    let retry_after = (advice == Advice::Later).then_some(LATER);
    Decline { code, advice, retry_after, raw_code: refusal.code, raw_message: refusal.message }
}

/// Money that moved.
pub(crate) fn settled(operation: Operation) -> Option<Settled> {
    let amount = operation.amount?.money()?;
    let method = operation.instrument.as_ref()?.method();
    Some(Settled {
        stored: stored(&operation),
        connector_reference: reference(&operation),
        amount,
        captured: operation.captured,
        method,
        instrument: operation.instrument,
        network_transaction_id: operation.network_transaction_id,
        voidable_until: operation.voidable_until,
    })
}

/// A payment is known by its own name, everything else by the operation's.
fn reference(operation: &Operation) -> String {
    let is_payment = matches!(operation.kind, OperationKind::Authorize | OperationKind::Sale);
    match &operation.payment {
        Some(payment) if is_payment => payment.clone(),
        Some(_) | None => operation.id.clone(),
    }
}

/// The instrument that is kept.
pub(crate) fn stored(operation: &Operation) -> Option<StoredInstrument> {
    let stored = operation.stored.as_ref()?;
    Some(StoredInstrument {
        token: Secret::from(stored.token.as_str()),
        details: operation.instrument.clone()?,
        scope: TokenScope::Processor,
        fingerprint_basis: Some(Secret::from(stored.fingerprint.as_str())),
    })
}

/// An operation as news about one of our references: what became of it, and a dispute about it. Empty if
/// it says nothing that we can use.
pub(crate) fn observations(operation: Operation) -> Vec<Observation> {
    let dispute = operation.dispute.clone().and_then(dispute);
    let Ok(own) = operation.reference.parse::<OwnReference>() else { return Vec::new() };
    let (kind, occurred_at) = (operation.kind, Some(operation.at));
    let connector_reference = Some(reference(&operation));
    let findings = [finding(operation), dispute.map(|dispute| Finding::Dispute(Box::new(dispute)))];
    let observation = |finding| Observation {
        own: own.clone(),
        operation: kind,
        connector_reference: connector_reference.clone(),
        finding,
        occurred_at,
    };
    findings.into_iter().flatten().map(observation).collect()
}

fn finding(operation: Operation) -> Option<Finding> {
    Some(match operation.status {
        Status::Pending => Finding::Pending(pending(&operation)),
        Status::ActionRequired => Finding::ActionRequired(next_action(operation.action)),
        Status::Declined => Finding::Declined(decline(operation.decline?)),
        Status::Expired => Finding::Expired,
        Status::Succeeded => match operation.kind {
            OperationKind::Register => Finding::Stored(Box::new(stored(&operation)?)),
            OperationKind::Deregister | OperationKind::Verify => Finding::Confirmed,
            _ => Finding::Settled(Box::new(settled(operation)?)),
        },
    })
}

fn dispute(dispute: Dispute) -> Option<DisputeFinding> {
    Some(DisputeFinding {
        connector_reference: dispute.id,
        stage: dispute.stage,
        status: dispute.status,
        reason: dispute.reason,
        amount: dispute.amount.money()?,
        due_at: dispute.due_at,
    })
}
