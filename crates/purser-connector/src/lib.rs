//! What a payment connector is, can do, is asked and may answer.
//!
//! A connector carries a payment on an instrument to one processor. Its author implements
//! [`Connector`], whose methods are named after the verbs of the trade, and describes the plugin
//! with one [`Plugin`] value; everything else (deadlines, limits, breakers, metering, secrets,
//! retries) is written once, in the host, around the trait.
//!
//! Four ideas hold the crate together.
//!
//! * **One door.** A connector has no network, clock, file, environment or randomness of its own.
//!   Each [`Call`] brings an [`Http`] port, and the port knows whether bytes left, which is the
//!   fact on which all reasoning about doubt rests.
//! * **Values, not callbacks.** Requests, outcomes, observations and capabilities are plain data.
//!   The same value crosses a function call today and a socket or a WebAssembly border tomorrow.
//! * **Three-valued truth.** The processor answers with an [`Outcome`]; without an answer there is
//!   a [`Failure`], whose [`Effect`] says what may have happened. [`Effect::Unknown`] is never
//!   repeated elsewhere; only [`Connector::lookup`] or a notification resolves it. A connector may
//!   be more pessimistic than the port, never more optimistic.
//! * **Fail closed.** No default accepts, succeeds or returns nothing. Operations that are not
//!   written answer [`Failure::unsupported`] before any byte is sent.
//!
//! # How to write a plugin
//!
//! 1. Parse the settings in `config.rs`; reject unknown keys with a [`ConfigError`] that names the
//!    field.
//! 2. Declare in [`Capabilities`] exactly what works, per [`Method`]. The router, the checkout, the
//!    documentation and the conformance kit believe it.
//! 3. Put the processor's documents in `wire.rs`, our values to theirs in `request.rs`, theirs to
//!    ours in `response.rs`, and signed events in `notification.rs`.
//! 4. Send `call.own` always, and `call.idempotency` if the processor honours keys. The same call
//!    made twice must send the same bytes.
//! 5. Answer [`Effect::Rejected`] only for an authentic, well-formed refusal. A `5xx`, a page of a
//!    proxy, half a document: all are [`Effect::Unknown`].
//! 6. Map each of the processor's decline codes to a [`DeclineCode`] and an [`Advice`]; what is in
//!    no table is [`DeclineCode::Unspecified`] with the raw code beside it.
//! 7. Run the conformance kit until nothing is red.
//!
//! A dispute is told as a [`Finding`] about the payment that it contests. Answering one, tax, fraud and
//! files will be other traits, announced by a capability, and are not to grow into this one.
#![warn(missing_docs)]
#![warn(clippy::as_conversions)]

mod capability;
mod dispute;
mod failure;
mod instrument;
mod notification;
mod outcome;
mod port;
mod request;
mod submission;
pub mod wire;

use async_trait::async_trait;

pub use capability::{
    Authentication, Capabilities, CaptureCapability, Idempotency, Method, MethodCapability, Notifications,
    OperationKind, RefundCapability, TokenScope,
};
pub use dispute::{DisputeFinding, DisputeStage, DisputeStatus};
pub use failure::{Effect, Failure, FailureKind};
pub use instrument::{
    BankTransferDetails, CardDetails, Funding, IbanDetails, InstrumentDetails, MealVoucherDetails,
    MobileMoneyDetails, OtherDetails, StoredInstrument, WalletDetails,
};
pub use notification::{Acknowledgement, Inbound, Notification, NotificationError};
pub use outcome::{
    ActionKind, Advice, CODE_PARAMETER, Decline, DeclineCode, Finding, NextAction, Observation,
    ObservedStatus, Outcome, Pending, Settled,
};
pub use port::{API, Call, ConfigError, Http, HttpError, HttpErrorKind, Plugin};
pub use purser_types::UnknownSpelling;
pub use request::{
    Authorize, Capture, CaptureMethod, CustomerData, Deregister, IdempotencyKey, Increment, Initiator,
    InstrumentSource, Lookup, MalformedReference, MitReason, OwnReference, Payout, PostalAddress,
    REFERENCE_LENGTH_MAX, Refund, Register, Resume, Verify, Void,
};

pub use submission::{MalformedSubmission, Submission};

/// The processor's answer, or why there is none.
pub type Reply<T> = Result<Outcome<T>, Failure>;

/// One tenant's account at one processor, ready to be used.
///
/// # Errors
/// Every operation answers a [`Failure`] when the processor's answer is missing or not
/// understood, and [`Failure::unsupported`] when the operation is not declared.
#[async_trait]
pub trait Connector: Send + Sync {
    /// What this account can do. Fixed for the life of the value; no I/O.
    fn capabilities(&self) -> &Capabilities;

    /// The hosts that this account calls, exact names; the port refuses every other. Fixed; no I/O.
    fn hosts(&self) -> &[String];

    /// Proves that the credentials work, without moving money.
    async fn probe(&self, call: &Call<'_>) -> Result<(), Failure>;

    /// Reserves (manual capture) or takes (automatic capture); may store the instrument on the way.
    async fn authorize(&self, call: &Call<'_>, request: Authorize) -> Reply<Settled>;

    /// The processor's truth about one of our references; the only cure for doubt.
    ///
    /// An empty list means that the processor does not know the reference. That is not "failed" as
    /// long as the request may still be on its way.
    async fn lookup(&self, call: &Call<'_>, request: Lookup) -> Result<Vec<Observation>, Failure>;

    /// Authenticates, then reads a notification. Pure: no I/O, no clock.
    ///
    /// # Errors
    /// [`NotificationError::Unauthentic`] before anything of the content is looked at.
    fn notification(&self, inbound: &Inbound) -> Result<Notification, NotificationError>;

    /// Stores an instrument without taking money.
    async fn register(&self, _call: &Call<'_>, _request: Register) -> Reply<StoredInstrument> {
        Err(Failure::unsupported(OperationKind::Register))
    }

    /// Forgets a stored instrument.
    async fn deregister(&self, _call: &Call<'_>, _request: Deregister) -> Reply<()> {
        Err(Failure::unsupported(OperationKind::Deregister))
    }

    /// Checks that an instrument can be used, without taking money.
    async fn verify(&self, _call: &Call<'_>, _request: Verify) -> Reply<()> {
        Err(Failure::unsupported(OperationKind::Verify))
    }

    /// Continues an authorisation after the customer acted.
    async fn resume(&self, _call: &Call<'_>, _request: Resume) -> Reply<Settled> {
        Err(Failure::unsupported(OperationKind::Resume))
    }

    /// Takes reserved money.
    async fn capture(&self, _call: &Call<'_>, _request: Capture) -> Reply<Settled> {
        Err(Failure::unsupported(OperationKind::Capture))
    }

    /// Raises what an authorisation reserves; answers with what was added.
    async fn increment(&self, _call: &Call<'_>, _request: Increment) -> Reply<Settled> {
        Err(Failure::unsupported(OperationKind::Increment))
    }

    /// Releases reserved money, or undoes a capture before settlement.
    async fn void(&self, _call: &Call<'_>, _request: Void) -> Reply<Settled> {
        Err(Failure::unsupported(OperationKind::Void))
    }

    /// Gives captured money back.
    async fn refund(&self, _call: &Call<'_>, _request: Refund) -> Reply<Settled> {
        Err(Failure::unsupported(OperationKind::Refund))
    }

    /// Sends money to an instrument.
    async fn payout(&self, _call: &Call<'_>, _request: Payout) -> Reply<Settled> {
        Err(Failure::unsupported(OperationKind::Payout))
    }
}
