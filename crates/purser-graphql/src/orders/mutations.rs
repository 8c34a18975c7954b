//! Changes of orders.

use async_graphql::{Context, Error, ID, InputObject, Object, SimpleObject};
use purser_services::orders;

use super::Order;
use crate::error::{Code, Nullable, ServiceError};
use crate::money::MoneyInput;
use crate::once::enter_keyed;
use crate::payload::{self, Codes, UserError, settle};
use crate::scalars::DateTime;

/// One line of a new order. All amounts are in the currency of the order's `total`.
#[derive(InputObject)]
pub(crate) struct OrderLineInput {
    /// Your number of the product, at most 255 characters.
    sku: Option<String>,
    /// The product's name, at most 255 characters.
    name: String,
    /// How many: 1 to 1,000,000.
    #[graphql(default = 1)]
    quantity: i32,
    /// The price of one.
    unit_amount: MoneyInput,
    /// What is taken off the whole line; nothing if absent.
    discount: Option<MoneyInput>,
    /// The tax on the whole line; none if absent.
    tax: Option<MoneyInput>,
    /// The kind of product, at most 255 characters.
    category: Option<String>,
}

/// A discount on the whole of a new order.
#[derive(InputObject)]
pub(crate) struct OrderDiscountInput {
    /// Its name, at most 255 characters.
    name: String,
    /// How much, in the currency of the order's `total`.
    amount: MoneyInput,
}

/// A new order.
#[derive(InputObject)]
pub(crate) struct SubmitOrderInput {
    /// Your own id of it, at most 128 characters, unique per tenant and environment.
    external_id: String,
    /// The customer's profile, `prf_…`.
    profile_id: Option<ID>,
    /// What was ordered: 1 to 500 lines.
    lines: Vec<OrderLineInput>,
    /// Discounts on the whole, at most 50.
    #[graphql(default)]
    discounts: Vec<OrderDiscountInput>,
    /// What delivery costs, in the currency of `total`; nothing if absent.
    shipping: Option<MoneyInput>,
    /// What is to be paid, as you add it up: the sum of quantity times price, less all discounts, with tax and
    /// shipping. Another sum is refused with `ORDER_TOTAL_MISMATCH`.
    total: MoneyInput,
    /// A text of yours that stands for this request, 1 to 255 visible ASCII characters: sent again with the
    /// same key it is not carried out again, but answered with what there is now. Not checked if absent; the
    /// header `Idempotency-Key` says the same.
    idempotency_key: Option<String>,
}

/// The codes of `submitOrder`.
pub(crate) enum SubmitOrder {}
impl Codes for SubmitOrder {
    const MUTATION: &'static str = "SubmitOrder";
    const CODES: &'static [Code] = &[
        Code::InvalidAmount,
        Code::CurrencyMismatch,
        Code::OrderTotalMismatch,
        Code::ProfileNotFound,
        Code::DuplicateOrderId,
        Code::IdempotencyKeyReused,
        Code::InvalidInput,
    ];
}

/// What became of `submitOrder`.
#[derive(SimpleObject)]
pub(crate) struct SubmitOrderPayload {
    /// The new order; null if it was refused.
    order: Option<Order>,
    /// Why it was refused; empty if it was not.
    user_errors: Vec<UserError<SubmitOrder>>,
}

/// How an order was delivered. What is absent stays as it was.
#[derive(InputObject)]
pub(crate) struct FulfilOrderInput {
    /// Which order, `ord_…`.
    order_id: ID,
    /// The version that you read; a change in between is refused with `VERSION_CONFLICT`. Not checked if absent.
    expected_version: Option<i32>,
    /// Who carries it, at most 255 characters.
    carrier: Option<String>,
    /// The carrier's number, at most 255 characters.
    tracking: Option<String>,
    /// When it arrived; the order is then `FULFILLED`.
    delivered_at: Option<DateTime>,
    /// A text of yours that stands for this request, 1 to 255 visible ASCII characters: sent again with the
    /// same key it is not carried out again, but answered with what there is now. Not checked if absent; the
    /// header `Idempotency-Key` says the same.
    idempotency_key: Option<String>,
}

/// The codes of `fulfilOrder`.
pub(crate) enum FulfilOrder {}
impl Codes for FulfilOrder {
    const MUTATION: &'static str = "FulfilOrder";
    const CODES: &'static [Code] = &[
        Code::OrderNotFound,
        Code::OrderNotOpen,
        Code::VersionConflict,
        Code::IdempotencyKeyReused,
        Code::InvalidInput,
    ];
}

/// What became of `fulfilOrder`.
#[derive(SimpleObject)]
pub(crate) struct FulfilOrderPayload {
    /// The order after it; null if it was refused.
    order: Option<Order>,
    /// Why it was refused; empty if it was not.
    user_errors: Vec<UserError<FulfilOrder>>,
}

/// An order that is called off.
#[derive(InputObject)]
pub(crate) struct CancelOrderInput {
    /// Which order, `ord_…`, for which no money is kept.
    order_id: ID,
    /// The version that you read; a change in between is refused with `VERSION_CONFLICT`. Not checked if absent.
    expected_version: Option<i32>,
    /// A text of yours that stands for this request, 1 to 255 visible ASCII characters: sent again with the
    /// same key it is not carried out again, but answered with what there is now. Not checked if absent; the
    /// header `Idempotency-Key` says the same.
    idempotency_key: Option<String>,
}

/// The codes of `cancelOrder`.
pub(crate) enum CancelOrder {}
impl Codes for CancelOrder {
    const MUTATION: &'static str = "CancelOrder";
    const CODES: &'static [Code] = &[
        Code::OrderNotFound,
        Code::OrderNotOpen,
        Code::VersionConflict,
        Code::IdempotencyKeyReused,
        Code::InvalidInput,
    ];
}

/// What became of `cancelOrder`.
#[derive(SimpleObject)]
pub(crate) struct CancelOrderPayload {
    /// The order after it; null if it was refused.
    order: Option<Order>,
    /// Why it was refused; empty if it was not.
    user_errors: Vec<UserError<CancelOrder>>,
}

#[derive(Default)]
pub(crate) struct OrderMutation;

#[Object]
impl OrderMutation {
    /// Submits an order: evidence in disputes, and what payments may name as what they pay. It moves no money.
    /// Needs `orders:write`.
    async fn submit_order(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The order.")] input: SubmitOrderInput,
    ) -> Nullable<SubmitOrderPayload> {
        Some(submit(gql, input).await)
    }

    /// Records how an order was delivered. Needs `orders:write`.
    async fn fulfil_order(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The order and its delivery.")] input: FulfilOrderInput,
    ) -> Nullable<FulfilOrderPayload> {
        Some(fulfil(gql, input).await)
    }

    /// Calls an order off for which no money is kept. Its payments are not touched; no further one may name
    /// it. Needs `orders:write`.
    async fn cancel_order(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Which order.")] input: CancelOrderInput,
    ) -> Nullable<CancelOrderPayload> {
        Some(cancel(gql, input).await)
    }
}

async fn submit(gql: &Context<'_>, input: SubmitOrderInput) -> Result<SubmitOrderPayload, Error> {
    let keyed = enter_keyed(gql, "Mutation.submitOrder")?;
    let done = keyed.write(|ctx| async move { orders::submit(&ctx, submitted(input)?).await });
    let (order, user_errors) = settle(done.await)?;
    Ok(SubmitOrderPayload { order: order.map(Order::new), user_errors })
}

fn submitted(input: SubmitOrderInput) -> Result<orders::SubmitOrder, ServiceError> {
    let lines = input.lines.into_iter().enumerate();
    let discounts = input.discounts.into_iter().enumerate();
    Ok(orders::SubmitOrder {
        external_id: input.external_id,
        profile_id: payload::optional_id(input.profile_id.as_ref(), Code::ProfileNotFound, "profileId")?,
        lines: lines.map(|(at, item)| line(at, item)).collect::<Result<_, _>>()?,
        discounts: discounts
            .map(|(at, item)| {
                let amount = item.amount.read_at(&format!("discounts.{at}.amount"))?;
                Ok(orders::NewDiscount { name: item.name, amount })
            })
            .collect::<Result<_, ServiceError>>()?,
        shipping: input.shipping.map(|shipping| shipping.read_at("shipping")).transpose()?,
        total: input.total.read_at("total")?,
    })
}

fn line(at: usize, item: OrderLineInput) -> Result<orders::NewLine, ServiceError> {
    let read = |amount: Option<MoneyInput>, field: &str| {
        amount.map(|amount| amount.read_at(&format!("lines.{at}.{field}"))).transpose()
    };
    Ok(orders::NewLine {
        sku: item.sku,
        name: item.name,
        quantity: item.quantity.into(),
        unit_amount: item.unit_amount.read_at(&format!("lines.{at}.unitAmount"))?,
        discount: read(item.discount, "discount")?,
        tax: read(item.tax, "tax")?,
        category: item.category,
    })
}

async fn fulfil(gql: &Context<'_>, input: FulfilOrderInput) -> Result<FulfilOrderPayload, Error> {
    let keyed = enter_keyed(gql, "Mutation.fulfilOrder")?;
    let done = keyed.write(|ctx| async move {
        let input = orders::FulfilOrder {
            id: payload::id(&input.order_id, Code::OrderNotFound, "orderId")?,
            expected_version: input.expected_version,
            carrier: input.carrier,
            tracking: input.tracking,
            delivered_at: input.delivered_at.map(|at| at.0),
        };
        orders::fulfil(&ctx, input).await
    });
    let (order, user_errors) = settle(done.await)?;
    Ok(FulfilOrderPayload { order: order.map(Order::new), user_errors })
}

async fn cancel(gql: &Context<'_>, input: CancelOrderInput) -> Result<CancelOrderPayload, Error> {
    let keyed = enter_keyed(gql, "Mutation.cancelOrder")?;
    let done = keyed.write(|ctx| async move {
        let id = payload::id(&input.order_id, Code::OrderNotFound, "orderId")?;
        orders::cancel(&ctx, id, input.expected_version).await
    });
    let (order, user_errors) = settle(done.await)?;
    Ok(CancelOrderPayload { order: order.map(Order::new), user_errors })
}
