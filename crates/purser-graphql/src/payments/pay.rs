//! Debit, preauthorize, register.

mod codes;
mod input;

use async_graphql::{Context, Error, ID, Object, SimpleObject};
use purser_domain::payment::PaymentKind;
use purser_services::payments::{self, Paid, Pay, Target};
use purser_types::Money;

use super::Payment;
use crate::context::{Session, enter, session};
use crate::error::{Code, Nullable, ServiceError};
use crate::instruments::Instrument;
use crate::payload::{self, Codes, UserError, settle};
use crate::profiles::Profile;
use codes::{DebitPayment, PreauthorizePayment, RegisterInstrument};
use input::{ChargeInput, DebitPaymentInput, PreauthorizePaymentInput, RegisterInstrumentInput};

/// Whose profile and which instrument a payment came to: what to send with the next one.
#[derive(SimpleObject)]
pub(crate) struct CustomerProfileResult {
    /// The guid of the profile.
    profile_guid: String,
    /// The ecosystem's own identifier of the customer; null if there is none.
    customer_identification: Option<String>,
    /// The text that pays next time; null if no instrument is stored or seen, and without
    /// `instruments:use`.
    payment_token: Option<String>,
}

/// What became of `debitPayment`.
#[derive(SimpleObject)]
pub(crate) struct DebitPaymentPayload {
    /// The payment, whatever became of it: a decline is a state, not an error. Null if it was refused.
    payment: Option<Payment>,
    /// The customer's profile; null if it has none, and without `profiles:read`.
    profile: Option<Profile>,
    /// The instrument that paid or was stored; null if there is none, and without `instruments:read`.
    instrument: Option<Instrument>,
    /// The keys of profile and instrument; null as the profile is.
    customer_profile_data: Option<CustomerProfileResult>,
    /// Why it was refused; empty if it was not. Nothing was sent to a processor then.
    user_errors: Vec<UserError<DebitPayment>>,
}

/// What became of `preauthorizePayment`.
#[derive(SimpleObject)]
pub(crate) struct PreauthorizePaymentPayload {
    /// The payment, whatever became of it: a decline is a state, not an error. Null if it was refused.
    payment: Option<Payment>,
    /// The customer's profile; null if it has none, and without `profiles:read`.
    profile: Option<Profile>,
    /// The instrument that pays or was stored; null if there is none, and without `instruments:read`.
    instrument: Option<Instrument>,
    /// The keys of profile and instrument; null as the profile is.
    customer_profile_data: Option<CustomerProfileResult>,
    /// Why it was refused; empty if it was not. Nothing was sent to a processor then.
    user_errors: Vec<UserError<PreauthorizePayment>>,
}

/// What became of `registerInstrument`.
#[derive(SimpleObject)]
pub(crate) struct RegisterInstrumentPayload {
    /// The registration as a payment of zero, whatever became of it. Null if it was refused.
    payment: Option<Payment>,
    /// The customer's profile; null without `profiles:read`, and if it was refused.
    profile: Option<Profile>,
    /// The stored instrument; null until it is stored, and without `instruments:read`.
    instrument: Option<Instrument>,
    /// The keys of profile and instrument; null as the profile is.
    customer_profile_data: Option<CustomerProfileResult>,
    /// Why it was refused; empty if it was not. Nothing was sent to a processor then.
    user_errors: Vec<UserError<RegisterInstrument>>,
}

#[derive(Default)]
pub(crate) struct PayMutation;

#[Object]
impl PayMutation {
    /// Takes a payment in one step, and stores the instrument if you say so. Needs `payments:write`.
    async fn debit_payment(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The payment.")] input: DebitPaymentInput,
    ) -> Nullable<DebitPaymentPayload> {
        Some(debit(gql, input.charge).await)
    }

    /// Reserves an amount, to be captured later, and stores the instrument if you say so. Needs
    /// `payments:write`.
    async fn preauthorize_payment(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The payment.")] input: PreauthorizePaymentInput,
    ) -> Nullable<PreauthorizePaymentPayload> {
        Some(preauthorize(gql, input.charge).await)
    }

    /// Stores an instrument in a profile without taking money. Needs `payments:write`.
    async fn register_instrument(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The instrument and whose it is.")] input: RegisterInstrumentInput,
    ) -> Nullable<RegisterInstrumentPayload> {
        Some(register(gql, input).await)
    }
}

async fn debit(gql: &Context<'_>, input: ChargeInput) -> Result<DebitPaymentPayload, Error> {
    let session = enter(gql, "Mutation.debitPayment")?;
    let asked = input.pay(session, PaymentKind::Debit, "DebitPaymentInput");
    let Outcome { payment, profile, instrument, customer_profile_data, user_errors } =
        pay(gql, asked).await?;
    Ok(DebitPaymentPayload { payment, profile, instrument, customer_profile_data, user_errors })
}

async fn preauthorize(gql: &Context<'_>, input: ChargeInput) -> Result<PreauthorizePaymentPayload, Error> {
    let session = enter(gql, "Mutation.preauthorizePayment")?;
    let asked = input.pay(session, PaymentKind::Preauthorize, "PreauthorizePaymentInput");
    let Outcome { payment, profile, instrument, customer_profile_data, user_errors } =
        pay(gql, asked).await?;
    Ok(PreauthorizePaymentPayload { payment, profile, instrument, customer_profile_data, user_errors })
}

async fn register(
    gql: &Context<'_>,
    input: RegisterInstrumentInput,
) -> Result<RegisterInstrumentPayload, Error> {
    let session = enter(gql, "Mutation.registerInstrument")?;
    let amount = match input.currency {
        Some(currency) => Money::zero(currency.0),
        None => session.zero().await?,
    };
    let asked = input.pay(session, amount);
    let Outcome { payment, profile, instrument, customer_profile_data, user_errors } =
        pay(gql, asked).await?;
    Ok(RegisterInstrumentPayload { payment, profile, instrument, customer_profile_data, user_errors })
}

/// What the three payloads have in common.
struct Outcome<C: Codes> {
    payment: Option<Payment>,
    profile: Option<Profile>,
    instrument: Option<Instrument>,
    customer_profile_data: Option<CustomerProfileResult>,
    user_errors: Vec<UserError<C>>,
}

async fn pay<C: Codes>(gql: &Context<'_>, asked: Result<Pay, ServiceError>) -> Result<Outcome<C>, Error> {
    let session = session(gql)?;
    let done = match asked {
        Ok(asked) => session.write(|ctx| async move { payments::pay(&ctx, asked).await }).await,
        Err(refused) => Err(refused),
    };
    let (paid, user_errors) = settle::<Paid, C>(done)?;
    let Some(paid) = paid else {
        return Ok(Outcome {
            payment: None,
            profile: None,
            instrument: None,
            customer_profile_data: None,
            user_errors,
        });
    };
    let payment = read_back(session, paid).await?;
    let profile = crate::profiles::profile(gql, paid.profile_id).await.transpose()?;
    let instrument = crate::instruments::instrument(gql, paid.instrument_id).await.transpose()?;
    let customer_profile_data = profile.as_ref().map(|profile| {
        let token = instrument.as_ref().filter(|_| session.may("Instrument.paymentToken"));
        CustomerProfileResult {
            profile_guid: profile.guid_text().to_owned(),
            customer_identification: profile.identification().map(str::to_owned),
            payment_token: token.map(|instrument| instrument.token().to_owned()),
        }
    });
    Ok(Outcome { payment, profile, instrument, customer_profile_data, user_errors })
}

/// The payment after a mutation. Whoever made it may see it, whatever else they may read.
pub(super) async fn read_back(session: &Session, paid: Paid) -> Result<Option<Payment>, Error> {
    Ok(session.loaders().payments.load(paid.payment_id).await?.map(Payment::new))
}

/// Where a payment is sent: exactly one of the two.
///
/// # Errors
/// `INVALID_INPUT` for none or both; the code for what does not exist.
pub(crate) fn target(connector_id: Option<&ID>, router_id: Option<&ID>) -> Result<Target, ServiceError> {
    match (connector_id, router_id) {
        (Some(id), None) => payload::id(id, Code::ConnectorNotFound, "connectorId").map(Target::Connector),
        (None, Some(id)) => payload::id(id, Code::RouterNotFound, "routerId").map(Target::Router),
        (None, None) | (Some(_), Some(_)) => {
            let message = "Name either a connector or a router.";
            Err(ServiceError::refused(Code::InvalidInput, "connectorId", message))
        }
    }
}
