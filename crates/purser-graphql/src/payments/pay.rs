//! Debit, preauthorize, register; and payments that are made now and paid later.

mod codes;
mod input;

use async_graphql::{Context, Error, ID, Object, SimpleObject};
use purser_domain::payment::PaymentKind as Kind;
use purser_services::payments::{self, Paid, Pay, Target};
use purser_types::Money;

use super::Payment;
use crate::context::Session;
use crate::error::{Code, Nullable, ServiceError};
use crate::instruments::Instrument;
use crate::once::{Keyed, enter_keyed};
use crate::payload::{self, Codes, UserError, settle};
use crate::profiles::Profile;
use codes::{CreatePayment, DebitPayment, PreauthorizePayment, RegisterInstrument};
use input::{
    Charge, CreatePaymentInput, DebitPaymentInput, PreauthorizePaymentInput, RegisterInstrumentInput,
};

pub(crate) use input::PayWithInput;
pub(super) use input::pay_with;

/// How often a payment that is paid later may be committed, unless it says otherwise.
const COMMITS_MAX: i32 = 5;

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

/// What became of `createPayment`.
#[derive(SimpleObject)]
pub(crate) struct CreatePaymentPayload {
    /// The payment, which waits for an instrument, or whatever became of it if one pays already: a decline
    /// is a state, not an error. Null if it was refused.
    payment: Option<Payment>,
    /// The customer's profile; null if it has none, and without `profiles:read`.
    profile: Option<Profile>,
    /// The instrument that pays or was stored; null if there is none, and without `instruments:read`.
    instrument: Option<Instrument>,
    /// The keys of profile and instrument; null as the profile is.
    customer_profile_data: Option<CustomerProfileResult>,
    /// Why it was refused; empty if it was not. Nothing was sent to a processor then.
    user_errors: Vec<UserError<CreatePayment>>,
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
        Some(debit(gql, input).await)
    }

    /// Reserves an amount, to be captured later, and stores the instrument if you say so. Needs
    /// `payments:write`.
    async fn preauthorize_payment(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The payment.")] input: PreauthorizePaymentInput,
    ) -> Nullable<PreauthorizePaymentPayload> {
        Some(preauthorize(gql, input).await)
    }

    /// Makes a payment that is paid later or in several tries: by `commitPayment`, which the customer's choice
    /// of an instrument leads to. Needs `payments:write`.
    async fn create_payment(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The payment.")] input: CreatePaymentInput,
    ) -> Nullable<CreatePaymentPayload> {
        Some(create(gql, input).await)
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

async fn debit(gql: &Context<'_>, input: DebitPaymentInput) -> Result<DebitPaymentPayload, Error> {
    let keyed = enter_keyed(gql, "Mutation.debitPayment")?;
    let charge = Charge {
        kind: Kind::Debit,
        input: "DebitPaymentInput",
        pay_with: Some(input.pay_with),
        capture_at: None,
        commits_max: None,
    };
    let asked = input.charge.pay(keyed.session(), charge);
    let Outcome { payment, profile, instrument, customer_profile_data, user_errors } =
        pay(gql, &keyed, asked).await?;
    Ok(DebitPaymentPayload { payment, profile, instrument, customer_profile_data, user_errors })
}

async fn preauthorize(
    gql: &Context<'_>,
    input: PreauthorizePaymentInput,
) -> Result<PreauthorizePaymentPayload, Error> {
    let keyed = enter_keyed(gql, "Mutation.preauthorizePayment")?;
    let charge = Charge {
        kind: Kind::Preauthorize,
        input: "PreauthorizePaymentInput",
        pay_with: Some(input.pay_with),
        capture_at: input.capture_at,
        commits_max: None,
    };
    let asked = input.charge.pay(keyed.session(), charge);
    let Outcome { payment, profile, instrument, customer_profile_data, user_errors } =
        pay(gql, &keyed, asked).await?;
    Ok(PreauthorizePaymentPayload { payment, profile, instrument, customer_profile_data, user_errors })
}

async fn create(gql: &Context<'_>, input: CreatePaymentInput) -> Result<CreatePaymentPayload, Error> {
    let keyed = enter_keyed(gql, "Mutation.createPayment")?;
    let charge = Charge {
        kind: input.kind.into(),
        input: "CreatePaymentInput",
        pay_with: input.pay_with,
        capture_at: input.capture_at,
        commits_max: Some(input.commits_max.unwrap_or(COMMITS_MAX)),
    };
    let asked = match charge.kind {
        Kind::Debit | Kind::Preauthorize => input.charge.pay(keyed.session(), charge),
        Kind::Register => {
            let message = "Instruments are registered by registerInstrument.";
            Err(ServiceError::refused(Code::InvalidInput, "kind", message))
        }
    };
    let Outcome { payment, profile, instrument, customer_profile_data, user_errors } =
        pay(gql, &keyed, asked).await?;
    Ok(CreatePaymentPayload { payment, profile, instrument, customer_profile_data, user_errors })
}

async fn register(
    gql: &Context<'_>,
    input: RegisterInstrumentInput,
) -> Result<RegisterInstrumentPayload, Error> {
    let keyed = enter_keyed(gql, "Mutation.registerInstrument")?;
    let amount = match input.currency {
        Some(currency) => Money::zero(currency.0),
        None => keyed.session().zero().await?,
    };
    let asked = input.pay(keyed.session(), amount);
    let Outcome { payment, profile, instrument, customer_profile_data, user_errors } =
        pay(gql, &keyed, asked).await?;
    Ok(RegisterInstrumentPayload { payment, profile, instrument, customer_profile_data, user_errors })
}

/// What the payloads have in common.
struct Outcome<C: Codes> {
    payment: Option<Payment>,
    profile: Option<Profile>,
    instrument: Option<Instrument>,
    customer_profile_data: Option<CustomerProfileResult>,
    user_errors: Vec<UserError<C>>,
}

async fn pay<C: Codes>(
    gql: &Context<'_>,
    keyed: &Keyed<'_>,
    asked: Result<Pay, ServiceError>,
) -> Result<Outcome<C>, Error> {
    let session = keyed.session();
    let done = match asked {
        Ok(asked) => keyed.write(|ctx| async move { payments::pay(&ctx, asked).await }).await,
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
