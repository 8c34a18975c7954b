//! The codes of the mutations that take or register.

use crate::error::Code;
use crate::payload::Codes;

/// What can be wrong with any of them: the four differ in words, not in rules.
const CODES: &[Code] = &[
    Code::DuplicateTransactionId,
    Code::ConnectorNotFound,
    Code::RouterNotFound,
    Code::ConnectorDisabled,
    Code::CapabilityUnsupported,
    Code::NoEligibleConnector,
    Code::InstrumentNotFound,
    Code::InstrumentNotActive,
    Code::InstrumentExpired,
    Code::InstrumentNotShared,
    Code::InstrumentConnectorMismatch,
    Code::TooManyInstruments,
    Code::ReferenceNotFound,
    Code::MitNotAllowed,
    Code::OrderNotFound,
    Code::OrderNotOpen,
    Code::CurrencyMismatch,
    Code::IdempotencyKeyReused,
    Code::NoContainerBound,
    Code::ContainerDisabled,
    Code::ContainerDisabledForSubtenant,
    Code::ContainerNotShared,
    Code::ContainerPermissionMissing,
    Code::ContainerNotFound,
    Code::FeatureDisabled,
    Code::IdentifierRequired,
    Code::IdentityMismatch,
    Code::ProfileNotFound,
    Code::ProfileArchived,
    Code::DuplicateCustomerIdentification,
    Code::DuplicateExternalId,
    Code::VersionConflict,
    Code::ScopeNotHeld,
    Code::InvalidAmount,
    Code::InvalidEmail,
    Code::InvalidPhone,
    Code::InvalidInput,
];

/// The codes of `debitPayment`.
pub(crate) enum DebitPayment {}
impl Codes for DebitPayment {
    const MUTATION: &'static str = "DebitPayment";
    const CODES: &'static [Code] = CODES;
}

/// The codes of `preauthorizePayment`.
pub(crate) enum PreauthorizePayment {}
impl Codes for PreauthorizePayment {
    const MUTATION: &'static str = "PreauthorizePayment";
    const CODES: &'static [Code] = CODES;
}

/// The codes of `registerInstrument`.
pub(crate) enum RegisterInstrument {}
impl Codes for RegisterInstrument {
    const MUTATION: &'static str = "RegisterInstrument";
    const CODES: &'static [Code] = CODES;
}

/// The codes of `createPayment`.
pub(crate) enum CreatePayment {}
impl Codes for CreatePayment {
    const MUTATION: &'static str = "CreatePayment";
    const CODES: &'static [Code] = CODES;
}
