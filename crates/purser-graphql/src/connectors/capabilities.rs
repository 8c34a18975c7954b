//! What a connector can do.

use async_graphql::{Object, SimpleObject};
use purser_services::values::{self, Idempotency};

use crate::scalars::{BigInt, CountryCode, CurrencyCode};
use crate::words::{ConnectorNotifications, CustomerAuthentication, InstrumentKind, Operation, TokenScope};

/// What a configured connector can do.
pub(crate) struct ConnectorCapabilities(pub(crate) values::Capabilities);

/// What a connector can do, as its plugin declares it and the conformance kit checks it.
#[Object]
impl ConnectorCapabilities {
    /// One entry per kind of instrument.
    async fn methods(&self) -> Vec<MethodCapability> {
        self.0.methods.iter().cloned().map(MethodCapability).collect()
    }

    /// What keeps a repeated request from moving money twice.
    async fn idempotency(&self) -> ConnectorIdempotency {
        match self.0.idempotency {
            Idempotency::Native { .. } => ConnectorIdempotency::Native,
            Idempotency::OwnReference => ConnectorIdempotency::OwnReference,
            Idempotency::None => ConnectorIdempotency::None,
        }
    }

    /// What the processor's notifications are worth.
    async fn notifications(&self) -> ConnectorNotifications {
        self.0.notifications.into()
    }
}

/// What keeps a repeated request from moving money twice.
#[derive(async_graphql::Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConnectorIdempotency {
    /// The processor honours an idempotency key.
    Native,
    /// The processor refuses a second use of our reference.
    OwnReference,
    /// Nothing: after a lost answer the request is never repeated, only looked up.
    None,
}

/// What a connector can do with one kind of instrument.
pub(crate) struct MethodCapability(values::MethodCapability);

/// What a connector can do with one kind of instrument.
#[Object]
impl MethodCapability {
    /// The kind of instrument.
    async fn kind(&self) -> InstrumentKind {
        self.0.method.into()
    }

    /// The operations that are possible. `AUTHORIZE` stands for a preauthorisation, `SALE` for a debit.
    async fn operations(&self) -> Vec<Operation> {
        self.0.operations.iter().copied().map(Operation::from).collect()
    }

    /// The currencies that are accepted, ISO 4217; empty means all.
    async fn currencies(&self) -> Vec<CurrencyCode> {
        self.0.currencies.iter().copied().map(CurrencyCode).collect()
    }

    /// The customer's countries that are accepted, ISO 3166-1 alpha-2; empty means all.
    async fn countries(&self) -> Vec<CountryCode> {
        self.0.countries.iter().copied().map(CountryCode).collect()
    }

    /// What can be captured.
    async fn capture(&self) -> CaptureCapability {
        CaptureCapability { partial: self.0.capture.partial, multiple: self.0.capture.multiple }
    }

    /// What can be refunded.
    async fn refund(&self) -> RefundCapability {
        let window = self.0.refund.window.map(|window| i64::try_from(window.as_secs()).unwrap_or(i64::MAX));
        RefundCapability {
            partial: self.0.refund.partial,
            multiple: self.0.refund.multiple,
            window_seconds: window.map(BigInt),
        }
    }

    /// How the customer is authenticated when the issuer asks for it.
    async fn authentication(&self) -> CustomerAuthentication {
        self.0.authentication.into()
    }

    /// Where a token stored for this kind of instrument may be used.
    async fn token_scope(&self) -> TokenScope {
        self.0.token_scope.into()
    }
}

/// What can be captured.
#[derive(SimpleObject)]
pub(crate) struct CaptureCapability {
    /// Less than the authorised amount.
    partial: bool,
    /// Several parts of one authorisation.
    multiple: bool,
}

/// What can be refunded.
#[derive(SimpleObject)]
pub(crate) struct RefundCapability {
    /// Less than the captured amount.
    partial: bool,
    /// Several parts of one capture.
    multiple: bool,
    /// How many seconds after the capture a refund is possible; null if there is no limit.
    window_seconds: Option<BigInt>,
}
