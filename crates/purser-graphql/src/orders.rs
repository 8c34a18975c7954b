//! Orders: what was sold, as evidence in disputes and for analytics.

mod mutations;
mod object;
mod queries;

use std::sync::Arc;

use async_graphql::Context;
use purser_domain::order;
use purser_types::id::OrderId;
use purser_types::page::Position;

use crate::context::session;
use crate::error::{Nullable, nullable};
use crate::page::Listed;

pub(crate) use mutations::OrderMutation;
pub(crate) use queries::OrderQuery;

/// An order of the viewer's tenant.
#[derive(Clone)]
pub(crate) struct Order(Arc<order::Order>);

impl Order {
    pub(crate) fn new(order: order::Order) -> Self {
        Self(Arc::new(order))
    }
}

impl Listed for Order {
    const LIST: &'static str = "orders";

    fn position(&self) -> Position {
        Position { created_at: self.0.created_at, id: self.0.id.uuid() }
    }
}

/// An order that another object leads to.
pub(crate) async fn order(gql: &Context<'_>, id: Option<OrderId>) -> Nullable<Order> {
    let id = id?;
    nullable(
        async {
            let session = session(gql)?;
            if !session.may("Order") {
                return Ok(None);
            }
            Ok(session.loaders().orders.load(id).await?.map(Order::new))
        }
        .await,
    )
}
