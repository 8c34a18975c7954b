//! Closed enums about what happened to payments.

use async_graphql::Enum;

/// What happened to a payment.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_domain::payment::event::EventKind")]
pub(crate) enum EventKind {
    /// A payment was asked for.
    PaymentCreated,
    /// The customer may choose an instrument.
    PaymentAwaitingInstrument,
    /// The customer may lower the amount.
    PaymentAwaitingAmount,
    /// A processor is being asked, for the first time or again.
    PaymentProcessing,
    /// The customer has to do something.
    PaymentActionRequired,
    /// Nobody knows the outcome yet.
    PaymentPending,
    /// The amount is reserved.
    PaymentAuthorized,
    /// A part of the amount is reserved.
    PaymentPartiallyAuthorized,
    /// More is reserved than before.
    AuthorizationIncremented,
    /// A part of what is reserved was captured.
    PaymentPartiallyCaptured,
    /// Captured in full or finally, or registered: once in a payment's life.
    PaymentSucceeded,
    /// The same, after the payment or its attempt had been given up (Reservepay: FAILED and EXPIRED
    /// can later turn SUCCESSFUL).
    LateSuccess,
    /// A part of what was captured went back.
    PaymentPartiallyRefunded,
    /// All that was captured went back.
    PaymentRefunded,
    /// A refund was refused; what was set aside for it is free again.
    RefundFailed,
    /// A capture was refused; what was set aside for it is free again.
    CaptureFailed,
    /// A void was refused.
    VoidFailed,
    /// The reservation was released without a capture.
    PaymentReversed,
    /// Taken back before settlement.
    PaymentVoided,
    /// The customer changed their mind.
    PaymentCanceled,
    /// Declined or failed for good.
    PaymentFailed,
    /// Nobody finished it in time.
    PaymentExpired,
    /// The customer disputes it at their bank.
    PaymentDisputed,
    /// A dispute ended for the merchant.
    DisputeWon,
    /// A dispute ended for the customer.
    DisputeLost,
    /// An operator must decide about an attempt.
    AttemptInReview,
    /// An operator decided.
    AttemptResolved,
    /// An instrument was stored.
    InstrumentStored,
}

/// Who told what an event reports.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_domain::payment::event::Origin")]
pub(crate) enum EventOrigin {
    /// The processor, in its answer to our request.
    Answer,
    /// The processor, of its own accord.
    Notification,
    /// The processor, asked what became of a request.
    LookUp,
    /// The clock.
    Time,
    /// An operator, by hand.
    Operator,
    /// The merchant or the customer, by a request.
    Request,
}

/// Where the money of a payment is.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_domain::payment::ledger::Account")]
pub(crate) enum LedgerAccount {
    /// With the customer.
    Customer,
    /// Reserved on the customer's instrument.
    Reserved,
    /// Captured for the merchant.
    Captured,
    /// Given back by the merchant.
    Refunded,
    /// Held or taken back by the customer's bank.
    Disputed,
}

/// How far a dispute has come.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_domain::payment::dispute::DisputeStage")]
pub(crate) enum DisputeStage {
    /// The bank asks for information (card networks: retrieval request); no money is held yet.
    Inquiry,
    /// The bank announces a dispute.
    PreDispute,
    /// The bank disputes (chargeback).
    Dispute,
    /// The merchant's defence is contested.
    PreArbitration,
}

/// How a dispute ended, if it did.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_domain::payment::dispute::DisputeStatus")]
pub(crate) enum DisputeStatus {
    /// Nobody decided yet.
    Open,
    /// For the merchant, who keeps the money.
    Won,
    /// For the customer, who keeps the money.
    Lost,
}
