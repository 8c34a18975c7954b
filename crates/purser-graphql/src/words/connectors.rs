//! Closed enums about connectors and routes.

use async_graphql::Enum;

/// Whether a connector takes payments.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_domain::connector::ConnectorStatus")]
pub(crate) enum ConnectorStatus {
    /// It does.
    Active,
    /// Its owner paused it: follow-ups go on, new payments do not.
    Paused,
    /// Its settings do not work; see the reason.
    Disabled,
}

/// What the router found about one connector.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_domain::routing::Verdict")]
pub(crate) enum RouteVerdict {
    /// It can serve the request.
    Eligible,
    /// Its owner paused it, or its settings do not work.
    NotActive,
    /// The stored instrument belongs to another connector.
    InstrumentElsewhere,
    /// It does not use the container that the stored instrument lives in.
    ContainerNotBound,
    /// It does not take the kind of instrument.
    MethodUnsupported,
    /// It cannot do the operation.
    OperationUnsupported,
    /// It does not take the currency.
    CurrencyUnsupported,
    /// It could, but enough others come first.
    BeyondAttemptBound,
}

/// One thing that a connector may be asked to do.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_services::values::OperationKind")]
pub(crate) enum Operation {
    /// Prove that credentials work.
    Probe,
    /// Reserve money, to be captured later.
    Authorize,
    /// Reserve and capture in one step: `authorize` with automatic capture (IXOPAY: debit).
    Sale,
    /// Continue after the customer did something.
    Resume,
    /// Take reserved money.
    Capture,
    /// Release reserved money, or undo a capture before settlement.
    Void,
    /// Give captured money back.
    Refund,
    /// Send money to an instrument.
    Payout,
    /// Store an instrument without taking money.
    Register,
    /// Forget a stored instrument.
    Deregister,
    /// Check that an instrument can be used, without taking money.
    Verify,
    /// Ask what became of one of our references.
    Lookup,
    /// Raise what an authorisation reserves.
    Increment,
}

/// Where a stored instrument's token may be used: the rule that an instrument is tied to its connector.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_services::values::TokenScope")]
pub(crate) enum TokenScope {
    /// Only by the connector account that stored it.
    Account,
    /// By every account of the same processor.
    Processor,
    /// Anywhere.
    Portable,
}

/// How the customer proves who they are.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_services::values::Authentication")]
pub(crate) enum CustomerAuthentication {
    /// Not at all.
    None,
    /// In the browser, at an address of the processor or the issuer.
    Redirect,
    /// Inside the page of the merchant.
    Embedded,
}

/// What a notification of the processor is worth.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_services::values::Notifications")]
pub(crate) enum ConnectorNotifications {
    /// Signed: its content is the processor's word.
    Signed,
    /// Unsigned: a hint to look up, nothing more.
    HintOnly,
    /// There are none.
    None,
}
