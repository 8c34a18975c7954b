//! What a payment is asked for with.

use std::str::FromStr;

use async_graphql::{ID, InputObject, OneofObject};
use purser_domain::payment::{PaymentKind, PaymentSource as Source};
use purser_services::payments::{CustomerProfileData, Pay, PayWith, Terms};
use purser_services::values;
use purser_types::{Money, Secret};

use super::target;
use crate::context::Session;
use crate::error::{Code, ServiceError};
use crate::money::MoneyInput;
use crate::payload;
use crate::profiles::PersonInput;
use crate::scalars::{CurrencyCode, JsonObject, Url};
use crate::words::{Initiator, PaymentSource};

/// What pays.
#[derive(OneofObject)]
pub(crate) enum PayWithInput {
    /// A stored instrument, `pt::…`. Needs `instruments:use`.
    PaymentToken(String),
    /// The instrument of an earlier payment of yours, `pay_…`. Needs `instruments:use`.
    ReferencePaymentId(ID),
    /// A token that the processor's own form made for one use.
    TransactionToken(String),
}

/// Whose profile the payment belongs to, and what to do with the instrument. A profile that none of the
/// identifiers names is created.
#[derive(InputObject)]
pub(crate) struct CustomerProfileDataInput {
    /// An existing profile by its guid.
    profile_guid: Option<String>,
    /// An existing profile of the connector's container, or the identification of a new one; at most 64
    /// characters.
    customer_identification: Option<String>,
    /// An existing profile by your own customer id, or your id of a new one; at most 64 characters.
    external_id: Option<String>,
    /// Store the instrument and make it the one to offer first.
    #[graphql(default = false)]
    mark_as_preferred: bool,
}

/// What the checkout knows of the customer. It fills what is blank in the profile, and overwrites nothing.
#[derive(InputObject)]
pub(crate) struct CustomerInput {
    /// The ecosystem's identifier of the customer, at most 64 characters; stands in for the one of
    /// `customerProfileData`.
    identification: Option<String>,
    #[graphql(flatten)]
    person: PersonInput,
}

/// What debits and preauthorisations have in common; part of their inputs.
#[derive(InputObject)]
pub(crate) struct ChargeInput {
    /// Your own id of the transaction, at most 64 characters, unique per tenant and environment: sent
    /// twice, the second is refused and nothing is charged.
    merchant_transaction_id: String,
    /// Through this connector, `con_…`; this or `routerId`.
    connector_id: Option<ID>,
    /// Through this router, `rtr_…`, which picks the connector; this or `connectorId`.
    router_id: Option<ID>,
    /// What pays.
    pay_with: PayWithInput,
    /// How much; not zero.
    amount: MoneyInput,
    /// The text for the card statement, at most 255 characters.
    description: Option<String>,
    /// What the checkout knows of the customer.
    customer: Option<CustomerInput>,
    /// Whose profile it belongs to; that of the stored instrument if absent.
    customer_profile_data: Option<CustomerProfileDataInput>,
    /// Store the instrument if the payment succeeds; needs `customerProfileData`.
    #[graphql(default = false)]
    with_register: bool,
    /// Where the customer returns after an action at the processor or issuer.
    return_url: Option<Url>,
    /// Where the payment came from; `API` if absent.
    source: Option<PaymentSource>,
    /// The source's id, such as a payment link's.
    source_id: Option<String>,
    /// The source's name now.
    source_description: Option<String>,
    /// Who started it; `CUSTOMER` if absent.
    initiator: Option<Initiator>,
    /// Your own data, at most 8 KiB as JSON. Needs `metadata:write`.
    metadata: Option<JsonObject>,
}

/// A payment in one step.
#[derive(InputObject)]
pub(crate) struct DebitPaymentInput {
    #[graphql(flatten)]
    pub(super) charge: ChargeInput,
}

/// A payment that is captured later.
#[derive(InputObject)]
pub(crate) struct PreauthorizePaymentInput {
    #[graphql(flatten)]
    pub(super) charge: ChargeInput,
}

/// An instrument to be stored.
#[derive(InputObject)]
pub(crate) struct RegisterInstrumentInput {
    /// Your own id of the transaction, at most 64 characters, unique per tenant and environment.
    merchant_transaction_id: String,
    /// Through this connector, `con_…`; this or `routerId`.
    connector_id: Option<ID>,
    /// Through this router, `rtr_…`, which picks the connector; this or `connectorId`.
    router_id: Option<ID>,
    /// What is stored: a token that the processor's own form made for one use.
    pay_with: PayWithInput,
    /// The currency that the instrument is to pay in, ISO 4217; your tenant's default if absent.
    pub(super) currency: Option<CurrencyCode>,
    /// What the checkout knows of the customer.
    customer: Option<CustomerInput>,
    /// Whose profile it belongs to.
    customer_profile_data: CustomerProfileDataInput,
    /// Where the customer returns after an action at the processor or issuer.
    return_url: Option<Url>,
    /// Your own data, at most 8 KiB as JSON. Needs `metadata:write`.
    metadata: Option<JsonObject>,
}

impl ChargeInput {
    /// The input as the services take it.
    ///
    /// # Errors
    /// Refusals of what can be judged without looking anything up.
    pub(super) fn pay(self, session: &Session, kind: PaymentKind, input: &str) -> Result<Pay, ServiceError> {
        check_scope(session, self.metadata.is_some(), &format!("{input}.metadata"), "metadata")?;
        let (customer, identification) = parted(self.customer);
        Ok(Pay {
            kind,
            merchant_transaction_id: self.merchant_transaction_id,
            target: target(self.connector_id.as_ref(), self.router_id.as_ref())?,
            pay_with: Some(pay_with(session, self.pay_with)?),
            amount: self.amount.read()?,
            description: self.description,
            customer,
            identification,
            customer_profile_data: self.customer_profile_data.map(Into::into),
            with_register: self.with_register,
            return_url: return_url(self.return_url)?,
            terms: Terms::default(),
            source: self.source.map_or(Source::Api, Into::into),
            source_id: self.source_id,
            source_description: self.source_description,
            initiator: self.initiator.map_or(values::Initiator::Customer, Into::into),
            metadata: self.metadata.map(|metadata| metadata.0).unwrap_or_default(),
        })
    }
}

impl RegisterInstrumentInput {
    /// The input as the services take it.
    ///
    /// # Errors
    /// Refusals of what can be judged without looking anything up.
    pub(super) fn pay(self, session: &Session, amount: Money) -> Result<Pay, ServiceError> {
        let subject = "RegisterInstrumentInput.metadata";
        check_scope(session, self.metadata.is_some(), subject, "metadata")?;
        let (customer, identification) = parted(self.customer);
        Ok(Pay {
            kind: PaymentKind::Register,
            merchant_transaction_id: self.merchant_transaction_id,
            target: target(self.connector_id.as_ref(), self.router_id.as_ref())?,
            pay_with: Some(pay_with(session, self.pay_with)?),
            amount,
            description: None,
            customer,
            identification,
            customer_profile_data: Some(self.customer_profile_data.into()),
            with_register: true,
            return_url: return_url(self.return_url)?,
            terms: Terms::default(),
            source: Source::Api,
            source_id: None,
            source_description: None,
            initiator: values::Initiator::Customer,
            metadata: self.metadata.map(|metadata| metadata.0).unwrap_or_default(),
        })
    }
}

impl From<CustomerProfileDataInput> for CustomerProfileData {
    fn from(input: CustomerProfileDataInput) -> Self {
        Self {
            profile_guid: input.profile_guid,
            customer_identification: input.customer_identification,
            external_id: input.external_id,
            mark_as_preferred: input.mark_as_preferred,
        }
    }
}

fn parted(customer: Option<CustomerInput>) -> (Option<purser_services::PersonInput>, Option<String>) {
    match customer {
        Some(customer) => (Some(customer.person.into()), customer.identification),
        None => (None, None),
    }
}

fn pay_with(session: &Session, input: PayWithInput) -> Result<PayWith, ServiceError> {
    match input {
        PayWithInput::TransactionToken(token) => Ok(PayWith::TransactionToken(Secret::new(token))),
        PayWithInput::PaymentToken(token) => {
            check_scope(session, true, "PayWithInput.paymentToken", "payWith.paymentToken")?;
            Ok(PayWith::PaymentToken(token))
        }
        PayWithInput::ReferencePaymentId(id) => {
            let field = "payWith.referencePaymentId";
            check_scope(session, true, "PayWithInput.referencePaymentId", field)?;
            payload::id(&id, Code::ReferenceNotFound, field).map(PayWith::ReferencePayment)
        }
    }
}

/// Refuses a part of the input for which the credential lacks the table's scope.
fn check_scope(session: &Session, is_used: bool, subject: &str, field: &str) -> Result<(), ServiceError> {
    if is_used && !session.may(subject) {
        let message = "The credential lacks the scope that this part of the input needs.";
        return Err(ServiceError::refused(Code::ScopeNotHeld, field, message));
    }
    Ok(())
}

fn return_url<T: FromStr>(url: Option<Url>) -> Result<Option<T>, ServiceError> {
    let refuse = |_| ServiceError::refused(Code::InvalidInput, "returnUrl", "Not an absolute address.");
    url.map(|url| url.0.parse().map_err(refuse)).transpose()
}
