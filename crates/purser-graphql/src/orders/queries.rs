//! Look-ups of orders.

use async_graphql::{Context, ID, Object, OneofObject};
use purser_services::reads;

use super::Order;
use crate::context::enter;
use crate::error::{Nullable, nullable, told};
use crate::node::known;
use crate::page::{Connection, PageArguments, asks_for_total, listed};

/// One of the keys of an order.
#[derive(OneofObject)]
pub(crate) enum OrderBy {
    /// The global id, `ord_…`.
    Id(ID),
    /// Your own id of it.
    ExternalId(String),
}

#[derive(Default)]
pub(crate) struct OrderQuery;

#[Object]
impl OrderQuery {
    /// One of your orders; null if there is none. Needs `orders:read`.
    async fn order(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "By which of its keys.")] by: OrderBy,
    ) -> Nullable<Order> {
        nullable(
            async {
                let session = enter(gql, "Query.order")?;
                let found = match by {
                    OrderBy::Id(id) => match known(&id) {
                        Some(id) => session.loaders().orders.load(id).await?,
                        None => None,
                    },
                    OrderBy::ExternalId(id) => {
                        let found = reads::order_by_external_id(session.ctx(), &id).await;
                        found.map_err(|error| told(&error))?
                    }
                };
                Ok(found.map(Order::new))
            }
            .await,
        )
    }

    /// Your orders, newest first. Needs `orders:read`.
    async fn orders(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "How many, from the newest: 1 to 100, 20 if absent.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, from the oldest: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Nullable<Connection<Order>> {
        let arguments = PageArguments::new(first, after, last, before);
        Some(
            async {
                let ctx = enter(gql, "Query.orders")?.ctx();
                let page = arguments.page::<Order>(ctx, asks_for_total(gql))?;
                listed(reads::orders(ctx, page).await, Order::new)
            }
            .await,
        )
    }
}
