//! The order as the graph shows it.

use async_graphql::{Context, ID, Object, SimpleObject};
use purser_domain::order;
use purser_services::reads;
use purser_types::Currency;

use super::Order;
use crate::context::session;
use crate::error::Nullable;
use crate::money::Money;
use crate::page::{Connection, PageArguments, asks_for_total, listed};
use crate::payments::Payment;
use crate::profiles::Profile;
use crate::scalars::{BigInt, DateTime};
use crate::words::{Environment, OrderStatus};

/// One line of an order.
#[derive(SimpleObject)]
pub(crate) struct OrderLine {
    /// Your number of the product; null if you gave none.
    sku: Option<String>,
    /// The product's name.
    name: String,
    /// How many, from 1.
    quantity: BigInt,
    /// The price of one.
    unit_amount: Money,
    /// What is taken off the whole line.
    discount: Money,
    /// The tax on the whole line.
    tax: Money,
    /// The kind of product; null if you gave none.
    category: Option<String>,
}

/// A discount on the whole of an order.
#[derive(SimpleObject)]
pub(crate) struct OrderDiscount {
    /// Its name.
    name: String,
    /// How much.
    amount: Money,
}

/// How an order was delivered: evidence against "not received".
#[derive(SimpleObject)]
pub(crate) struct OrderFulfilment {
    /// Who carried it; null if you did not say.
    carrier: Option<String>,
    /// The carrier's number; null if you did not say.
    tracking: Option<String>,
    /// When it arrived; null if it has not.
    delivered_at: Option<DateTime>,
}

fn line(line: order::OrderLine, currency: Currency) -> OrderLine {
    OrderLine {
        sku: line.sku,
        name: line.name,
        quantity: BigInt(line.quantity),
        unit_amount: Money::of(line.unit_amount, currency),
        discount: Money::of(line.discount, currency),
        tax: Money::of(line.tax, currency),
        category: line.category,
    }
}

/// An order of your tenant: what was sold, as you submitted it. Nobody else ever sees it.
#[Object]
impl Order {
    /// The global id, `ord_…`.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Your own id of it, unique per tenant and environment.
    async fn external_id(&self) -> &str {
        &self.0.external_id
    }

    /// Live or sandbox.
    async fn environment(&self) -> Environment {
        self.0.environment.into()
    }

    /// Where it stands, by what its payments captured and gave back.
    async fn status(&self) -> OrderStatus {
        self.0.status.into()
    }

    /// What was ordered, at most 500 lines.
    async fn lines(&self) -> Vec<OrderLine> {
        self.0.lines.iter().cloned().map(|item| line(item, self.0.currency)).collect()
    }

    /// Discounts on the whole, at most 50.
    async fn discounts(&self) -> Vec<OrderDiscount> {
        let discounts = self.0.discounts.iter().cloned();
        discounts
            .map(|discount| OrderDiscount {
                name: discount.name,
                amount: Money::of(discount.amount, self.0.currency),
            })
            .collect()
    }

    /// What delivery costs.
    async fn shipping(&self) -> Money {
        Money::of(self.0.shipping, self.0.currency)
    }

    /// The sum of quantity times price of all lines.
    async fn subtotal(&self) -> Money {
        Money::of(self.0.subtotal, self.0.currency)
    }

    /// The sum of all discounts, of lines and of the whole.
    async fn discount(&self) -> Money {
        Money::of(self.0.discount, self.0.currency)
    }

    /// The sum of the taxes of all lines.
    async fn tax(&self) -> Money {
        Money::of(self.0.tax, self.0.currency)
    }

    /// What is to be paid: `subtotal` less `discount`, with `tax` and `shipping`.
    async fn total(&self) -> Money {
        Money::of(self.0.total, self.0.currency)
    }

    /// How it was delivered; null if you did not say.
    async fn fulfilment(&self) -> Option<OrderFulfilment> {
        self.0.fulfilment.clone().map(|fulfilment| OrderFulfilment {
            carrier: fulfilment.carrier,
            tracking: fulfilment.tracking,
            delivered_at: fulfilment.delivered_at.map(DateTime),
        })
    }

    /// The customer's profile; null if you named none, if it is gone or no longer yours to see, and without
    /// `profiles:read`.
    async fn profile(&self, gql: &Context<'_>) -> Nullable<Profile> {
        crate::profiles::profile(gql, self.0.profile_id).await
    }

    /// What pays it, newest first; null without `payments:read`.
    async fn payments(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "How many, from the newest: 1 to 100, 20 if absent.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, from the oldest: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Nullable<Connection<Payment>> {
        let arguments = PageArguments::new(first, after, last, before);
        crate::error::nullable(
            async {
                let session = session(gql)?;
                if !session.may("Payment") {
                    return Ok(None);
                }
                let page = arguments.page::<Payment>(session.ctx(), asks_for_total(gql))?;
                let found = reads::payments_of_order(session.ctx(), self.0.id, page).await;
                listed(found, Payment::new).map(Some)
            }
            .await,
        )
    }

    /// When it was submitted.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }

    /// Grows by one with each change.
    async fn version(&self) -> i32 {
        self.0.version
    }
}
