//! What the domain does not allow, as clients are told.

use purser_connector::OperationKind;
use purser_domain::payment::Payment;
use purser_domain::payment::state::request::Refusal;

use crate::error::{Code, Error};

/// The refusal of a follow-up.
pub(super) fn of(operation: OperationKind, payment: &Payment, refused: Refusal) -> Error {
    let (code, verb) = match operation {
        OperationKind::Capture => (Code::NotCapturable, "captured"),
        OperationKind::Refund => (Code::NotRefundable, "refunded"),
        OperationKind::Void => (Code::NotVoidable, "voided"),
        _ => (Code::NotIncrementable, "raised"),
    };
    told(code, verb, payment, refused)
}

/// The refusal of anything else, with the code and the verb for a state that does not allow it.
pub(super) fn told(code: Code, verb: &str, payment: &Payment, refused: Refusal) -> Error {
    let in_words = |state: &str| format!("A payment that is {state} cannot be {verb}.");
    let (code, field, message) = match refused {
        Refusal::State(status) => (code, "paymentId", in_words(status.as_str())),
        Refusal::BeingVoided => (code, "paymentId", in_words("being voided")),
        Refusal::BeingIncremented => (code, "paymentId", in_words("being raised")),
        Refusal::BeingCaptured => (code, "paymentId", in_words("being captured")),
        Refusal::BeingRefunded => (code, "paymentId", in_words("refunded or being refunded")),
        Refusal::FinallyCaptured => (code, "paymentId", in_words("captured finally")),
        Refusal::Registration => (code, "paymentId", in_words("a registration")),
        Refusal::AmountNotPositive => (Code::InvalidAmount, "amount", "The amount is zero.".to_owned()),
        Refusal::ExceedsAuthorized { left } => {
            (Code::AmountExceedsAuthorized, "amount", left_of(payment, left, "reserved"))
        }
        Refusal::ExceedsRefundable { left } => {
            (Code::AmountExceedsRefundable, "amount", left_of(payment, left, "captured and not refunded yet"))
        }
        Refusal::TooLarge => (Code::InvalidAmount, "amount", "The amount is too large.".to_owned()),
        Refusal::CommitsExhausted => {
            let message =
                format!("The payment was committed {} times, and may not be again.", payment.commits);
            (Code::CommitsExhausted, "paymentId", message)
        }
        Refusal::Expired => {
            (Code::PaymentExpired, "paymentId", "The time to finish the payment has passed.".to_owned())
        }
        Refusal::NotExpired => (code, "paymentId", "The payment has not expired.".to_owned()),
        Refusal::AmountNotEditable => {
            let message =
                "The amount changes only after a decline for lack of funds, where that was agreed on.";
            (Code::AmountNotEditable, "amount", message.to_owned())
        }
        Refusal::AmountBelowMinimum { minimum } => {
            let minimum = super::draft::money(payment, minimum);
            (Code::AmountBelowMinimum, "amount", format!("The least amount is {minimum}."))
        }
        Refusal::AmountAboveOriginal { original } => {
            let original = super::draft::money(payment, original);
            let message = format!("What was asked for is {original}; a customer may only lower it.");
            (Code::AmountIncreaseForbidden, "amount", message)
        }
    };
    Error::refused(code, field, message)
}

fn left_of(payment: &Payment, left: i64, what: &str) -> String {
    format!("More than what is still {what}: {}.", super::draft::money(payment, left))
}
