//! What is done with a payment before it is taken: commit, resume, raise, cancel, look up.

use std::collections::BTreeMap;

use async_graphql::{Context, Error, ID, InputObject, Object, SimpleObject};
use purser_services::payments::{self, Commit};

use super::Payment;
use super::follow_up::{known, settled};
use super::pay::{PayWithInput, pay_with};
use crate::context::Session;
use crate::error::{Code, Nullable, ServiceError};
use crate::money::MoneyInput;
use crate::once::enter_keyed;
use crate::payload::{Codes, UserError};

/// A payment that is sent to a processor.
#[derive(InputObject)]
pub(crate) struct CommitPaymentInput {
    /// Which payment, `pay_…`, that waits for an instrument or for another amount.
    payment_id: ID,
    /// What pays.
    pay_with: PayWithInput,
    /// How much, if the customer lowers it after a decline for lack of funds: not below the payment's
    /// `minimumAmount`. The amount that was asked for if absent.
    amount: Option<MoneyInput>,
    /// Store the instrument if the payment succeeds, for a payment that has a profile.
    #[graphql(default = false)]
    with_register: bool,
    /// A text of yours that stands for this request, 1 to 255 visible ASCII characters: sent again with the
    /// same key it is not carried out again, but answered with what there is now. Not checked if absent; the
    /// header `Idempotency-Key` says the same.
    idempotency_key: Option<String>,
}

/// The codes of `commitPayment`.
pub(crate) enum CommitPayment {}
impl Codes for CommitPayment {
    const MUTATION: &'static str = "CommitPayment";
    const CODES: &'static [Code] = &[
        Code::PaymentNotFound,
        Code::NotCommittable,
        Code::CommitsExhausted,
        Code::PaymentExpired,
        Code::AmountNotEditable,
        Code::AmountBelowMinimum,
        Code::AmountIncreaseForbidden,
        Code::InvalidAmount,
        Code::CurrencyMismatch,
        Code::MitNotAllowed,
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
        Code::NoContainerBound,
        Code::ContainerDisabled,
        Code::ContainerDisabledForSubtenant,
        Code::ContainerNotShared,
        Code::ContainerPermissionMissing,
        Code::ContainerNotFound,
        Code::FeatureDisabled,
        Code::IdentifierRequired,
        Code::ProfileNotFound,
        Code::ProfileArchived,
        Code::ScopeNotHeld,
        Code::IdempotencyKeyReused,
        Code::InvalidInput,
    ];
}

/// What became of `commitPayment`.
#[derive(SimpleObject)]
pub(crate) struct CommitPaymentPayload {
    /// The payment after it, whatever the processor said; null if it was refused.
    payment: Option<Payment>,
    /// Why it was refused; empty if it was not. Nothing was sent to a processor then.
    user_errors: Vec<UserError<CommitPayment>>,
}

/// Something that the customer's browser or the customer brought back from an action.
#[derive(InputObject)]
pub(crate) struct ParameterInput {
    /// The name, such as `code` for an `OtpAction`, or a name from the query of the return address.
    name: String,
    /// The value.
    value: String,
}

/// A payment that goes on after the customer did what was asked.
#[derive(InputObject)]
pub(crate) struct ResumePaymentInput {
    /// Which payment, `pay_…`, that is `REQUIRES_ACTION`.
    payment_id: ID,
    /// What was brought back, at most 64 parameters with names of their own; none if nothing was.
    #[graphql(default)]
    parameters: Vec<ParameterInput>,
    /// A text of yours that stands for this request, 1 to 255 visible ASCII characters: sent again with the
    /// same key it is not carried out again, but answered with what there is now. Not checked if absent; the
    /// header `Idempotency-Key` says the same.
    idempotency_key: Option<String>,
}

/// The codes of `resumePayment`.
pub(crate) enum ResumePayment {}
impl Codes for ResumePayment {
    const MUTATION: &'static str = "ResumePayment";
    const CODES: &'static [Code] = &[
        Code::PaymentNotFound,
        Code::NotResumable,
        Code::CapabilityUnsupported,
        Code::ConnectorDisabled,
        Code::IdempotencyKeyReused,
        Code::InvalidInput,
    ];
}

/// What became of `resumePayment`.
#[derive(SimpleObject)]
pub(crate) struct ResumePaymentPayload {
    /// The payment after it, whatever the processor said; null if it was refused.
    payment: Option<Payment>,
    /// Why it was refused; empty if it was not. Nothing was sent to a processor then.
    user_errors: Vec<UserError<ResumePayment>>,
}

/// By how much a reservation is raised.
#[derive(InputObject)]
pub(crate) struct IncrementAuthorizationInput {
    /// Which preauthorised payment, `pay_…`, of which nothing is captured yet.
    payment_id: ID,
    /// How much is reserved in addition to what there is.
    amount: MoneyInput,
    /// A text of yours that stands for this request, 1 to 255 visible ASCII characters: sent again with the
    /// same key it is not carried out again, but answered with what there is now. Not checked if absent; the
    /// header `Idempotency-Key` says the same.
    idempotency_key: Option<String>,
}

/// The codes of `incrementAuthorization`.
pub(crate) enum IncrementAuthorization {}
impl Codes for IncrementAuthorization {
    const MUTATION: &'static str = "IncrementAuthorization";
    const CODES: &'static [Code] = &[
        Code::PaymentNotFound,
        Code::NotIncrementable,
        Code::InvalidAmount,
        Code::CurrencyMismatch,
        Code::CapabilityUnsupported,
        Code::ConnectorDisabled,
        Code::IdempotencyKeyReused,
        Code::InvalidInput,
    ];
}

/// What became of `incrementAuthorization`.
#[derive(SimpleObject)]
pub(crate) struct IncrementAuthorizationPayload {
    /// The payment after it, whatever the processor said; null if it was refused.
    payment: Option<Payment>,
    /// Why it was refused; empty if it was not. Nothing was sent to a processor then.
    user_errors: Vec<UserError<IncrementAuthorization>>,
}

/// A payment that is called off.
#[derive(InputObject)]
pub(crate) struct CancelPaymentInput {
    /// Which payment, `pay_…`, that nobody has paid.
    payment_id: ID,
    /// A text of yours that stands for this request, 1 to 255 visible ASCII characters: sent again with the
    /// same key it is not carried out again, but answered with what there is now. Not checked if absent; the
    /// header `Idempotency-Key` says the same.
    idempotency_key: Option<String>,
}

/// The codes of `cancelPayment`.
pub(crate) enum CancelPayment {}
impl Codes for CancelPayment {
    const MUTATION: &'static str = "CancelPayment";
    const CODES: &'static [Code] =
        &[Code::PaymentNotFound, Code::NotCancelable, Code::IdempotencyKeyReused, Code::InvalidInput];
}

/// What became of `cancelPayment`.
#[derive(SimpleObject)]
pub(crate) struct CancelPaymentPayload {
    /// The payment after it; null if it was refused.
    payment: Option<Payment>,
    /// Why it was refused; empty if it was not. Nothing was sent to a processor then.
    user_errors: Vec<UserError<CancelPayment>>,
}

#[derive(Default)]
pub(crate) struct ProgressMutation;

#[Object]
impl ProgressMutation {
    /// Sends a payment that waits to a processor: with what the customer chose, perhaps again after a decline,
    /// and, where that was agreed on, for a lower amount. Needs `payments:write`.
    async fn commit_payment(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The payment and what pays.")] input: CommitPaymentInput,
    ) -> Nullable<CommitPaymentPayload> {
        Some(commit(gql, input).await)
    }

    /// Goes on with a payment after the customer did what `nextAction` asked. What is brought back is believed
    /// only if the processor says the same. Needs `payments:write`.
    async fn resume_payment(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The payment and what was brought back.")] input: ResumePaymentInput,
    ) -> Nullable<ResumePaymentPayload> {
        Some(resume(gql, input).await)
    }

    /// Raises what a preauthorisation reserves, before anything of it is captured. Needs `payments:write`.
    async fn increment_authorization(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The payment and how much more.")] input: IncrementAuthorizationInput,
    ) -> Nullable<IncrementAuthorizationPayload> {
        Some(increment(gql, input).await)
    }

    /// Calls a payment off that nobody has paid. Money that a processor takes all the same goes back by
    /// itself. Needs `payments:write`.
    async fn cancel_payment(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Which payment.")] input: CancelPaymentInput,
    ) -> Nullable<CancelPaymentPayload> {
        Some(cancel(gql, input).await)
    }
}

async fn commit(gql: &Context<'_>, input: CommitPaymentInput) -> Result<CommitPaymentPayload, Error> {
    let keyed = enter_keyed(gql, "Mutation.commitPayment")?;
    let asked = commitment(keyed.session(), input);
    let done = match asked {
        Ok(asked) => keyed.write(|ctx| async move { payments::commit(&ctx, asked).await }).await,
        Err(refused) => Err(refused),
    };
    let (payment, user_errors) = settled(&keyed, done).await?;
    Ok(CommitPaymentPayload { payment, user_errors })
}

fn commitment(session: &Session, input: CommitPaymentInput) -> Result<Commit, ServiceError> {
    Ok(Commit {
        payment_id: known(&input.payment_id)?,
        pay_with: pay_with(session, input.pay_with)?,
        amount: input.amount.map(|amount| amount.read()).transpose()?,
        with_register: input.with_register,
    })
}

async fn resume(gql: &Context<'_>, input: ResumePaymentInput) -> Result<ResumePaymentPayload, Error> {
    let keyed = enter_keyed(gql, "Mutation.resumePayment")?;
    let done = keyed.write(|ctx| async move {
        let payment_id = known(&input.payment_id)?;
        payments::resume(&ctx, payment_id, parameters(input.parameters)?).await
    });
    let (payment, user_errors) = settled(&keyed, done.await).await?;
    Ok(ResumePaymentPayload { payment, user_errors })
}

fn parameters(input: Vec<ParameterInput>) -> Result<BTreeMap<String, String>, ServiceError> {
    let mut parameters = BTreeMap::new();
    for ParameterInput { name, value } in input {
        if parameters.insert(name, value).is_some() {
            let message = "Two parameters have the same name.";
            return Err(ServiceError::refused(Code::InvalidInput, "parameters", message));
        }
    }
    Ok(parameters)
}

async fn increment(
    gql: &Context<'_>,
    input: IncrementAuthorizationInput,
) -> Result<IncrementAuthorizationPayload, Error> {
    let keyed = enter_keyed(gql, "Mutation.incrementAuthorization")?;
    let done = keyed.write(|ctx| async move {
        let amount = input.amount.read()?;
        payments::increment(&ctx, known(&input.payment_id)?, amount).await
    });
    let (payment, user_errors) = settled(&keyed, done.await).await?;
    Ok(IncrementAuthorizationPayload { payment, user_errors })
}

async fn cancel(gql: &Context<'_>, input: CancelPaymentInput) -> Result<CancelPaymentPayload, Error> {
    let keyed = enter_keyed(gql, "Mutation.cancelPayment")?;
    let done = keyed.write(|ctx| async move { payments::cancel(&ctx, known(&input.payment_id)?).await });
    let (payment, user_errors) = settled(&keyed, done.await).await?;
    Ok(CancelPaymentPayload { payment, user_errors })
}
