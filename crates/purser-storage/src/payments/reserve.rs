//! Amounts that are set aside, under the condition that they are there.

use std::sync::atomic::{AtomicBool, Ordering};

use purser_domain::Scope;
use purser_domain::payment::state::request::{is_capturable, is_refundable};
use purser_types::Timestamp;
use purser_types::id::PaymentId;

use super::{OWN, statuses};
use crate::db::Write;
use crate::error::Error;
use crate::sql::Sql;

/// Sets minor units aside for a capture, if the payment's state and what is left of it allow; false if
/// not. The payment's version grows.
///
/// # Errors
/// Faults of the database.
pub async fn reserve_capture(
    w: &Write,
    scope: &Scope,
    id: PaymentId,
    minor: i64,
    now: Timestamp,
) -> Result<bool, Error> {
    let text = format!(
        "UPDATE payment SET amount_capture_pending = amount_capture_pending + $5, updated_at = $6, \
         version = version + 1 WHERE {OWN} AND $5 > 0 \
         AND amount_authorized - amount_captured - amount_capture_pending >= $5 AND NOT is_final_captured \
         AND status IN ({})",
        statuses(is_capturable)
    );
    let sql = Sql::scoped(scope, text).bind(id.uuid()).bind(minor).bind(now.unix_micros());
    Ok(w.execute("reserving a capture", sql).await? == 1)
}

/// Sets minor units aside for a refund, if the payment's state and what is left of it allow; false if not.
/// What is disputed is not left. The payment's version grows.
///
/// # Errors
/// Faults of the database.
pub async fn reserve_refund(
    w: &Write,
    scope: &Scope,
    id: PaymentId,
    minor: i64,
    now: Timestamp,
) -> Result<bool, Error> {
    let text = if IS_UNCHECKED.load(Ordering::Relaxed) { unchecked() } else { checked() };
    let sql = Sql::scoped(scope, text).bind(id.uuid()).bind(minor).bind(now.unix_micros());
    Ok(w.execute("reserving a refund", sql).await? == 1)
}

fn checked() -> String {
    format!(
        "UPDATE payment SET amount_refund_pending = amount_refund_pending + $5, updated_at = $6, \
         version = version + 1 WHERE {OWN} AND $5 > 0 \
         AND amount_captured - amount_refunded - amount_refund_pending - amount_disputed >= $5 \
         AND status IN ({})",
        statuses(is_refundable)
    )
}

/// A bug that is planted on purpose, for a run of the checker that must fail: the refund is granted whatever
/// is left. What is set aside stops where the database's own constraint would notice.
fn unchecked() -> String {
    let left = "amount_captured - amount_refunded - amount_disputed";
    format!(
        "UPDATE payment SET amount_refund_pending = CASE WHEN amount_refund_pending + $5 > {left} THEN {left} \
         ELSE amount_refund_pending + $5 END, updated_at = $6, version = version + 1 WHERE {OWN} AND $5 > 0"
    )
}

/// Whether the bug is planted.
static IS_UNCHECKED: AtomicBool = AtomicBool::new(false);

/// Plants the bug for the rest of the process's life. Only builds for the checker can.
#[cfg(feature = "torture")]
pub fn plant_unchecked_refunds() {
    IS_UNCHECKED.store(true, Ordering::Relaxed);
}
