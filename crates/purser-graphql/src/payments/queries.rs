//! Look-ups of payments.

use async_graphql::{Context, ID, Object, OneofObject};
use purser_services::payments;
use purser_services::reads;
use purser_services::selection::PaymentLookup;

use super::{Payment, PaymentFilterInput};
use crate::context::enter;
use crate::error::{Nullable, nullable, told};
use crate::node::known;
use crate::page::{Connection, PageArguments, asks_for_total, listed};

/// One of the keys of a payment.
#[derive(OneofObject)]
pub(crate) enum PaymentBy {
    /// The global id, `pay_…`.
    Id(ID),
    /// Your own id of the transaction.
    MerchantTransactionId(String),
}

#[derive(Default)]
pub(crate) struct PaymentQuery;

#[Object]
impl PaymentQuery {
    /// One of your payments; null if there is none. If its outcome is in doubt the processor is asked first,
    /// for a moment. Needs `payments:read`.
    async fn payment(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "By which of its keys.")] by: PaymentBy,
    ) -> Nullable<Payment> {
        nullable(
            async {
                let session = enter(gql, "Query.payment")?;
                let lookup = match by {
                    PaymentBy::Id(id) => match known(&id) {
                        Some(id) => PaymentLookup::Id(id),
                        None => return Ok(None),
                    },
                    PaymentBy::MerchantTransactionId(id) => PaymentLookup::TransactionId(id),
                };
                // Whoever looks at a doubt ends it, if that takes not long.
                let found = payments::find(session.ctx(), &lookup).await.map_err(|error| told(&error))?;
                Ok(found.map(Payment::new))
            }
            .await,
        )
    }

    /// Your payments, newest first. Needs `payments:read`.
    async fn payments(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Only those that fit.")] filter: Option<PaymentFilterInput>,
        #[graphql(desc = "How many, from the newest: 1 to 100, 20 if absent.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, from the oldest: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Nullable<Connection<Payment>> {
        let arguments = PageArguments::new(first, after, last, before);
        Some(
            async {
                let ctx = enter(gql, "Query.payments")?.ctx();
                let page = arguments.page::<Payment>(ctx, asks_for_total(gql))?;
                let Some(filter) = filter.unwrap_or_default().filter() else {
                    return Ok(Connection::empty());
                };
                listed(reads::payments(ctx, &filter, page).await, Payment::new)
            }
            .await,
        )
    }
}
