//! What customers have paid, per tenant and currency, kept in the transaction of the payment.
//!
//! Totals begin with a grant in the profile's container and go on without one. A profile that is gone, or
//! never was in reach, has none. Nothing here ever refuses to record that money moved: sums stop at the
//! largest number, where SQLite would go on with floats and PostgreSQL would fail, and what went back stops
//! at what was captured, which may have begun before the totals did.

use purser_domain::Scope;
use purser_domain::container::Permission;
use purser_types::id::ProfileId;
use purser_types::{Currency, Timestamp};
use sea_orm::Value;

use crate::db::{Engine, Write};
use crate::error::Error;
use crate::sql::Sql;
use crate::visibility::granted;

/// What is added to a customer's totals at one tenant in one currency. A void takes away again, so that
/// numbers may be negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TotalDelta {
    /// The customer's profile.
    pub profile_id: ProfileId,
    /// The currency of the amounts.
    pub currency: Currency,
    /// Payments made.
    pub payment_count: i64,
    /// Payments that succeeded.
    pub success_count: i64,
    /// Minor units that were captured.
    pub captured: i64,
    /// Minor units that went back.
    pub refunded: i64,
    /// When.
    pub at: Timestamp,
}

/// How many values [`values`] has.
pub(super) const WIDTH: usize = 7;

/// The values of a delta, which the statements here expect one after the other: profile, currency,
/// payments, successes, captured, refunded, when. Without a delta no row is found by them.
pub(super) fn values(delta: Option<&TotalDelta>) -> [Value; WIDTH] {
    [
        delta.map(|delta| delta.profile_id.uuid()).into(),
        delta.map(|delta| delta.currency.code().to_owned()).into(),
        delta.map_or(0, |delta| delta.payment_count).into(),
        delta.map_or(0, |delta| delta.success_count).into(),
        delta.map_or(0, |delta| delta.captured).into(),
        delta.map_or(0, |delta| delta.refunded).into(),
        delta.map_or(0, |delta| delta.at.unix_micros()).into(),
    ]
}

/// Adds to what a customer has paid at the viewer; nothing if the customer has no totals and the viewer no
/// grant to begin them.
///
/// # Errors
/// Faults of the database.
pub async fn add_total(w: &Write, scope: &Scope, delta: &TotalDelta) -> Result<(), Error> {
    let doing = "adding to a customer's totals";
    let engine = w.engine();
    let statement = |text: String| values(Some(delta)).into_iter().fold(Sql::scoped(scope, text), Sql::bind);
    if w.execute(doing, statement(adding(engine, 4, "TRUE"))).await? == 0 {
        w.execute(doing, statement(beginning(engine, 4, "TRUE"))).await?;
    }
    Ok(())
}

/// Adds to totals that there are, on a condition. The values begin at `$first`.
pub(super) fn adding(engine: Engine, first: usize, condition: &str) -> String {
    let [profile, currency, ..] = places(first);
    format!(
        "UPDATE profile_total SET {} WHERE tenant_id = $1 AND profile_id = {profile} AND currency = {currency} \
         AND {condition}",
        sums(engine, first)
    )
}

/// Begins totals, on a condition, or adds to those that somebody else is just beginning. The row that is
/// proposed obeys the checks whatever is added: both engines hold it against them before they look for the
/// row of before.
pub(super) fn beginning(engine: Engine, first: usize, condition: &str) -> String {
    let [profile, currency, payments, successes, captured, refunded, at] = places(first);
    let (least, greatest) = extremes(engine);
    // On PostgreSQL the lock keeps the profile from going between the condition and the foreign key.
    let lock = match engine {
        Engine::Postgres => " FOR KEY SHARE OF p",
        Engine::Sqlite => "",
    };
    let knows = granted("p.container_id", &[Permission::ReadProfile, Permission::StoreInstrument]);
    let captured = format!("{greatest}({captured}, 0)");
    format!(
        "INSERT INTO profile_total (tenant_id, profile_id, currency, payment_count, success_count, captured, \
         refunded, last_payment_at) SELECT $1, {profile}, {currency}, {payments}, {successes}, {captured}, \
         {least}({greatest}({refunded}, 0), {captured}), {at} FROM profile p \
         WHERE p.id = {profile} AND {knows} AND {condition}{lock} \
         ON CONFLICT (tenant_id, profile_id, currency) DO UPDATE SET {}",
        sums(engine, first)
    )
}

fn sums(engine: Engine, first: usize) -> String {
    let [_, _, payments, successes, captured, refunded, at] = places(first);
    let (least, greatest) = extremes(engine);
    let sum = |column: &str, more: &str| {
        format!(
            "CASE WHEN {more} > 0 AND profile_total.{column} > 9223372036854775807 - {more} \
             THEN 9223372036854775807 ELSE {greatest}(profile_total.{column} + {more}, 0) END"
        )
    };
    let captured = sum("captured", &captured);
    let refunded = sum("refunded", &refunded);
    format!(
        "payment_count = profile_total.payment_count + {payments}, \
         success_count = profile_total.success_count + {successes}, captured = {captured}, \
         refunded = {least}({refunded}, {captured}), \
         last_payment_at = {greatest}(profile_total.last_payment_at, {at})"
    )
}

fn places(first: usize) -> [String; WIDTH] {
    std::array::from_fn(|at| format!("${}", first + at))
}

/// The functions for the smaller and the larger of two numbers.
const fn extremes(engine: Engine) -> (&'static str, &'static str) {
    match engine {
        Engine::Postgres => ("LEAST", "GREATEST"),
        Engine::Sqlite => ("MIN", "MAX"),
    }
}
