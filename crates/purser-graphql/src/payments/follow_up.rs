//! Capture, void, refund.

use async_graphql::{Context, Error, ID, InputObject, Object, SimpleObject};
use purser_services::payments::{self, Paid};
use purser_types::id::PaymentId;

use super::Payment;
use super::pay::read_back;
use crate::error::{Code, Nullable, ServiceError};
use crate::money::MoneyInput;
use crate::once::{Keyed, enter_keyed};
use crate::payload::{self, Codes, Settled, UserError, settle};

/// What is captured.
#[derive(InputObject)]
pub(crate) struct CapturePaymentInput {
    /// Which preauthorised payment, `pay_…`.
    payment_id: ID,
    /// How much; all that is capturable if absent.
    amount: Option<MoneyInput>,
    /// Whether it is the last one: what is still reserved after it is released. A connector that cannot
    /// capture several times releases it in any case.
    #[graphql(default = false)]
    is_final: bool,
    /// A text of yours that stands for this request, 1 to 255 visible ASCII characters: sent again with the
    /// same key it is not carried out again, but answered with what there is now. Not checked if absent; the
    /// header `Idempotency-Key` says the same.
    idempotency_key: Option<String>,
}

/// The codes of `capturePayment`.
pub(crate) enum CapturePayment {}
impl Codes for CapturePayment {
    const MUTATION: &'static str = "CapturePayment";
    const CODES: &'static [Code] = &[
        Code::PaymentNotFound,
        Code::NotCapturable,
        Code::AmountExceedsAuthorized,
        Code::InvalidAmount,
        Code::CurrencyMismatch,
        Code::CapabilityUnsupported,
        Code::ConnectorDisabled,
        Code::IdempotencyKeyReused,
        Code::InvalidInput,
    ];
}

/// What became of `capturePayment`.
#[derive(SimpleObject)]
pub(crate) struct CapturePaymentPayload {
    /// The payment after it, whatever the processor said; null if it was refused.
    payment: Option<Payment>,
    /// Why it was refused; empty if it was not. Nothing was sent to a processor then.
    user_errors: Vec<UserError<CapturePayment>>,
}

/// What is voided.
#[derive(InputObject)]
pub(crate) struct VoidPaymentInput {
    /// Which payment, `pay_…`.
    payment_id: ID,
    /// A text of yours that stands for this request, 1 to 255 visible ASCII characters: sent again with the
    /// same key it is not carried out again, but answered with what there is now. Not checked if absent; the
    /// header `Idempotency-Key` says the same.
    idempotency_key: Option<String>,
}

/// The codes of `voidPayment`.
pub(crate) enum VoidPayment {}
impl Codes for VoidPayment {
    const MUTATION: &'static str = "VoidPayment";
    const CODES: &'static [Code] = &[
        Code::PaymentNotFound,
        Code::NotVoidable,
        Code::CapabilityUnsupported,
        Code::ConnectorDisabled,
        Code::IdempotencyKeyReused,
        Code::InvalidInput,
    ];
}

/// What became of `voidPayment`.
#[derive(SimpleObject)]
pub(crate) struct VoidPaymentPayload {
    /// The payment after it, whatever the processor said; null if it was refused.
    payment: Option<Payment>,
    /// Why it was refused; empty if it was not. Nothing was sent to a processor then.
    user_errors: Vec<UserError<VoidPayment>>,
}

/// What goes back.
#[derive(InputObject)]
pub(crate) struct RefundPaymentInput {
    /// Which payment, `pay_…`.
    payment_id: ID,
    /// How much; all that is refundable if absent.
    amount: Option<MoneyInput>,
    /// A text of yours that stands for this request, 1 to 255 visible ASCII characters: sent again with the
    /// same key it is not carried out again, but answered with what there is now. Not checked if absent; the
    /// header `Idempotency-Key` says the same.
    idempotency_key: Option<String>,
}

/// The codes of `refundPayment`.
pub(crate) enum RefundPayment {}
impl Codes for RefundPayment {
    const MUTATION: &'static str = "RefundPayment";
    const CODES: &'static [Code] = &[
        Code::PaymentNotFound,
        Code::NotRefundable,
        Code::AmountExceedsRefundable,
        Code::InvalidAmount,
        Code::CurrencyMismatch,
        Code::CapabilityUnsupported,
        Code::ConnectorDisabled,
        Code::IdempotencyKeyReused,
        Code::InvalidInput,
    ];
}

/// What became of `refundPayment`.
#[derive(SimpleObject)]
pub(crate) struct RefundPaymentPayload {
    /// The payment after it, whatever the processor said; null if it was refused.
    payment: Option<Payment>,
    /// Why it was refused; empty if it was not. Nothing was sent to a processor then.
    user_errors: Vec<UserError<RefundPayment>>,
}

#[derive(Default)]
pub(crate) struct FollowUpMutation;

#[Object]
impl FollowUpMutation {
    /// Takes all or a part of what a preauthorisation reserved. Needs `payments:write`.
    async fn capture_payment(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "What is captured.")] input: CapturePaymentInput,
    ) -> Nullable<CapturePaymentPayload> {
        Some(capture(gql, input).await)
    }

    /// Releases a reservation, or takes a payment back before settlement. Needs `payments:void`.
    async fn void_payment(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "What is voided.")] input: VoidPaymentInput,
    ) -> Nullable<VoidPaymentPayload> {
        Some(void(gql, input).await)
    }

    /// Gives back all or a part of what was captured. Needs `payments:refund`.
    async fn refund_payment(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "What goes back.")] input: RefundPaymentInput,
    ) -> Nullable<RefundPaymentPayload> {
        Some(refund(gql, input).await)
    }
}

async fn capture(gql: &Context<'_>, input: CapturePaymentInput) -> Result<CapturePaymentPayload, Error> {
    let keyed = enter_keyed(gql, "Mutation.capturePayment")?;
    let done = keyed.write(|ctx| async move {
        let amount = input.amount.map(|amount| amount.read()).transpose()?;
        payments::capture(&ctx, known(&input.payment_id)?, amount, input.is_final).await
    });
    let (payment, user_errors) = settled(&keyed, done.await).await?;
    Ok(CapturePaymentPayload { payment, user_errors })
}

async fn void(gql: &Context<'_>, input: VoidPaymentInput) -> Result<VoidPaymentPayload, Error> {
    let keyed = enter_keyed(gql, "Mutation.voidPayment")?;
    let done = keyed.write(|ctx| async move { payments::void(&ctx, known(&input.payment_id)?).await });
    let (payment, user_errors) = settled(&keyed, done.await).await?;
    Ok(VoidPaymentPayload { payment, user_errors })
}

async fn refund(gql: &Context<'_>, input: RefundPaymentInput) -> Result<RefundPaymentPayload, Error> {
    let keyed = enter_keyed(gql, "Mutation.refundPayment")?;
    let done = keyed.write(|ctx| async move {
        let amount = input.amount.map(|amount| amount.read()).transpose()?;
        payments::refund(&ctx, known(&input.payment_id)?, amount).await
    });
    let (payment, user_errors) = settled(&keyed, done.await).await?;
    Ok(RefundPaymentPayload { payment, user_errors })
}

/// Reads the id of the payment that a mutation is about.
pub(super) fn known(id: &ID) -> Result<PaymentId, ServiceError> {
    payload::id(id, Code::PaymentNotFound, "paymentId")
}

/// The payment after a mutation, or why it was refused.
pub(super) async fn settled<C: Codes>(
    keyed: &Keyed<'_>,
    done: Result<Paid, ServiceError>,
) -> Result<Settled<Payment, C>, Error> {
    let (paid, user_errors) = settle(done)?;
    Ok(match paid {
        Some(paid) => (read_back(keyed.session(), paid).await?, user_errors),
        None => (None, user_errors),
    })
}
