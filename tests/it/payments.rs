//! Payments: money moves once, the processor's books say the same as ours, and doubt stays doubt.

mod actions;
mod amounts;
mod commits;
mod concurrency;
mod doubt;
mod edges;
mod histories;
mod idempotency;
mod keys;
mod notifications;
mod operations;
mod orders;
mod repair;
mod review;
mod routing;
mod schedule;
mod sequences;
mod stage;
mod states;
mod till;

use purser_tests::{Answer, Shop, World};
use serde_json::{Value, json};

/// An amount in euro.
fn eur(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "EUR" })
}

/// A fresh card through the shop's connector.
fn fresh(shop: &Shop<'_>, token: &str) -> Value {
    json!({ "connectorId": shop.connector, "payWith": { "transactionToken": token } })
}

/// The same for so much.
fn fresh_for(shop: &Shop<'_>, token: &str, amount: &str) -> Value {
    json!({ "connectorId": shop.connector, "payWith": { "transactionToken": token }, "amount": eur(amount) })
}

/// A shop of a tenant of its own.
async fn shop(world: &World) -> Shop<'_> {
    world.root_tenant("shop").await.shop().await
}

/// What the processor has taken and not given back, and what it has given back, of each payment.
fn booked(world: &World) -> Vec<(i64, i64)> {
    world.books("northbank").payments().map(|payment| (payment.captured, payment.refunded)).collect()
}

/// The payment's status, what is captured, and what is refunded.
#[track_caller]
fn standing(answer: &Answer, mutation: &str) -> (String, String, String) {
    let at = |path: &str| answer.text(&format!("{mutation}.payment.{path}"));
    (at("status"), at("captured.amount"), at("refunded.amount"))
}

/// The same from words.
fn stands(status: &str, captured: &str, refunded: &str) -> (String, String, String) {
    (status.to_owned(), captured.to_owned(), refunded.to_owned())
}

/// How the attempts of a payment ended, in their order.
#[track_caller]
fn attempts(answer: &Answer, mutation: &str) -> Vec<(String, String)> {
    let listed = answer.data(&format!("{mutation}.payment.attempts")).as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    listed.iter().map(|attempt| (text(&attempt["operation"]), text(&attempt["status"]))).collect()
}

/// The same from words.
fn ended(attempts: &[(&str, &str)]) -> Vec<(String, String)> {
    attempts.iter().map(|(operation, status)| ((*operation).to_owned(), (*status).to_owned())).collect()
}
