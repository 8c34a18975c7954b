//! Orders.

use purser_domain::order::{self, Order};
use purser_domain::payment::Amounts;
use purser_types::Money;

use crate::Error;
use crate::entity::order::{Delivery, Discount, Line};
use crate::read::row::{Row, Table};

/// What was sold.
pub(in crate::read) static ORDER: Table = Table {
    name: "customer_order",
    columns: &[
        "id",
        "tenant_id",
        "environment",
        "external_id",
        "profile_id",
        "currency",
        "lines",
        "discounts",
        "shipping",
        "subtotal",
        "discount",
        "tax",
        "total",
        "status",
        "fulfilment",
        "created_at",
        "updated_at",
        "version",
    ],
};

/// A row of [`ORDER`], then what its payments captured and gave back: these say where it stands.
pub(in crate::read) fn order(row: &mut Row) -> Result<Order, Error> {
    row.begin(&ORDER);
    let mut order = Order {
        id: row.id()?,
        tenant_id: row.id()?,
        environment: row.word()?,
        external_id: row.text()?,
        profile_id: row.id_or_none()?,
        currency: row.word()?,
        lines: row.json::<Vec<Line>>()?.into_iter().map(Line::parse).collect(),
        discounts: row.json::<Vec<Discount>>()?.into_iter().map(Discount::parse).collect(),
        shipping: row.int()?,
        subtotal: row.int()?,
        discount: row.int()?,
        tax: row.int()?,
        total: row.int()?,
        status: row.word()?,
        fulfilment: row.json_or_none::<Delivery>()?.map(Delivery::parse),
        created_at: row.at()?,
        updated_at: row.at()?,
        version: row.int4()?,
    };
    let nothing = Amounts::requested(Money::zero(order.currency));
    let paid = Amounts { captured: row.int()?, refunded: row.int()?, ..nothing };
    order.status = order::status(order.status, order.total, [&paid]);
    Ok(order)
}
