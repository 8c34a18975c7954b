//! What a payment is asked for with.

use std::str::FromStr;

use async_graphql::{ID, InputObject, OneofObject};
use purser_domain::payment::PaymentSource as Source;
use purser_services::payments::{CustomerProfileData, Pay, PayWith, Terms};
use purser_services::values;
use purser_types::{Money, Secret};

use super::target;
use crate::context::Session;
use crate::error::{Code, ServiceError};
use crate::money::MoneyInput;
use crate::payload;
use crate::profiles::PersonInput;
use crate::scalars::{CurrencyCode, DateTime, JsonObject, Url};
use crate::words::{Initiator, MitReason, PaymentKind, PaymentSource};

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
    /// The address of the customer's browser as you saw it, IPv4 or IPv6; told to the processor, not kept.
    ip_address: Option<String>,
    #[graphql(flatten)]
    person: PersonInput,
}

/// Where customers and your server are told of the outcome; part of the payments' inputs.
#[derive(InputObject, Default)]
pub(crate) struct UrlsInput {
    /// Where the customer's browser goes after an action at the processor or issuer, whatever the outcome.
    /// `paymentId`, `merchantTransactionId` and `status` are appended. An action that needs a browser is only
    /// possible with this or one of the next three.
    return_url: Option<Url>,
    /// Where it goes after a success, instead of `returnUrl`.
    success_url: Option<Url>,
    /// Where it goes after the customer canceled, instead of `returnUrl`.
    cancel_url: Option<Url>,
    /// Where it goes after a decline or a failure, instead of `returnUrl`.
    error_url: Option<Url>,
    /// Where your server listens for this payment.
    callback_url: Option<Url>,
}

/// What debits, preauthorisations and payments that are paid later have in common; part of their inputs.
#[derive(InputObject)]
pub(crate) struct ChargeInput {
    /// Your own id of the transaction, at most 64 characters, unique per tenant and environment: sent
    /// twice, the second is refused and nothing is charged.
    merchant_transaction_id: String,
    /// Through this connector, `con_…`; this or `routerId`.
    connector_id: Option<ID>,
    /// Through this router, `rtr_…`, which picks the connector; this or `connectorId`.
    router_id: Option<ID>,
    /// How much; not zero.
    amount: MoneyInput,
    /// The least to which the customer may lower the amount after a decline for lack of funds, in the
    /// currency of `amount`; the payment may then be committed 5 times, unless it says otherwise. The amount is
    /// fixed if absent.
    minimum_amount: Option<MoneyInput>,
    /// Take an approval for less than `amount`; refused approvals are declines.
    #[graphql(default = false)]
    accept_partial_authorization: bool,
    /// The text for the card statement, at most 255 characters.
    description: Option<String>,
    /// What the checkout knows of the customer.
    customer: Option<CustomerInput>,
    /// Whose profile it belongs to; that of the stored instrument if absent.
    customer_profile_data: Option<CustomerProfileDataInput>,
    /// Store the instrument if the payment succeeds; needs `customerProfileData`.
    #[graphql(default = false)]
    with_register: bool,
    #[graphql(flatten)]
    urls: UrlsInput,
    /// Until when the payment may be committed and the customer may act; it then becomes `EXPIRED`. For ever,
    /// as far as the processor allows it, if absent.
    expires_at: Option<DateTime>,
    /// Where the payment came from; `API` if absent.
    source: Option<PaymentSource>,
    /// The source's id, such as a payment link's.
    source_id: Option<String>,
    /// The source's name now.
    source_description: Option<String>,
    /// Who started it; `CUSTOMER` if absent.
    initiator: Option<Initiator>,
    /// Why you start it under an earlier agreement: for `MERCHANT` as the initiator, and only then.
    mit_reason: Option<MitReason>,
    /// The order that it pays, `ord_…`, of the same currency.
    order_id: Option<ID>,
    /// Your own data, at most 8 KiB as JSON. Needs `metadata:write`.
    metadata: Option<JsonObject>,
    /// A text of yours that stands for this request, 1 to 255 visible ASCII characters: sent again with the
    /// same key it is not carried out again, but answered with what there is now. Not checked if absent; the
    /// header `Idempotency-Key` says the same.
    idempotency_key: Option<String>,
}

/// A payment in one step.
#[derive(InputObject)]
pub(crate) struct DebitPaymentInput {
    /// What pays.
    pub(super) pay_with: PayWithInput,
    #[graphql(flatten)]
    pub(super) charge: ChargeInput,
}

/// A payment that is captured later.
#[derive(InputObject)]
pub(crate) struct PreauthorizePaymentInput {
    /// What pays.
    pub(super) pay_with: PayWithInput,
    /// When what is reserved is captured by itself, finally; by `capturePayment` only if absent.
    pub(super) capture_at: Option<DateTime>,
    #[graphql(flatten)]
    pub(super) charge: ChargeInput,
}

/// A payment that is made now and paid later, perhaps in several tries.
#[derive(InputObject)]
pub(crate) struct CreatePaymentInput {
    /// What becomes of it when it is paid: `DEBIT` or `PREAUTHORIZE`.
    #[graphql(default_with = "PaymentKind::Debit")]
    pub(super) kind: PaymentKind,
    /// What pays; if absent the payment waits as `AWAITING_INSTRUMENT` for `commitPayment`.
    pub(super) pay_with: Option<PayWithInput>,
    /// When what is reserved is captured by itself, finally; for `PREAUTHORIZE`.
    pub(super) capture_at: Option<DateTime>,
    /// How often it may be sent to a processor on somebody's word, 1 to 20; 5 if absent.
    pub(super) commits_max: Option<i32>,
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
    #[graphql(flatten)]
    urls: UrlsInput,
    /// Until when the customer may act; the registration then becomes `EXPIRED`. As long as the processor
    /// allows it if absent.
    expires_at: Option<DateTime>,
    /// Your own data, at most 8 KiB as JSON. Needs `metadata:write`.
    metadata: Option<JsonObject>,
    /// A text of yours that stands for this request, 1 to 255 visible ASCII characters: sent again with the
    /// same key it is not carried out again, but answered with what there is now. Not checked if absent; the
    /// header `Idempotency-Key` says the same.
    idempotency_key: Option<String>,
}

/// What differs between the payments that are charged.
pub(super) struct Charge {
    /// What becomes of it.
    pub(super) kind: purser_domain::payment::PaymentKind,
    /// The name of the input, for the table of scopes.
    pub(super) input: &'static str,
    pub(super) pay_with: Option<PayWithInput>,
    pub(super) capture_at: Option<DateTime>,
    pub(super) commits_max: Option<i32>,
}

impl ChargeInput {
    /// The input as the services take it.
    ///
    /// # Errors
    /// Refusals of what can be judged without looking anything up.
    pub(super) fn pay(mut self, session: &Session, charge: Charge) -> Result<Pay, ServiceError> {
        let Charge { kind, input, pay_with: by, capture_at, commits_max } = charge;
        check_scope(session, self.metadata.is_some(), &format!("{input}.metadata"), "metadata")?;
        let Parted { person, identification, ip_address } = parted(self.customer);
        let terms = self.urls.terms()?;
        let minimum = self.minimum_amount.map(|minimum| minimum.read_at("minimumAmount")).transpose()?;
        Ok(Pay {
            kind,
            merchant_transaction_id: self.merchant_transaction_id,
            target: target(self.connector_id.as_ref(), self.router_id.as_ref())?,
            pay_with: by.map(|by| pay_with(session, by)).transpose()?,
            amount: self.amount.read()?,
            description: self.description,
            customer: person,
            identification,
            customer_profile_data: self.customer_profile_data.map(Into::into),
            with_register: self.with_register,
            return_url: address(self.urls.return_url, "returnUrl")?,
            terms: Terms {
                capture_at: capture_at.map(|at| at.0),
                expires_at: self.expires_at.map(|at| at.0),
                commits_max,
                minimum,
                accepts_partial: self.accept_partial_authorization,
                mit_reason: self.mit_reason.map(Into::into),
                order_id: payload::optional_id(self.order_id.as_ref(), Code::OrderNotFound, "orderId")?,
                ip_address,
                ..terms
            },
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
    pub(super) fn pay(mut self, session: &Session, amount: Money) -> Result<Pay, ServiceError> {
        let subject = "RegisterInstrumentInput.metadata";
        check_scope(session, self.metadata.is_some(), subject, "metadata")?;
        let Parted { person, identification, ip_address } = parted(self.customer);
        let terms = self.urls.terms()?;
        Ok(Pay {
            kind: purser_domain::payment::PaymentKind::Register,
            merchant_transaction_id: self.merchant_transaction_id,
            target: target(self.connector_id.as_ref(), self.router_id.as_ref())?,
            pay_with: Some(pay_with(session, self.pay_with)?),
            amount,
            description: None,
            customer: person,
            identification,
            customer_profile_data: Some(self.customer_profile_data.into()),
            with_register: true,
            return_url: address(self.urls.return_url, "returnUrl")?,
            terms: Terms { expires_at: self.expires_at.map(|at| at.0), ip_address, ..terms },
            source: Source::Api,
            source_id: None,
            source_description: None,
            initiator: values::Initiator::Customer,
            metadata: self.metadata.map(|metadata| metadata.0).unwrap_or_default(),
        })
    }
}

impl UrlsInput {
    /// Terms with all of the addresses but the one to return to.
    fn terms(&mut self) -> Result<Terms, ServiceError> {
        Ok(Terms {
            success_url: address(self.success_url.take(), "successUrl")?,
            cancel_url: address(self.cancel_url.take(), "cancelUrl")?,
            error_url: address(self.error_url.take(), "errorUrl")?,
            callback_url: address(self.callback_url.take(), "callbackUrl")?,
            ..Terms::default()
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

/// What the checkout knows, in the parts that the services take.
#[derive(Default)]
struct Parted {
    person: Option<purser_services::PersonInput>,
    identification: Option<String>,
    ip_address: Option<String>,
}

fn parted(customer: Option<CustomerInput>) -> Parted {
    customer.map_or_else(Parted::default, |customer| Parted {
        person: Some(customer.person.into()),
        identification: customer.identification,
        ip_address: customer.ip_address,
    })
}

/// What pays, if the credential has the scope that it needs.
///
/// # Errors
/// `SCOPE_NOT_HELD`, `REFERENCE_NOT_FOUND`.
pub(in crate::payments) fn pay_with(session: &Session, input: PayWithInput) -> Result<PayWith, ServiceError> {
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

fn address<T: FromStr>(url: Option<Url>, field: &str) -> Result<Option<T>, ServiceError> {
    let refuse = |_| ServiceError::refused(Code::InvalidInput, field, "Not an absolute address.");
    url.map(|url| url.0.parse().map_err(refuse)).transpose()
}
