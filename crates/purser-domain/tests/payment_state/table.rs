//! The state table of the feature map, as rows: from, what happens, to, and what is reported.
//!
//! Transcribed by hand and not derived from the code under test.

pub(crate) type Row = (&'static str, &'static str, &'static str, &'static str);

/// The rows of the table (feature map, b-F), with "CREATED…REQUIRES_ACTION" and "SUCCEEDED…" spelled out.
pub(crate) const LISTED: &[Row] = &[
    ("CREATED", "no instrument yet", "AWAITING_INSTRUMENT", "PAYMENT_AWAITING_INSTRUMENT"),
    ("CREATED", "commit", "PROCESSING", "PAYMENT_PROCESSING"),
    ("AWAITING_INSTRUMENT", "commit", "PROCESSING", "PAYMENT_PROCESSING"),
    ("PROCESSING", "action", "REQUIRES_ACTION", "PAYMENT_ACTION_REQUIRED"),
    ("REQUIRES_ACTION", "action done", "PROCESSING", "PAYMENT_PROCESSING"),
    ("PROCESSING", "sale approved", "SUCCEEDED", "PAYMENT_SUCCEEDED"),
    ("PROCESSING", "auth approved", "AUTHORIZED", "PAYMENT_AUTHORIZED"),
    ("PROCESSING", "approved for less", "PARTIALLY_AUTHORIZED", "PAYMENT_PARTIALLY_AUTHORIZED"),
    ("PROCESSING", "next attempt", "PROCESSING", "PAYMENT_PROCESSING"),
    ("PROCESSING", "choose again", "AWAITING_INSTRUMENT", "PAYMENT_AWAITING_INSTRUMENT"),
    ("PROCESSING", "insufficient funds", "AWAITING_AMOUNT", "PAYMENT_AWAITING_AMOUNT"),
    ("PROCESSING", "final decline", "FAILED", "PAYMENT_FAILED"),
    ("PROCESSING", "no answer", "PENDING", "PAYMENT_PENDING"),
    ("PENDING", "sale approved", "SUCCEEDED", "PAYMENT_SUCCEEDED"),
    ("PENDING", "auth approved", "AUTHORIZED", "PAYMENT_AUTHORIZED"),
    ("PENDING", "final decline", "FAILED", "PAYMENT_FAILED"),
    ("PENDING", "time", "EXPIRED", "PAYMENT_EXPIRED"),
    ("AUTHORIZED", "capture part", "PARTIALLY_CAPTURED", "PAYMENT_PARTIALLY_CAPTURED"),
    ("AUTHORIZED", "capture all", "SUCCEEDED", "PAYMENT_SUCCEEDED"),
    ("AUTHORIZED", "void", "REVERSED", "PAYMENT_REVERSED"),
    ("PARTIALLY_CAPTURED", "void", "SUCCEEDED", "PAYMENT_SUCCEEDED"),
    ("SUCCEEDED", "void", "VOIDED", "PAYMENT_VOIDED"),
    ("SUCCEEDED", "refund part", "PARTIALLY_REFUNDED", "PAYMENT_PARTIALLY_REFUNDED"),
    ("SUCCEEDED", "refund all", "REFUNDED", "PAYMENT_REFUNDED"),
    ("PARTIALLY_REFUNDED", "refund part", "PARTIALLY_REFUNDED", "PAYMENT_PARTIALLY_REFUNDED"),
    ("PARTIALLY_REFUNDED", "refund all", "REFUNDED", "PAYMENT_REFUNDED"),
    ("SUCCEEDED", "chargeback", "DISPUTED", "PAYMENT_DISPUTED"),
    ("PARTIALLY_REFUNDED", "chargeback", "DISPUTED", "PAYMENT_DISPUTED"),
    ("REFUNDED", "chargeback", "DISPUTED", "PAYMENT_DISPUTED"),
    ("DISPUTED", "won, was SUCCEEDED", "SUCCEEDED", "DISPUTE_WON"),
    ("DISPUTED", "won, was PARTIALLY_REFUNDED", "PARTIALLY_REFUNDED", "DISPUTE_WON"),
    ("DISPUTED", "won, was REFUNDED", "REFUNDED", "DISPUTE_WON"),
    ("DISPUTED", "lost", "CHARGED_BACK", "DISPUTE_LOST"),
    ("CREATED", "cancel", "CANCELED", "PAYMENT_CANCELED"),
    ("AWAITING_INSTRUMENT", "cancel", "CANCELED", "PAYMENT_CANCELED"),
    ("AWAITING_AMOUNT", "cancel", "CANCELED", "PAYMENT_CANCELED"),
    ("PROCESSING", "cancel", "CANCELED", "PAYMENT_CANCELED"),
    ("REQUIRES_ACTION", "cancel", "CANCELED", "PAYMENT_CANCELED"),
    ("CREATED", "time", "EXPIRED", "PAYMENT_EXPIRED"),
    ("AWAITING_INSTRUMENT", "time", "EXPIRED", "PAYMENT_EXPIRED"),
    ("AWAITING_AMOUNT", "time", "EXPIRED", "PAYMENT_EXPIRED"),
    ("PROCESSING", "time", "EXPIRED", "PAYMENT_EXPIRED"),
    ("REQUIRES_ACTION", "time", "EXPIRED", "PAYMENT_EXPIRED"),
    ("FAILED", "late success", "SUCCEEDED", "LATE_SUCCESS"),
    ("EXPIRED", "late success", "SUCCEEDED", "LATE_SUCCESS"),
];

/// What the table leaves to be read into it: each group is a sentence.
pub(crate) const IMPLIED: &[Row] = &[
    // b-G's flow: from AWAITING_AMOUNT the payment is committed again.
    ("AWAITING_AMOUNT", "commit", "PROCESSING", "PAYMENT_PROCESSING"),
    // What ends PROCESSING may also be heard while the customer acts, or after nobody answered.
    ("REQUIRES_ACTION", "sale approved", "SUCCEEDED", "PAYMENT_SUCCEEDED"),
    ("REQUIRES_ACTION", "auth approved", "AUTHORIZED", "PAYMENT_AUTHORIZED"),
    ("REQUIRES_ACTION", "approved for less", "PARTIALLY_AUTHORIZED", "PAYMENT_PARTIALLY_AUTHORIZED"),
    ("REQUIRES_ACTION", "next attempt", "PROCESSING", "PAYMENT_PROCESSING"),
    ("REQUIRES_ACTION", "choose again", "AWAITING_INSTRUMENT", "PAYMENT_AWAITING_INSTRUMENT"),
    ("REQUIRES_ACTION", "insufficient funds", "AWAITING_AMOUNT", "PAYMENT_AWAITING_AMOUNT"),
    ("REQUIRES_ACTION", "final decline", "FAILED", "PAYMENT_FAILED"),
    ("PENDING", "approved for less", "PARTIALLY_AUTHORIZED", "PAYMENT_PARTIALLY_AUTHORIZED"),
    ("PENDING", "next attempt", "PROCESSING", "PAYMENT_PROCESSING"),
    ("PENDING", "choose again", "AWAITING_INSTRUMENT", "PAYMENT_AWAITING_INSTRUMENT"),
    ("PENDING", "insufficient funds", "AWAITING_AMOUNT", "PAYMENT_AWAITING_AMOUNT"),
    ("PENDING", "action", "REQUIRES_ACTION", "PAYMENT_ACTION_REQUIRED"),
    // An attempt that was refused may succeed late while the payment has gone on to the next one or
    // waits for the customer.
    ("PROCESSING", "late success", "SUCCEEDED", "LATE_SUCCESS"),
    ("REQUIRES_ACTION", "late success", "SUCCEEDED", "LATE_SUCCESS"),
    ("PENDING", "late success", "SUCCEEDED", "LATE_SUCCESS"),
    ("AWAITING_INSTRUMENT", "late success", "SUCCEEDED", "LATE_SUCCESS"),
    ("AWAITING_AMOUNT", "late success", "SUCCEEDED", "LATE_SUCCESS"),
    // A late authorisation reserves; the payment succeeds when it is captured.
    ("FAILED", "auth approved", "AUTHORIZED", "PAYMENT_AUTHORIZED"),
    ("EXPIRED", "auth approved", "AUTHORIZED", "PAYMENT_AUTHORIZED"),
    ("AWAITING_INSTRUMENT", "auth approved", "AUTHORIZED", "PAYMENT_AUTHORIZED"),
    ("AWAITING_AMOUNT", "auth approved", "AUTHORIZED", "PAYMENT_AUTHORIZED"),
    ("FAILED", "approved for less", "PARTIALLY_AUTHORIZED", "PAYMENT_PARTIALLY_AUTHORIZED"),
    ("EXPIRED", "approved for less", "PARTIALLY_AUTHORIZED", "PAYMENT_PARTIALLY_AUTHORIZED"),
    ("AWAITING_INSTRUMENT", "approved for less", "PARTIALLY_AUTHORIZED", "PAYMENT_PARTIALLY_AUTHORIZED"),
    ("AWAITING_AMOUNT", "approved for less", "PARTIALLY_AUTHORIZED", "PAYMENT_PARTIALLY_AUTHORIZED"),
    // What may follow an authorisation may follow a partial one; captures may be many.
    ("PARTIALLY_AUTHORIZED", "capture part", "PARTIALLY_CAPTURED", "PAYMENT_PARTIALLY_CAPTURED"),
    ("PARTIALLY_AUTHORIZED", "capture all", "SUCCEEDED", "PAYMENT_SUCCEEDED"),
    ("PARTIALLY_AUTHORIZED", "void", "REVERSED", "PAYMENT_REVERSED"),
    ("PARTIALLY_CAPTURED", "capture part", "PARTIALLY_CAPTURED", "PAYMENT_PARTIALLY_CAPTURED"),
    ("PARTIALLY_CAPTURED", "capture all", "SUCCEEDED", "PAYMENT_SUCCEEDED"),
    // After a final capture, the refusal of the last running one leaves nothing to be captured.
    ("PARTIALLY_CAPTURED", "nothing left to capture", "SUCCEEDED", "PAYMENT_SUCCEEDED"),
    // What was captured can be disputed, whatever else is reserved or was lost already.
    ("PARTIALLY_CAPTURED", "chargeback", "DISPUTED", "PAYMENT_DISPUTED"),
    ("DISPUTED", "won, was PARTIALLY_CAPTURED", "PARTIALLY_CAPTURED", "DISPUTE_WON"),
    ("CHARGED_BACK", "chargeback", "DISPUTED", "PAYMENT_DISPUTED"),
    // Of several disputes the last is won, but another one was lost.
    ("DISPUTED", "won, another lost", "CHARGED_BACK", "DISPUTE_WON"),
    // The processor tells of a dispute only when it is decided.
    ("PARTIALLY_CAPTURED", "lost", "CHARGED_BACK", "DISPUTE_LOST"),
    ("SUCCEEDED", "lost", "CHARGED_BACK", "DISPUTE_LOST"),
    ("PARTIALLY_REFUNDED", "lost", "CHARGED_BACK", "DISPUTE_LOST"),
    ("REFUNDED", "lost", "CHARGED_BACK", "DISPUTE_LOST"),
];

/// Every row, listed first.
pub(crate) fn rows() -> Vec<Row> {
    LISTED.iter().chain(IMPLIED).copied().collect()
}
