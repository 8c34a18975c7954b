//! Orders: what a payment pays for, as evidence in disputes and for analytics (Reservepay: orders).

use purser_types::id::{OrderId, ProfileId, TenantId};
use purser_types::{Currency, Timestamp, spelled};

use crate::payment::Amounts;
use crate::scope::Environment;

/// The most lines of an order; carts are smaller, and evidence is read by people.
pub const LINES_MAX: usize = 500;
/// The most discounts of an order.
pub const DISCOUNTS_MAX: usize = 50;
/// The largest quantity of a line.
pub const QUANTITY_MAX: i64 = 1_000_000;

spelled! {
    /// Where an order stands.
    pub enum OrderStatus {
        /// Nothing was paid yet.
        Open = "OPEN",
        /// Less than the total was paid.
        PartiallyPaid = "PARTIALLY_PAID",
        /// The total was paid.
        Paid = "PAID",
        /// More than the total was paid.
        Overpaid = "OVERPAID",
        /// Called off.
        Canceled = "CANCELED",
        /// All that was paid went back.
        Refunded = "REFUNDED",
        /// Delivered.
        Fulfilled = "FULFILLED",
    }
}

/// One line of an order. Amounts are minor units of the order's currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderLine {
    /// The merchant's number of the product.
    pub sku: Option<String>,
    /// The product's name.
    pub name: String,
    /// How many, from 1.
    pub quantity: i64,
    /// The price of one.
    pub unit_amount: i64,
    /// What is taken off the whole line.
    pub discount: i64,
    /// The tax on the whole line.
    pub tax: i64,
    /// The kind of product.
    pub category: Option<String>,
}

/// A discount on the whole order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderDiscount {
    /// Its name.
    pub name: String,
    /// How much, in minor units.
    pub amount: i64,
}

/// How an order was delivered: evidence against "not received".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fulfilment {
    /// Who carried it.
    pub carrier: Option<String>,
    /// The carrier's number.
    pub tracking: Option<String>,
    /// When it arrived.
    pub delivered_at: Option<Timestamp>,
}

/// An order. Amounts are minor units of its currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The order's id.
    pub id: OrderId,
    /// Whose order it is; nobody else ever sees it.
    pub tenant_id: TenantId,
    /// Live or sandbox.
    pub environment: Environment,
    /// The merchant's own id of it, unique per tenant and environment.
    pub external_id: String,
    /// The customer's profile.
    pub profile_id: Option<ProfileId>,
    /// The currency of all amounts.
    pub currency: Currency,
    /// What was ordered.
    pub lines: Vec<OrderLine>,
    /// Discounts on the whole.
    pub discounts: Vec<OrderDiscount>,
    /// What delivery costs.
    pub shipping: i64,
    /// Σ quantity × unit amount.
    pub subtotal: i64,
    /// Σ discounts of lines and of the whole.
    pub discount: i64,
    /// Σ taxes of lines.
    pub tax: i64,
    /// What is to be paid.
    pub total: i64,
    /// Where it stands.
    pub status: OrderStatus,
    /// How it was delivered, if it was.
    pub fulfilment: Option<Fulfilment>,
    /// When it was submitted.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Grows by one with each change.
    pub version: i32,
}

/// The sums of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// Σ quantity × unit amount.
    pub subtotal: i64,
    /// Σ discounts of lines and of the whole.
    pub discount: i64,
    /// Σ taxes of lines.
    pub tax: i64,
    /// `subtotal − discount + tax + shipping`.
    pub total: i64,
}

/// Why an order is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// No line, or more than [`LINES_MAX`].
    #[error("an order has between 1 and {LINES_MAX} lines")]
    Lines,
    /// More than [`DISCOUNTS_MAX`].
    #[error("an order has at most {DISCOUNTS_MAX} discounts")]
    Discounts,
    /// A quantity below 1 or above [`QUANTITY_MAX`].
    #[error("the quantity of line {line} is not between 1 and {QUANTITY_MAX}")]
    Quantity {
        /// Which line, from 0.
        line: usize,
    },
    /// A negative amount, or sums beyond the largest payment.
    #[error("an amount of the order is negative or too large")]
    Amount,
    /// A discount larger than what it is taken off.
    #[error("a discount is larger than what it is taken off")]
    DiscountTooLarge,
    /// The total is not the sum of its parts (`ORDER_TOTAL_MISMATCH`).
    #[error("the total is not the sum of its parts, which is {expected} minor units")]
    TotalMismatch {
        /// What the parts add up to.
        expected: i64,
    },
}

/// Adds an order up.
///
/// # Errors
/// All of [`OrderError`] but the mismatch.
pub fn totals(lines: &[OrderLine], discounts: &[OrderDiscount], shipping: i64) -> Result<Totals, OrderError> {
    if lines.is_empty() || lines.len() > LINES_MAX {
        return Err(OrderError::Lines);
    }
    if discounts.len() > DISCOUNTS_MAX {
        return Err(OrderError::Discounts);
    }
    let mut subtotal = 0;
    let mut discount = 0;
    let mut tax = 0;
    for (line, item) in lines.iter().enumerate() {
        if !(1..=QUANTITY_MAX).contains(&item.quantity) {
            return Err(OrderError::Quantity { line });
        }
        let gross = amount(item.unit_amount)?.checked_mul(item.quantity).ok_or(OrderError::Amount)?;
        if amount(item.discount)? > gross {
            return Err(OrderError::DiscountTooLarge);
        }
        subtotal = added(subtotal, gross)?;
        discount = added(discount, item.discount)?;
        tax = added(tax, amount(item.tax)?)?;
    }
    for taken in discounts {
        discount = added(discount, amount(taken.amount)?)?;
    }
    if discount > subtotal {
        return Err(OrderError::DiscountTooLarge);
    }
    let total = added(added(subtotal.saturating_sub(discount), tax)?, amount(shipping)?)?;
    Ok(Totals { subtotal, discount, tax, total })
}

/// Adds an order up and compares with what the merchant says.
///
/// # Errors
/// All of [`OrderError`].
pub fn checked_totals(
    lines: &[OrderLine],
    discounts: &[OrderDiscount],
    shipping: i64,
    total: i64,
) -> Result<Totals, OrderError> {
    let totals = totals(lines, discounts, shipping)?;
    if totals.total != total {
        return Err(OrderError::TotalMismatch { expected: totals.total });
    }
    Ok(totals)
}

fn amount(minor: i64) -> Result<i64, OrderError> {
    if (0..=crate::payment::AMOUNT_MINOR_MAX).contains(&minor) { Ok(minor) } else { Err(OrderError::Amount) }
}

/// Sums stay below the largest payment, so that they can be paid.
fn added(sum: i64, minor: i64) -> Result<i64, OrderError> {
    amount(sum.checked_add(minor).ok_or(OrderError::Amount)?)
}

/// Where an order stands by what its payments have captured and given back. What was called off or
/// delivered stays so.
#[must_use]
pub fn status<'a>(
    current: OrderStatus,
    total: i64,
    payments: impl IntoIterator<Item = &'a Amounts>,
) -> OrderStatus {
    match current {
        OrderStatus::Canceled | OrderStatus::Fulfilled => return current,
        OrderStatus::Open
        | OrderStatus::PartiallyPaid
        | OrderStatus::Paid
        | OrderStatus::Overpaid
        | OrderStatus::Refunded => {}
    }
    let mut captured: i64 = 0;
    let mut kept: i64 = 0;
    for amounts in payments {
        captured = captured.saturating_add(amounts.captured);
        kept = kept.saturating_add(amounts.captured.saturating_sub(amounts.refunded));
    }
    match kept.cmp(&total) {
        std::cmp::Ordering::Greater => OrderStatus::Overpaid,
        std::cmp::Ordering::Equal if captured > 0 || total == 0 => OrderStatus::Paid,
        std::cmp::Ordering::Equal | std::cmp::Ordering::Less if kept > 0 => OrderStatus::PartiallyPaid,
        std::cmp::Ordering::Equal | std::cmp::Ordering::Less if captured > 0 => OrderStatus::Refunded,
        std::cmp::Ordering::Equal | std::cmp::Ordering::Less => OrderStatus::Open,
    }
}
