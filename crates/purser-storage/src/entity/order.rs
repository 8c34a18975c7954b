//! The table `customer_order`.

use purser_domain::order::{Fulfilment, Order, OrderDiscount, OrderLine};
use purser_types::Timestamp;
use purser_types::id::{OrderId, ProfileId, TenantId};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::parse::{Row, to_json};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "customer_order")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) tenant_id: Uuid,
    pub(crate) environment: String,
    pub(crate) external_id: String,
    pub(crate) profile_id: Option<Uuid>,
    #[sea_orm(column_type = "JsonBinary")]
    pub(crate) lines: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub(crate) discounts: Json,
    pub(crate) currency: String,
    pub(crate) shipping: i64,
    pub(crate) subtotal: i64,
    pub(crate) discount: i64,
    pub(crate) tax: i64,
    pub(crate) total: i64,
    pub(crate) status: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub(crate) fulfilment: Option<Json>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) version: i32,
}

/// The joins are written out in the statements.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A line as the document keeps it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Line {
    sku: Option<String>,
    name: String,
    quantity: i64,
    unit_amount: i64,
    discount: i64,
    tax: i64,
    category: Option<String>,
}

/// A discount as the document keeps it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Discount {
    name: String,
    amount: i64,
}

/// A delivery as the document keeps it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Delivery {
    carrier: Option<String>,
    tracking: Option<String>,
    delivered_at: Option<i64>,
}

impl Line {
    fn of(line: &OrderLine) -> Self {
        let OrderLine { sku, name, quantity, unit_amount, discount, tax, category } = line.clone();
        Self { sku, name, quantity, unit_amount, discount, tax, category }
    }

    pub(crate) fn parse(self) -> OrderLine {
        let Self { sku, name, quantity, unit_amount, discount, tax, category } = self;
        OrderLine { sku, name, quantity, unit_amount, discount, tax, category }
    }
}

impl Discount {
    fn of(discount: &OrderDiscount) -> Self {
        Self { name: discount.name.clone(), amount: discount.amount }
    }

    pub(crate) fn parse(self) -> OrderDiscount {
        OrderDiscount { name: self.name, amount: self.amount }
    }
}

impl Delivery {
    fn of(fulfilment: &Fulfilment) -> Self {
        let Fulfilment { carrier, tracking, delivered_at } = fulfilment.clone();
        Self { carrier, tracking, delivered_at: delivered_at.map(Timestamp::unix_micros) }
    }

    pub(crate) fn parse(self) -> Fulfilment {
        let Self { carrier, tracking, delivered_at } = self;
        Fulfilment { carrier, tracking, delivered_at: delivered_at.map(Timestamp::from_unix_micros) }
    }
}

/// A delivery as a column keeps it.
pub(crate) fn delivery(fulfilment: &Fulfilment) -> Json {
    to_json(&Delivery::of(fulfilment))
}

impl Model {
    /// The row of an order.
    pub(crate) fn of(order: &Order) -> Self {
        Self {
            id: order.id.uuid(),
            tenant_id: order.tenant_id.uuid(),
            environment: order.environment.to_string(),
            external_id: order.external_id.clone(),
            profile_id: order.profile_id.map(ProfileId::uuid),
            lines: to_json(&order.lines.iter().map(Line::of).collect::<Vec<_>>()),
            discounts: to_json(&order.discounts.iter().map(Discount::of).collect::<Vec<_>>()),
            currency: order.currency.to_string(),
            shipping: order.shipping,
            subtotal: order.subtotal,
            discount: order.discount,
            tax: order.tax,
            total: order.total,
            status: order.status.to_string(),
            fulfilment: order.fulfilment.as_ref().map(delivery),
            created_at: order.created_at.unix_micros(),
            updated_at: order.updated_at.unix_micros(),
            version: order.version,
        }
    }

    /// The order of a row.
    pub(crate) fn parse(self) -> Result<Order, Error> {
        let row = Row::new("customer_order", self.id);
        let lines: Vec<Line> = row.json("lines", self.lines)?;
        let discounts: Vec<Discount> = row.json("discounts", self.discounts)?;
        let delivery: Option<Delivery> = row.json_option("fulfilment", self.fulfilment)?;
        Ok(Order {
            id: OrderId::from_uuid(self.id),
            tenant_id: TenantId::from_uuid(self.tenant_id),
            environment: row.text("environment", &self.environment)?,
            external_id: self.external_id,
            profile_id: self.profile_id.map(ProfileId::from_uuid),
            currency: row.text("currency", &self.currency)?,
            lines: lines.into_iter().map(Line::parse).collect(),
            discounts: discounts.into_iter().map(Discount::parse).collect(),
            shipping: self.shipping,
            subtotal: self.subtotal,
            discount: self.discount,
            tax: self.tax,
            total: self.total,
            status: row.text("status", &self.status)?,
            fulfilment: delivery.map(Delivery::parse),
            created_at: Timestamp::from_unix_micros(self.created_at),
            updated_at: Timestamp::from_unix_micros(self.updated_at),
            version: self.version,
        })
    }
}
