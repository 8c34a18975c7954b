//! What a customer has paid.

use async_graphql::Object;
use purser_services::views;

use crate::money::Money;
use crate::scalars::{BigInt, CurrencyCode, DateTime};

/// What a customer has paid at the viewer in one currency.
pub(crate) struct ProfileTotal(pub(crate) views::ProfileTotal);

/// What a customer has paid at your tenant in one currency.
#[Object]
impl ProfileTotal {
    /// The currency of the amounts, ISO 4217.
    async fn currency(&self) -> CurrencyCode {
        CurrencyCode(self.0.currency)
    }

    /// Payments made, whatever became of them; registrations do not count.
    async fn payment_count(&self) -> BigInt {
        BigInt(self.0.payment_count)
    }

    /// Payments that succeeded.
    async fn success_count(&self) -> BigInt {
        BigInt(self.0.success_count)
    }

    /// What was captured.
    async fn captured(&self) -> Money {
        Money::of(self.0.captured, self.0.currency)
    }

    /// What went back.
    async fn refunded(&self) -> Money {
        Money::of(self.0.refunded, self.0.currency)
    }

    /// When the customer last paid, successfully or not.
    async fn last_payment_at(&self) -> DateTime {
        DateTime(self.0.last_payment_at)
    }
}
