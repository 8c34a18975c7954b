//! Orders: what was sold, submitted as evidence for disputes and for analytics (Reservepay: orders).
//!
//! An order is the merchant's word and moves no money. Its totals are added up here with integers, and an
//! order whose total is not the sum of its parts is refused: evidence that contradicts itself is none.
//! Where it stands follows from what its payments captured and gave back, and is written in the transaction
//! in which they do.

use purser_domain::order::{
    self, DISCOUNTS_MAX, Fulfilment, LINES_MAX, Order, OrderDiscount, OrderError, OrderLine, OrderStatus,
    QUANTITY_MAX, Totals,
};
use purser_storage::orders::{self as stored, OrderChange};
use purser_storage::{ProfileKey, Write, profiles as stored_profiles};
use purser_types::id::{OrderId, ProfileId};
use purser_types::{Currency, Money, Timestamp};

use crate::app::Ctx;
use crate::error::{Code, Error};
use crate::input;
use crate::once;
use crate::tenants::{expect_version, version_conflict};

/// The longest external id of an order.
const EXTERNAL_ID_LENGTH_MAX: usize = 128;
/// The longest name of a line or a discount, and the longest sku, category, carrier and tracking number.
const TEXT_LENGTH_MAX: usize = 255;

/// One line of a new order.
#[derive(Debug, Clone)]
pub struct NewLine {
    /// The merchant's number of the product.
    pub sku: Option<String>,
    /// The product's name.
    pub name: String,
    /// How many.
    pub quantity: i64,
    /// The price of one.
    pub unit_amount: Money,
    /// What is taken off the whole line.
    pub discount: Option<Money>,
    /// The tax on the whole line.
    pub tax: Option<Money>,
    /// The kind of product.
    pub category: Option<String>,
}

/// A discount on the whole of a new order.
#[derive(Debug, Clone)]
pub struct NewDiscount {
    /// Its name.
    pub name: String,
    /// How much.
    pub amount: Money,
}

/// An order to be submitted. All amounts are in the currency of `total`.
#[derive(Debug, Clone)]
pub struct SubmitOrder {
    /// The merchant's own id of it.
    pub external_id: String,
    /// The customer's profile.
    pub profile_id: Option<ProfileId>,
    /// What was ordered.
    pub lines: Vec<NewLine>,
    /// Discounts on the whole.
    pub discounts: Vec<NewDiscount>,
    /// What delivery costs.
    pub shipping: Option<Money>,
    /// What is to be paid, as the merchant adds it up.
    pub total: Money,
}

/// How an order was delivered.
#[derive(Debug, Clone)]
pub struct FulfilOrder {
    /// Which order.
    pub id: OrderId,
    /// The version that was read.
    pub expected_version: Option<i32>,
    /// Who carried it.
    pub carrier: Option<String>,
    /// The carrier's number.
    pub tracking: Option<String>,
    /// When it arrived; without it the order is on its way and keeps its status.
    pub delivered_at: Option<Timestamp>,
}

/// Submits an order.
///
/// # Errors
/// `INVALID_INPUT`, `INVALID_AMOUNT`, `CURRENCY_MISMATCH`, `ORDER_TOTAL_MISMATCH`, `PROFILE_NOT_FOUND`,
/// `DUPLICATE_ORDER_ID`, `IDEMPOTENCY_KEY_REUSED`.
pub async fn submit(ctx: &Ctx, input: SubmitOrder) -> Result<Order, Error> {
    let new = new_order(ctx, input)?;
    let write = ctx.store().begin().await?;
    if let Some(id) = once::claim(ctx, &write, new.id.uuid()).await? {
        return replayed(ctx, &write, OrderId::from_uuid(id)).await;
    }
    if let Some(id) = new.profile_id {
        let found = stored_profiles::find(&write, ctx.scope(), &ProfileKey::Id(id)).await?;
        found.ok_or_else(|| Error::not_found(Code::ProfileNotFound, "profileId"))?;
    }
    stored::insert(&write, ctx.scope(), &new).await?;
    write.commit().await?;
    Ok(new)
}

/// Records how an order was delivered. Once it arrived it is `FULFILLED`, and stays so.
///
/// # Errors
/// `ORDER_NOT_FOUND`, `ORDER_NOT_OPEN`, `VERSION_CONFLICT`, `INVALID_INPUT`, `IDEMPOTENCY_KEY_REUSED`.
pub async fn fulfil(ctx: &Ctx, input: FulfilOrder) -> Result<Order, Error> {
    let text = |value: Option<&str>, field| input::optional(value, field, TEXT_LENGTH_MAX);
    let fulfilment = Fulfilment {
        carrier: text(input.carrier.as_deref(), "carrier")?,
        tracking: text(input.tracking.as_deref(), "tracking")?,
        delivered_at: input.delivered_at,
    };
    if fulfilment == Fulfilment::default() {
        let message = "Say who carries the order, under which number, or when it arrived.";
        return Err(Error::refused(Code::InvalidInput, "", message));
    }
    let write = ctx.store().begin().await?;
    if let Some(id) = once::claim(ctx, &write, input.id.uuid()).await? {
        return replayed(ctx, &write, OrderId::from_uuid(id)).await;
    }
    let order = locked(ctx, &write, input.id, input.expected_version).await?;
    if order.status == OrderStatus::Canceled {
        return Err(Error::refused(Code::OrderNotOpen, "orderId", "The order was canceled."));
    }
    let known = order.fulfilment.clone().unwrap_or_default();
    let fulfilment = Fulfilment {
        carrier: fulfilment.carrier.or(known.carrier),
        tracking: fulfilment.tracking.or(known.tracking),
        delivered_at: fulfilment.delivered_at.or(known.delivered_at),
    };
    let status = if fulfilment.delivered_at.is_some() { OrderStatus::Fulfilled } else { order.status };
    changed(ctx, write, order, status, Some(fulfilment)).await
}

/// Calls an order off for which no money is kept. Payments are not touched; no further one may name it.
///
/// # Errors
/// `ORDER_NOT_FOUND`, `ORDER_NOT_OPEN`, `VERSION_CONFLICT`, `IDEMPOTENCY_KEY_REUSED`.
pub async fn cancel(ctx: &Ctx, id: OrderId, expected_version: Option<i32>) -> Result<Order, Error> {
    let write = ctx.store().begin().await?;
    if let Some(id) = once::claim(ctx, &write, id.uuid()).await? {
        return replayed(ctx, &write, OrderId::from_uuid(id)).await;
    }
    let order = locked(ctx, &write, id, expected_version).await?;
    match order.status {
        OrderStatus::Canceled => Ok(order),
        OrderStatus::Open | OrderStatus::Refunded => {
            changed(ctx, write, order, OrderStatus::Canceled, None).await
        }
        other => {
            let message = format!("An order that is {other} cannot be canceled; refund its payments first.");
            Err(Error::refused(Code::OrderNotOpen, "orderId", message))
        }
    }
}

/// An order of the viewer's tenant.
///
/// # Errors
/// Faults of the storage.
pub async fn find(ctx: &Ctx, id: OrderId) -> Result<Option<Order>, Error> {
    Ok(stored::find(ctx.store(), ctx.scope(), id).await?)
}

/// An order of the viewer's tenant by the tenant's own id of it.
///
/// # Errors
/// Faults of the storage.
pub async fn by_external_id(ctx: &Ctx, external_id: &str) -> Result<Option<Order>, Error> {
    Ok(stored::by_external_id(ctx.store(), ctx.scope(), external_id).await?)
}

async fn replayed(ctx: &Ctx, write: &Write, id: OrderId) -> Result<Order, Error> {
    let found = stored::find(write, ctx.scope(), id).await?;
    let missing = || Error::Fault { doing: "reading an order back", detail: id.to_string() };
    found.ok_or_else(missing)
}

async fn locked(
    ctx: &Ctx,
    write: &Write,
    id: OrderId,
    expected_version: Option<i32>,
) -> Result<Order, Error> {
    let found = stored::find_with_lock(write, ctx.scope(), id).await?;
    let order = found.ok_or_else(|| Error::not_found(Code::OrderNotFound, "orderId"))?;
    expect_version(expected_version, order.version)?;
    Ok(order)
}

async fn changed(
    ctx: &Ctx,
    write: Write,
    order: Order,
    status: OrderStatus,
    fulfilment: Option<Fulfilment>,
) -> Result<Order, Error> {
    let change = OrderChange { status, fulfilment, now: ctx.now() };
    if !stored::update(&write, ctx.scope(), order.id, order.version, &change).await? {
        return Err(version_conflict());
    }
    let order = replayed(ctx, &write, order.id).await?;
    write.commit().await?;
    Ok(order)
}

fn new_order(ctx: &Ctx, input: SubmitOrder) -> Result<Order, Error> {
    let currency = input.total.currency();
    let minor = |amount: Option<Money>, field: &str| in_currency(amount, currency, field);
    let external_id = input::identifier(&input.external_id, "externalId", EXTERNAL_ID_LENGTH_MAX)?;
    if input.lines.len() > LINES_MAX || input.discounts.len() > DISCOUNTS_MAX {
        let error = if input.lines.len() > LINES_MAX { OrderError::Lines } else { OrderError::Discounts };
        return Err(refusal(error, currency));
    }
    let mut lines = Vec::with_capacity(input.lines.len());
    for (at, item) in input.lines.iter().enumerate() {
        lines.push(line(item, currency).map_err(|error| error.under(&at.to_string()).under("lines"))?);
    }
    let mut discounts = Vec::with_capacity(input.discounts.len());
    for (at, item) in input.discounts.into_iter().enumerate() {
        let field = format!("discounts.{at}");
        let name = input::text(&item.name, &format!("{field}.name"), TEXT_LENGTH_MAX)?;
        let amount = minor(Some(item.amount), &format!("{field}.amount"))?;
        discounts.push(OrderDiscount { name, amount });
    }
    let shipping = minor(input.shipping, "shipping")?;
    let totals = order::checked_totals(&lines, &discounts, shipping, input.total.minor());
    let Totals { subtotal, discount, tax, total } = totals.map_err(|error| refusal(error, currency))?;
    Ok(Order {
        id: OrderId::mint(ctx.source()),
        tenant_id: ctx.viewer().tenant(),
        environment: ctx.viewer().environment(),
        external_id,
        profile_id: input.profile_id,
        currency,
        lines,
        discounts,
        shipping,
        subtotal,
        discount,
        tax,
        total,
        status: OrderStatus::Open,
        fulfilment: None,
        created_at: ctx.now(),
        updated_at: ctx.now(),
        version: 1,
    })
}

fn line(item: &NewLine, currency: Currency) -> Result<OrderLine, Error> {
    let text = |value: Option<&str>, field| input::optional(value, field, TEXT_LENGTH_MAX);
    Ok(OrderLine {
        sku: text(item.sku.as_deref(), "sku")?,
        name: input::text(&item.name, "name", TEXT_LENGTH_MAX)?,
        quantity: item.quantity,
        unit_amount: in_currency(Some(item.unit_amount), currency, "unitAmount")?,
        discount: in_currency(item.discount, currency, "discount")?,
        tax: in_currency(item.tax, currency, "tax")?,
        category: text(item.category.as_deref(), "category")?,
    })
}

/// Minor units of an amount in the order's currency; none are zero.
fn in_currency(amount: Option<Money>, currency: Currency, field: &str) -> Result<i64, Error> {
    match amount {
        None => Ok(0),
        Some(amount) if amount.currency() == currency => Ok(amount.minor()),
        Some(_) => {
            let message = format!("The order's total is in {currency}.");
            Err(Error::refused(Code::CurrencyMismatch, &format!("{field}.currency"), message))
        }
    }
}

/// What is wrong with an order's arithmetic, in the words of the input.
fn refusal(error: OrderError, currency: Currency) -> Error {
    match error {
        OrderError::Lines => {
            let message = format!("An order has 1 to {LINES_MAX} lines.");
            Error::refused(Code::InvalidInput, "lines", message)
        }
        OrderError::Discounts => {
            let message = format!("An order has at most {DISCOUNTS_MAX} discounts.");
            Error::refused(Code::InvalidInput, "discounts", message)
        }
        OrderError::Quantity { line } => {
            let message = format!("A quantity is 1 to {QUANTITY_MAX}.");
            Error::refused(Code::InvalidInput, &format!("lines.{line}.quantity"), message)
        }
        OrderError::Amount => {
            Error::refused(Code::InvalidAmount, "total", "An amount or a sum of the order is too large.")
        }
        OrderError::DiscountTooLarge => {
            let message = "A discount is larger than what it is taken off.";
            Error::refused(Code::InvalidAmount, "discounts", message)
        }
        OrderError::TotalMismatch { expected } => {
            let expected = Money::try_new(expected, currency).unwrap_or_else(|_| Money::zero(currency));
            let message = format!("Lines − discounts + tax + shipping add up to {expected}.");
            Error::refused(Code::OrderTotalMismatch, "total", message)
        }
    }
}
