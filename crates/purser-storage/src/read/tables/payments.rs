//! Payments and their attempts.

use purser_domain::payment::attempt::Attempt;
use purser_domain::payment::{Amounts, Payment, SourceSnapshot, Urls};
use purser_domain::routing::Route;
use purser_types::Money;
use serde_json::Map;

use crate::Error;
use crate::entity::payment::addresses;
use crate::read::row::{Row, Table};
use crate::read::view::PaymentLine;

/// The columns of a payment, its documents last.
const COLUMNS: &[&str] = &[
    "id",
    "tenant_id",
    "environment",
    "kind",
    "merchant_transaction_id",
    "profile_id",
    "container_id",
    "instrument_id",
    "connector_id",
    "router_id",
    "status",
    "currency",
    "amount",
    "amount_original",
    "amount_authorized",
    "amount_captured",
    "amount_capture_pending",
    "amount_refunded",
    "amount_refund_pending",
    "amount_disputed",
    "method",
    "description",
    "source",
    "source_id",
    "source_description",
    "initiator",
    "created_at",
    "updated_at",
    "version",
    "commits_max",
    "commits",
    "amount_minimum",
    "accepts_partial",
    "is_final_captured",
    "capture_at",
    "expires_at",
    "mit_reason",
    "network_transaction_id",
    "reference_payment_id",
    "order_id",
    "decline",
    "next_action",
    "route",
    "metadata",
    "urls",
];
/// How many come before the documents.
const BRIEF: usize = 40;

/// What merchants asked for.
pub(in crate::read) static PAYMENT: Table = Table { name: "payment", columns: COLUMNS };

/// The same without its documents.
pub(in crate::read) static PAYMENT_BRIEF: Table =
    Table { name: "payment", columns: COLUMNS.split_at(BRIEF).0 };

/// What a line of a list tells of a payment.
pub(in crate::read) static LINE: Table = Table {
    name: "payment",
    columns: &[
        "id",
        "profile_id",
        "instrument_id",
        "kind",
        "merchant_transaction_id",
        "status",
        "currency",
        "amount",
        "created_at",
    ],
};

/// Requests to processors.
pub(in crate::read) static ATTEMPT: Table = Table {
    name: "attempt",
    columns: &[
        "id",
        "payment_id",
        "position",
        "operation",
        "connector_id",
        "currency",
        "amount",
        "status",
        "connector_reference",
        "decline",
        "failure",
        "started_at",
        "finished_at",
        "commit_number",
        "network_transaction_id",
        "settled_by",
        "review",
        "action_expires_at",
        "next_check_at",
        "checks",
        "is_final_capture",
        "is_surplus",
        "gives_back",
    ],
};

/// A row of [`PAYMENT`].
pub(in crate::read) fn payment(row: &mut Row) -> Result<Payment, Error> {
    row.begin(&PAYMENT);
    columns(row, false)
}

/// A row of [`PAYMENT_BRIEF`]: a payment whose documents are not known.
pub(in crate::read) fn payment_brief(row: &mut Row) -> Result<Payment, Error> {
    row.begin(&PAYMENT_BRIEF);
    columns(row, true)
}

/// A row of [`LINE`].
pub(in crate::read) fn line(row: &mut Row) -> Result<PaymentLine, Error> {
    row.begin(&LINE);
    Ok(PaymentLine {
        id: row.id()?,
        profile_id: row.id()?,
        instrument_id: row.id_or_none()?,
        kind: row.word()?,
        merchant_transaction_id: row.text()?,
        status: row.word()?,
        currency: row.word()?,
        requested: row.int()?,
        created_at: row.at()?,
    })
}

fn columns(row: &mut Row, is_brief: bool) -> Result<Payment, Error> {
    Ok(Payment {
        id: row.id()?,
        tenant_id: row.id()?,
        environment: row.word()?,
        kind: row.word()?,
        merchant_transaction_id: row.text()?,
        profile_id: row.id_or_none()?,
        container_id: row.id_or_none()?,
        instrument_id: row.id_or_none()?,
        connector_id: row.id_or_none()?,
        router_id: row.id_or_none()?,
        status: row.word()?,
        amounts: amounts(row)?,
        method: row.text_or_none()?,
        description: row.text_or_none()?,
        source: SourceSnapshot {
            source: row.word()?,
            source_id: row.text_or_none()?,
            description: row.text_or_none()?,
        },
        initiator: row.word()?,
        created_at: row.at()?,
        updated_at: row.at()?,
        version: row.int4()?,
        commits_max: row.int4()?,
        commits: row.int4()?,
        minimum: row.int_or_none()?,
        accepts_partial: row.flag()?,
        is_final_captured: row.flag()?,
        capture_at: row.at_or_none()?,
        expires_at: row.at_or_none()?,
        mit_reason: row.word_or_none()?,
        network_transaction_id: row.text_or_none()?,
        reference_payment_id: row.id_or_none()?,
        order_id: row.id_or_none()?,
        decline: if is_brief { None } else { row.json_or_none()? },
        next_action: if is_brief { None } else { row.json_or_none()? },
        route: if is_brief { Route::default() } else { row.json()? },
        metadata: if is_brief { Map::new() } else { row.json()? },
        urls: if is_brief { Urls::default() } else { addresses(row.json_or_none()?) },
    })
}

fn amounts(row: &mut Row) -> Result<Amounts, Error> {
    Ok(Amounts {
        currency: row.word()?,
        requested: row.int()?,
        original: row.int()?,
        authorized: row.int()?,
        captured: row.int()?,
        capture_pending: row.int()?,
        refunded: row.int()?,
        refund_pending: row.int()?,
        disputed: row.int()?,
    })
}

/// A row of [`ATTEMPT`].
pub(in crate::read) fn attempt(row: &mut Row) -> Result<Attempt, Error> {
    row.begin(&ATTEMPT);
    Ok(Attempt {
        id: row.id()?,
        payment_id: row.id()?,
        position: row.int4()?,
        operation: row.word()?,
        connector_id: row.id()?,
        amount: money(row)?,
        status: row.word()?,
        connector_reference: row.text_or_none()?,
        decline: row.json_or_none()?,
        failure: row.text_or_none()?,
        started_at: row.at()?,
        finished_at: row.at_or_none()?,
        commit: row.int4()?,
        network_transaction_id: row.text_or_none()?,
        settled_by: row.word_or_none()?,
        review: row.text_or_none()?,
        action_expires_at: row.at_or_none()?,
        next_check_at: row.at_or_none()?,
        checks: row.int4()?,
        is_final_capture: row.flag()?,
        is_surplus: row.flag()?,
        gives_back: row.id_or_none()?,
    })
}

fn money(row: &mut Row) -> Result<Money, Error> {
    let currency = row.word()?;
    let minor = row.int()?;
    Money::try_new(minor, currency).map_err(|_| row.refused("a negative amount"))
}
