//! What a use case answers when it does not do what was asked.
//!
//! A *refusal* is the business saying no: the client gets a closed code, a sentence and the path of the
//! input field. A *fault* is ours: the client gets nothing but a request id.

use purser_storage::Constraint;

/// Why a use case was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request is understood and refused.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// The storage did not do its part.
    #[error("storage: {0}")]
    Storage(purser_storage::Error),
    /// Something that cannot happen happened.
    #[error("fault while {doing}: {detail}")]
    Fault {
        /// What was being done.
        doing: &'static str,
        /// What came of it, for operators.
        detail: String,
    },
}

/// A refusal: a code to branch on, a sentence for people, and where in the input the reason is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Refusal {
    /// The code.
    pub code: Code,
    /// The sentence, in English; never an echo of the input.
    pub message: String,
    /// The path into the input; empty if the whole input is meant.
    pub field: Vec<String>,
}

impl Error {
    /// A refusal with its sentence and the dotted path of the field.
    #[must_use]
    pub fn refused(code: Code, field: &str, message: impl Into<String>) -> Self {
        let field = field.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        Self::Refused(Refusal { code, message: message.into(), field })
    }

    /// The same refusal of an input that is a part of a larger one, under the part's name there.
    #[must_use]
    pub(crate) fn under(self, part: &str) -> Self {
        match self {
            Self::Refused(mut refusal) => {
                refusal.field.insert(0, part.to_owned());
                Self::Refused(refusal)
            }
            fault => fault,
        }
    }

    /// The answer for what does not exist or may not be seen; the two are never told apart.
    #[must_use]
    pub fn not_found(code: Code, field: &str) -> Self {
        Self::refused(code, field, "There is nothing with this id that you can see.")
    }
}

impl From<purser_storage::Error> for Error {
    /// A conflict with a rule of the database is a refusal; everything else is a fault.
    fn from(error: purser_storage::Error) -> Self {
        let purser_storage::Error::Conflict(constraint) = &error else { return Self::Storage(error) };
        let (code, field, message) = match constraint {
            Constraint::TenantSlug => (Code::SlugTaken, "slug", "Another tenant has this slug."),
            Constraint::ContainerName => {
                (Code::ContainerNameTaken, "name", "You have a container of this name.")
            }
            Constraint::ConnectorName => {
                (Code::ConnectorNameTaken, "name", "You have a connector of this name.")
            }
            Constraint::RouterName => (Code::RouterNameTaken, "name", "You have a router of this name."),
            Constraint::CustomerIdentification => (
                Code::DuplicateCustomerIdentification,
                "customerIdentification",
                "The container has a profile with this customerIdentification.",
            ),
            Constraint::ExternalId => {
                (Code::DuplicateExternalId, "externalId", "You have a profile with this external id.")
            }
            Constraint::MerchantTransactionId => (
                Code::DuplicateTransactionId,
                "merchantTransactionId",
                "You have a payment with this merchantTransactionId.",
            ),
            Constraint::OrderExternalId => {
                (Code::DuplicateOrderId, "externalId", "You have an order with this external id.")
            }
            Constraint::OptOut => (Code::AlreadyDisabled, "", "Containers are disabled in this way already."),
            _ => return Self::Storage(error),
        };
        Self::refused(code, field, message)
    }
}

/// Declares the closed set of refusal codes with their text and what they mean.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal,)+) => {
        /// The closed set of refusal codes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($(#[doc = $doc])+ $name,)+ }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The text of the code in the graph.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// What the code means, as the documentation has it.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+),)+ }
            }
        }

        impl std::fmt::Display for Code {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

codes! {
    /// A text of the input is too long, too short or has characters that it may not have.
    InvalidInput = "INVALID_INPUT",
    /// The record was changed since it was read; read it again and decide anew.
    VersionConflict = "VERSION_CONFLICT",
    /// The tenant's plan does not include the feature.
    FeatureDisabled = "FEATURE_DISABLED",
    /// No such tenant, or not one that you can see.
    TenantNotFound = "TENANT_NOT_FOUND",
    /// The tree would become too deep.
    TreeTooDeep = "TREE_TOO_DEEP",
    /// Another tenant has the slug.
    SlugTaken = "SLUG_TAKEN",
    /// No such API key, or not one that you can see.
    ApiKeyNotFound = "API_KEY_NOT_FOUND",
    /// The credential lacks the scope that a part of the input needs, or one that a new key would have.
    ScopeNotHeld = "SCOPE_NOT_HELD",
    /// No such container, or not one that you can see.
    ContainerNotFound = "CONTAINER_NOT_FOUND",
    /// You have a container of this name.
    ContainerNameTaken = "CONTAINER_NAME_TAKEN",
    /// Neither the connector nor its tenant has a container bound.
    NoContainerBound = "NO_CONTAINER_BOUND",
    /// The container's owner disabled it.
    ContainerDisabled = "CONTAINER_DISABLED",
    /// A tenant above disabled containers for its sub-tenants.
    ContainerDisabledForSubtenant = "CONTAINER_DISABLED_FOR_SUBTENANT",
    /// The container is not shared with you, or no longer.
    ContainerNotShared = "CONTAINER_NOT_SHARED",
    /// Your grant for the container lacks a permission that this needs.
    ContainerPermissionMissing = "CONTAINER_PERMISSION_MISSING",
    /// No such share, or not one that you can see.
    ShareNotFound = "SHARE_NOT_FOUND",
    /// A share to the owner itself may only add `USE_INSTRUMENT`.
    InvalidGrantee = "INVALID_GRANTEE",
    /// Containers are disabled in this way already.
    AlreadyDisabled = "ALREADY_DISABLED",
    /// No such opt-out of yours.
    OptOutNotFound = "OPT_OUT_NOT_FOUND",
    /// Nothing is bound there.
    BindingNotFound = "BINDING_NOT_FOUND",
    /// No such profile, or not one that you can see.
    ProfileNotFound = "PROFILE_NOT_FOUND",
    /// The profile is archived and takes no new payments or instruments.
    ProfileArchived = "PROFILE_ARCHIVED",
    /// The container has a profile with this customerIdentification.
    DuplicateCustomerIdentification = "DUPLICATE_CUSTOMER_IDENTIFICATION",
    /// You have a profile with this external id.
    DuplicateExternalId = "DUPLICATE_EXTERNAL_ID",
    /// Not an e-mail address.
    InvalidEmail = "INVALID_EMAIL",
    /// Not a telephone number in E.164.
    InvalidPhone = "INVALID_PHONE",
    /// Two identifiers of the input name different profiles.
    IdentityMismatch = "IDENTITY_MISMATCH",
    /// An identifier is needed: customerIdentification, profile guid or external id.
    IdentifierRequired = "IDENTIFIER_REQUIRED",
    /// Deletion must be confirmed with the profile's guid.
    ConfirmationRequired = "CONFIRMATION_REQUIRED",
    /// No such instrument, or not one that you can see.
    InstrumentNotFound = "INSTRUMENT_NOT_FOUND",
    /// The instrument is revoked or cannot pay.
    InstrumentNotActive = "INSTRUMENT_NOT_ACTIVE",
    /// The instrument's expiry date has passed.
    InstrumentExpired = "INSTRUMENT_EXPIRED",
    /// Your grant does not let you pay with instruments that another tenant stored.
    InstrumentNotShared = "INSTRUMENT_NOT_SHARED",
    /// The stored instrument belongs to another connector; send the payment to a router.
    InstrumentConnectorMismatch = "INSTRUMENT_CONNECTOR_MISMATCH",
    /// The profile has as many instruments as it may have.
    TooManyInstruments = "TOO_MANY_INSTRUMENTS",
    /// No plugin of this id is part of the server.
    PluginNotFound = "PLUGIN_NOT_FOUND",
    /// The settings do not fit the plugin's schema.
    SettingsInvalid = "SETTINGS_INVALID",
    /// A plugin that simulates a processor has no connectors in the live environment.
    ConnectorModeMismatch = "CONNECTOR_MODE_MISMATCH",
    /// No such connector, or not one of yours.
    ConnectorNotFound = "CONNECTOR_NOT_FOUND",
    /// You have a connector of this name.
    ConnectorNameTaken = "CONNECTOR_NAME_TAKEN",
    /// The connector is paused or its settings do not work.
    ConnectorDisabled = "CONNECTOR_DISABLED",
    /// The processor does not accept the connector's credentials, or does not answer.
    ConnectorUnavailable = "CONNECTOR_UNAVAILABLE",
    /// The connector cannot do what was asked.
    CapabilityUnsupported = "CAPABILITY_UNSUPPORTED",
    /// No such router, or not one of yours.
    RouterNotFound = "ROUTER_NOT_FOUND",
    /// You have a router of this name.
    RouterNameTaken = "ROUTER_NAME_TAKEN",
    /// No connector of the router can serve the payment; the message says why for each.
    NoEligibleConnector = "NO_ELIGIBLE_CONNECTOR",
    /// You have a payment with this merchantTransactionId.
    DuplicateTransactionId = "DUPLICATE_TRANSACTION_ID",
    /// Not an amount of the currency, or zero where money must move.
    InvalidAmount = "INVALID_AMOUNT",
    /// The currency is not that of the payment.
    CurrencyMismatch = "CURRENCY_MISMATCH",
    /// No such payment, or not one of yours.
    PaymentNotFound = "PAYMENT_NOT_FOUND",
    /// A payment in this state cannot be captured.
    NotCapturable = "NOT_CAPTURABLE",
    /// More than what is still reserved.
    AmountExceedsAuthorized = "AMOUNT_EXCEEDS_AUTHORIZED",
    /// A payment in this state cannot be voided.
    NotVoidable = "NOT_VOIDABLE",
    /// A payment in this state cannot be refunded.
    NotRefundable = "NOT_REFUNDABLE",
    /// More than what was captured and not refunded yet.
    AmountExceedsRefundable = "AMOUNT_EXCEEDS_REFUNDABLE",
    /// The referenced payment was not yours or stored no instrument.
    ReferenceNotFound = "REFERENCE_NOT_FOUND",
    /// The idempotency key was used for another request; a new request needs a new key.
    IdempotencyKeyReused = "IDEMPOTENCY_KEY_REUSED",
    /// A merchant-initiated payment needs a stored instrument and a reason, and only those have one.
    MitNotAllowed = "MIT_NOT_ALLOWED",
    /// A payment in this state cannot be committed.
    NotCommittable = "NOT_COMMITTABLE",
    /// The payment was committed as often as it may be.
    CommitsExhausted = "COMMITS_EXHAUSTED",
    /// The payment's time to be finished has passed.
    PaymentExpired = "PAYMENT_EXPIRED",
    /// The payment's amount is fixed, or it was not declined for lack of funds.
    AmountNotEditable = "AMOUNT_NOT_EDITABLE",
    /// Less than the payment's minimum amount.
    AmountBelowMinimum = "AMOUNT_BELOW_MINIMUM",
    /// A payment's amount may be lowered, never raised; raise an authorization with incrementAuthorization.
    AmountIncreaseForbidden = "AMOUNT_INCREASE_FORBIDDEN",
    /// The payment waits for nothing that the customer could have done.
    NotResumable = "NOT_RESUMABLE",
    /// An authorization in this state cannot be raised.
    NotIncrementable = "NOT_INCREMENTABLE",
    /// A payment in this state, or in doubt, cannot be canceled.
    NotCancelable = "NOT_CANCELABLE",
    /// No such attempt, or not one of yours.
    AttemptNotFound = "ATTEMPT_NOT_FOUND",
    /// The attempt does not wait for an operator.
    AttemptNotInReview = "ATTEMPT_NOT_IN_REVIEW",
    /// No such order, or not one of yours.
    OrderNotFound = "ORDER_NOT_FOUND",
    /// You have an order with this external id.
    DuplicateOrderId = "DUPLICATE_ORDER_ID",
    /// The order's total is not the sum of its lines, less its discounts, with tax and shipping.
    OrderTotalMismatch = "ORDER_TOTAL_MISMATCH",
    /// An order in this state takes no such change.
    OrderNotOpen = "ORDER_NOT_OPEN",
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page lists every code with its meaning, in the order of declaration.
    #[test]
    fn the_page_of_refusals_is_that_of_the_codes() {
        let page = include_str!("../../../docs/errors.md");

        let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
        let expected: Vec<String> =
            Code::ALL.iter().map(|code| format!("| `{code}` | {} |", code.meaning().trim())).collect();

        assert_eq!(rows, expected);
    }
}
