//! Closed enums about orders.

use async_graphql::Enum;

/// Where an order stands, by what its payments captured and gave back.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_domain::order::OrderStatus")]
pub(crate) enum OrderStatus {
    /// Nothing was paid yet.
    Open,
    /// Less than the total was paid.
    PartiallyPaid,
    /// The total was paid.
    Paid,
    /// More than the total was paid.
    Overpaid,
    /// Called off.
    Canceled,
    /// All that was paid went back.
    Refunded,
    /// Delivered.
    Fulfilled,
}
