//! The hot write: a processor's answer settles a payment, beside `pgbench` with the same statement.
//!
//! What is written is what `payments::record_alone` writes when a sale succeeds: the payment's row under its
//! version, the attempt, an event, the ledger and the customer's totals, in one statement on PostgreSQL.
//! Both clients take it, its values and the session's settings from the storage, so that neither has a copy.
//!
//! - `driver.rs` is ours: so many writers call the storage in a process of its own. There is no HTTP and no
//!   GraphQL in it, since `pgbench` has neither.
//! - `pgbench.rs` makes a script of the statement, for the extended protocol with prepared statements.
//! - `rounds.rs` lets one after the other settle as many payments, each another one, and counts the CPU time
//!   of the client's process and of PostgreSQL from the client's start to its end.
//! - `table.rs` compares.
//!
//! Every payment is settled once, by either side, and its customer's totals are touched by nobody else in the
//! same window: nobody waits for a row's lock. PostgreSQL does not flush here, on either side; the embedded
//! database does, as it does in the field, so that its rate is that of the disk.

pub(crate) mod driver;
mod pgbench;
mod rounds;
mod table;

use anyhow::{Context, Result};
use clap::Args;
use purser_domain::{
    Environment, Scope, SystemScope,
    payment::{
        Amounts, Payment, PaymentStatus,
        attempt::{Attempt, AttemptStatus},
        event::{EventKind, Origin},
    },
};
use purser_storage::{
    Store,
    payments::{self, AttemptRecord, AttemptSeals, NewEvent, PaymentRecord, TotalDelta},
};
use purser_types::{
    Timestamp,
    id::{AttemptId, EventId, PaymentId, ProfileId, TenantId},
};
pub(crate) use rounds::{Ground, measure};
pub(crate) use table::Table;
use uuid::Uuid;

/// How ids of the data begin; their end is a number of twelve decimal digits.
const PREFIX: &str = "0190f000-0000";
/// What is added to a number, so that it has twelve digits.
const TWELVE_DIGITS: i64 = 100_000_000_000;
/// When payments were made; they are settled a day later.
const MADE_AT: i64 = 1_760_000_000_000_000;
const SETTLED_AT: Timestamp = Timestamp::from_unix_micros(MADE_AT + 86_400_000_000);

/// The kinds of ids, as `open.sql` has them.
#[derive(Clone, Copy, Debug)]
enum Id {
    Profile = 0x7001,
    Payment = 0x7002,
    Attempt = 0x7003,
    Event = 0x7005,
}

impl Id {
    fn of(self, number: i64) -> Result<Uuid> {
        let digits = TWELVE_DIGITS + number;
        let text = format!("{PREFIX}-{:x}-8000-{digits}", self as u16);
        Uuid::parse_str(&text).with_context(|| format!("{text} is no id"))
    }
}

/// Which payments are settled in one window: each writer has its own, one after the other.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Slice {
    #[arg(long)]
    first: i64,
    #[arg(long)]
    writers: i64,
    /// How many payments each writer settles.
    #[arg(long)]
    each: i64,
    /// How many customers there are; the payments go round them.
    #[arg(long)]
    customers: i64,
}

impl Slice {
    fn len(self) -> i64 {
        self.writers * self.each
    }
}

/// A payment that waits for its answer, from which all others are made.
#[derive(Clone, Debug)]
struct Template {
    scope: Scope,
    payment: Payment,
    attempt: Attempt,
}

/// One payment before and after its answer.
struct Settled {
    before: Payment,
    after: Payment,
    attempt: Attempt,
    events: [NewEvent; 1],
    delta: TotalDelta,
}

impl Template {
    async fn read(store: &Store, tenant: Uuid, number: i64) -> Result<Self> {
        let system = SystemScope::new("the benchmark's own data", SETTLED_AT);
        let tenant = TenantId::from_uuid(tenant);
        let scope = Scope::on_behalf(&system, tenant, Environment::Sandbox, SETTLED_AT);
        let id = PaymentId::from_uuid(Id::Payment.of(number)?);
        let payment = payments::find(store, &scope, id).await?.context("the payment is not there")?;
        let attempts = payments::attempts(store, &scope, id).await?;
        let attempt = attempts.into_iter().next().context("the attempt is not there")?;
        Ok(Self { scope, payment, attempt })
    }

    /// The payment of this number, and what its processor's success makes of it.
    fn settle(&self, number: i64, customer: i64) -> Result<Settled> {
        let mut before = self.payment.clone();
        before.id = PaymentId::from_uuid(Id::Payment.of(number)?);
        let profile_id = ProfileId::from_uuid(Id::Profile.of(customer)?);
        before.profile_id = Some(profile_id);
        let requested = before.amounts.requested;
        let amounts = Amounts { authorized: requested, captured: requested, ..before.amounts };
        let after = Payment { status: PaymentStatus::Succeeded, amounts, ..before.clone() };
        let mut attempt = self.attempt.clone();
        attempt.id = AttemptId::from_uuid(Id::Attempt.of(number)?);
        attempt.payment_id = before.id;
        attempt.status = AttemptStatus::Succeeded;
        attempt.connector_reference = Some(format!("ref-{}", TWELVE_DIGITS + number));
        attempt.settled_by = Some(Origin::Answer);
        attempt.finished_at = Some(SETTLED_AT);
        attempt.next_check_at = None;
        let events = [NewEvent {
            id: EventId::from_uuid(Id::Event.of(number)?),
            kind: EventKind::PaymentSucceeded,
            origin: Origin::Answer,
            attempt_id: Some(attempt.id),
            amount: Some(requested),
        }];
        let delta = TotalDelta {
            profile_id,
            currency: before.amounts.currency,
            payment_count: 0,
            success_count: 1,
            captured: requested,
            refunded: 0,
            at: SETTLED_AT,
        };
        Ok(Settled { before, after, attempt, events, delta })
    }
}

impl Settled {
    fn record(&self) -> PaymentRecord<'_> {
        PaymentRecord {
            before: &self.before,
            after: &self.after,
            attempt: Some(AttemptRecord { after: &self.attempt, seals: AttemptSeals::default() }),
            events: &self.events,
            total_delta: Some(self.delta),
            now: SETTLED_AT,
        }
    }
}

/// The text that makes the data of a run, for the tenants that are there.
fn open_sql(count: i64, customers: i64) -> String {
    include_str!("write/open.sql")
        .replace(":COUNT", &count.to_string())
        .replace(":PROFILES", &customers.to_string())
        .replace(":PREFIX", PREFIX)
        .replace(":AT", &MADE_AT.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_end_in_their_number() {
        let id = Id::Payment.of(42).expect("an id");

        assert_eq!(id.to_string(), "0190f000-0000-7002-8000-100000000042");
    }

    #[test]
    fn the_text_of_the_data_has_no_name_left_but_those_of_tenants() {
        let text = open_sql(10, 5);

        let left = [":COUNT", ":PROFILES", ":PREFIX", ":AT"];
        assert!(left.iter().all(|name| !text.contains(name)));
        assert!(text.contains(":SHOP") && text.contains("generate_series(0, 10 - 1)"));
    }
}
