//! Payments, as lines of lists show them, and money.

use async_graphql::parser::types::Field;
use purser_services::views::PaymentLine;
use purser_types::{Currency, Money};

use super::compile::Row::{Leaf, Nested};
use super::compile::{Compiler, Show, Table};
use super::instruments::INSTRUMENT;
use super::json::Json;

pub(super) static PAYMENT: Table<PaymentLine> = Table {
    name: "Payment",
    rows: &[
        ("id", Leaf(|it, _, out| out.plain(it.id))),
        ("kind", Leaf(|it, _, out| out.word(it.kind.as_str()))),
        ("merchantTransactionId", Leaf(|it, _, out| out.text(&it.merchant_transaction_id))),
        ("status", Leaf(|it, _, out| out.word(it.status.as_str()))),
        ("amount", Nested(|compiler, field| money(compiler, field, |it| (it.requested, it.currency)))),
        ("instrument", Nested(instrument)),
        ("createdAt", Leaf(|it, _, out| out.plain(it.created_at))),
    ],
};

static MONEY: Table<Money> = Table {
    name: "Money",
    rows: &[
        ("amount", Leaf(|it, _, out| out.word(&it.to_major()))),
        ("currency", Leaf(|it, _, out| out.word(it.currency().code()))),
        ("minorUnits", Leaf(|it, _, out| out.plain(it.minor()))),
    ],
};

/// A field that is money: so many minor units of a currency, which the database keeps above zero.
pub(super) fn money<'a, T: 'static>(
    compiler: &mut Compiler<'a>,
    field: &'a Field,
    of: fn(&T) -> (i64, Currency),
) -> Option<Show<T>> {
    let object = compiler.object(&MONEY, &field.selection_set.node)?;
    Some(Box::new(move |it, scene, out: &mut Json| {
        let (minor, currency) = of(it);
        let money = Money::try_new(minor, currency).unwrap_or(Money::zero(currency));
        object.write(&money, scene, out);
    }))
}

/// What paid; the scene has all of them that the viewer sees.
fn instrument<'a>(compiler: &mut Compiler<'a>, field: &'a Field) -> Option<Show<PaymentLine>> {
    compiler.asked.instruments = true;
    compiler.asked.instruments_of_payments = true;
    let object = compiler.object(&INSTRUMENT, &field.selection_set.node)?;
    Some(Box::new(move |it, scene, out| {
        let found = it.instrument_id.and_then(|id| scene.instruments.get(&id));
        out.option(found, |out, found| object.write(found, scene, out));
    }))
}
