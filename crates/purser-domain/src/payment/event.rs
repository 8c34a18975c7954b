//! What happened to a payment, and who told.
//!
//! Events are written in the transaction of the change that they report. They are the payment's history
//! (Reevit: `status_history`; Reservepay: `list-payment-activities`) and the outbox of what merchants are
//! told, so that neither can miss what the other has.

use purser_types::id::{AttemptId, EventId, PaymentId};
use purser_types::{Money, Timestamp, spelled};

use super::PaymentStatus;

spelled! {
    /// What happened.
    pub enum EventKind {
        /// A payment was asked for.
        PaymentCreated = "PAYMENT_CREATED",
        /// The customer may choose an instrument.
        PaymentAwaitingInstrument = "PAYMENT_AWAITING_INSTRUMENT",
        /// The customer may lower the amount.
        PaymentAwaitingAmount = "PAYMENT_AWAITING_AMOUNT",
        /// A processor is being asked, for the first time or again.
        PaymentProcessing = "PAYMENT_PROCESSING",
        /// The customer has to do something.
        PaymentActionRequired = "PAYMENT_ACTION_REQUIRED",
        /// Nobody knows the outcome yet.
        PaymentPending = "PAYMENT_PENDING",
        /// The amount is reserved.
        PaymentAuthorized = "PAYMENT_AUTHORIZED",
        /// A part of the amount is reserved.
        PaymentPartiallyAuthorized = "PAYMENT_PARTIALLY_AUTHORIZED",
        /// More is reserved than before.
        AuthorizationIncremented = "AUTHORIZATION_INCREMENTED",
        /// A part of what is reserved was captured.
        PaymentPartiallyCaptured = "PAYMENT_PARTIALLY_CAPTURED",
        /// Captured in full or finally, or registered: once in a payment's life.
        PaymentSucceeded = "PAYMENT_SUCCEEDED",
        /// The same, after the payment or its attempt had been given up (Reservepay: FAILED and EXPIRED
        /// can later turn SUCCESSFUL).
        LateSuccess = "LATE_SUCCESS",
        /// A part of what was captured went back.
        PaymentPartiallyRefunded = "PAYMENT_PARTIALLY_REFUNDED",
        /// All that was captured went back.
        PaymentRefunded = "PAYMENT_REFUNDED",
        /// A refund was refused; what was set aside for it is free again.
        RefundFailed = "REFUND_FAILED",
        /// A capture was refused; what was set aside for it is free again.
        CaptureFailed = "CAPTURE_FAILED",
        /// A void was refused.
        VoidFailed = "VOID_FAILED",
        /// The reservation was released without a capture.
        PaymentReversed = "PAYMENT_REVERSED",
        /// Taken back before settlement.
        PaymentVoided = "PAYMENT_VOIDED",
        /// The customer changed their mind.
        PaymentCanceled = "PAYMENT_CANCELED",
        /// Declined or failed for good.
        PaymentFailed = "PAYMENT_FAILED",
        /// Nobody finished it in time.
        PaymentExpired = "PAYMENT_EXPIRED",
        /// The customer disputes it at their bank.
        PaymentDisputed = "PAYMENT_DISPUTED",
        /// A dispute ended for the merchant.
        DisputeWon = "DISPUTE_WON",
        /// A dispute ended for the customer.
        DisputeLost = "DISPUTE_LOST",
        /// An operator must decide about an attempt.
        AttemptInReview = "ATTEMPT_IN_REVIEW",
        /// An operator decided.
        AttemptResolved = "ATTEMPT_RESOLVED",
        /// An instrument was stored.
        InstrumentStored = "INSTRUMENT_STORED",
    }
}

impl EventKind {
    /// Whether the event says that a payment became successful. The database holds each payment to one.
    #[must_use]
    pub const fn is_success(self) -> bool {
        matches!(self, Self::PaymentSucceeded | Self::LateSuccess)
    }
}

spelled! {
    /// Who told what an event reports.
    pub enum Origin {
        /// The processor, in its answer to our request.
        Answer = "ANSWER",
        /// The processor, of its own accord.
        Notification = "NOTIFICATION",
        /// The processor, asked what became of a request.
        LookUp = "LOOK_UP",
        /// The clock.
        Time = "TIME",
        /// An operator, by hand.
        Operator = "OPERATOR",
        /// The merchant or the customer, by a request.
        Request = "REQUEST",
    }
}

/// One event of a payment's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The event's id.
    pub id: EventId,
    /// The payment.
    pub payment_id: PaymentId,
    /// The position in the payment's history, from 1.
    pub position: i32,
    /// What happened.
    pub kind: EventKind,
    /// The payment's status before; none for its first event.
    pub status_from: Option<PaymentStatus>,
    /// The payment's status after.
    pub status_to: PaymentStatus,
    /// Who told.
    pub origin: Origin,
    /// The attempt it is about, if it is about one.
    pub attempt_id: Option<AttemptId>,
    /// The amount it is about, if it is about one.
    pub amount: Option<Money>,
    /// When it was written down.
    pub at: Timestamp,
}
