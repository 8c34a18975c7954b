//! Look-ups of payments.

use async_graphql::{Context, ID, Object, OneofObject};
use purser_domain::payment;
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

/// Whether nobody knows the outcome of something about a payment, as far as the payment itself tells.
fn is_in_doubt(payment: &payment::Payment) -> bool {
    let is_unknown =
        matches!(payment.status, payment::PaymentStatus::Processing | payment::PaymentStatus::Pending);
    is_unknown || payment.amounts.capture_pending > 0 || payment.amounts.refund_pending > 0
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
                let found = reads::payment(session.ctx(), &lookup).await.map_err(|error| told(&error))?;
                match found {
                    // Whoever looks at a doubt ends it, if that takes not long.
                    Some(doubted) if is_in_doubt(&doubted) => {
                        payments::repair_on_read(session.ctx(), doubted.id).await;
                        let again = reads::payment(session.ctx(), &PaymentLookup::Id(doubted.id)).await;
                        Ok(again.map_err(|error| told(&error))?.map(Payment::new))
                    }
                    found => Ok(found.map(Payment::new)),
                }
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
