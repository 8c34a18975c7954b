//! What happens in the year before the demo starts, decided before any of it is done.
//!
//! A plan is a list of events in the order of time, made from a seed, a size and the instant at which the
//! year ends. It knows nothing of ids: customers and payments are counted, and whoever plays the plan
//! keeps what each of them became.

use purser_connector::Initiator;
use purser_domain::payment::{PaymentKind, PaymentSource};
use purser_plugin_sandbox::{AMOUNTS, FOLLOW_UP_AMOUNTS};
use purser_services::profiles::OverlayInput;
use purser_types::{Currency, Money, Timestamp};
use serde_json::{Map, Value};

use super::dice::Dice;
use super::merchants::{DAY, Merchant, SECOND};
use super::people::{self, Somebody};

mod customers;
mod payments;

/// How much sample data there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Customers with a profile.
    pub customers: usize,
    /// Payments, registrations not counted.
    pub payments: usize,
}

impl Size {
    /// What the demo shows.
    pub const FULL: Self = Self { customers: 300, payments: 2_000 };
    /// Enough of everything for a test.
    pub const TINY: Self = Self { customers: 12, payments: 60 };
}

/// A customer of the plan.
#[derive(Debug, Clone)]
pub(super) struct Customer {
    pub(super) somebody: Somebody,
    pub(super) identification: Option<String>,
    /// The merchant that knew the customer first.
    pub(super) home: Merchant,
    pub(super) joined_at: Timestamp,
    /// One-off tokens of what the customer stores, in order.
    pub(super) tokens: Vec<&'static str>,
    /// Whether the customer shops at the other partners as well.
    pub(super) roams: bool,
    /// How often the customer pays, against the others.
    pub(super) weight: u64,
}

impl Customer {
    pub(super) fn currency(&self) -> Currency {
        self.somebody.country.currency.parse().expect("the table has ISO 4217 codes")
    }
}

/// What pays.
#[derive(Debug, Clone, Copy)]
pub(super) enum With {
    /// What the customer stored so many instruments ago, counted from the first.
    Stored(usize),
    /// A token for one use.
    Once(&'static str),
}

/// A payment of the plan.
#[derive(Debug, Clone)]
pub(super) struct Planned {
    /// Its place among all payments of the plan.
    pub(super) number: usize,
    pub(super) merchant: Merchant,
    pub(super) kind: PaymentKind,
    /// None for somebody who leaves no data.
    pub(super) customer: Option<usize>,
    pub(super) with: With,
    /// Store the instrument, and the customer where there is no profile yet.
    pub(super) is_first: bool,
    pub(super) amount: Money,
    pub(super) description: String,
    pub(super) source: PaymentSource,
    pub(super) source_id: Option<String>,
    pub(super) source_description: Option<String>,
    pub(super) initiator: Initiator,
    pub(super) return_url: Option<&'static str>,
    pub(super) metadata: Map<String, Value>,
}

/// Something that happens.
#[derive(Debug, Clone)]
pub(super) enum Act {
    /// The home merchant creates the profile.
    Create { customer: usize, overlay: OverlayInput },
    /// A merchant writes down what it keeps about a customer for itself.
    Note { customer: usize, merchant: Merchant, overlay: OverlayInput },
    /// The customer stores an instrument without paying.
    Register { customer: usize, merchant: Merchant, token: &'static str, is_preferred: bool },
    /// The customer pays.
    Pay(Box<Planned>),
    /// The merchant captures a part of a reservation, or all that is left.
    Capture { payment: usize, minor: Option<i64> },
    /// The merchant releases a reservation.
    Void { payment: usize },
    /// The merchant gives a part back, or all that is left.
    Refund { payment: usize, minor: Option<i64> },
}

/// An act with its instant.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) at: Timestamp,
    pub(super) act: Act,
}

/// A year.
pub(super) struct Plan {
    pub(super) starts_at: Timestamp,
    pub(super) customers: Vec<Customer>,
    pub(super) events: Vec<Event>,
}

impl Plan {
    /// The plan of a seed: the same each time.
    pub(super) fn new(seed: u64, size: Size, ends_at: Timestamp) -> Self {
        // A moment ago, when a challenge that is open for a quarter of an hour is still open.
        let now = Timestamp::from_unix_micros(ends_at.unix_micros() - 60 * SECOND);
        // The last minutes stay empty, so that the walking clock never passes the real one.
        let ends_at = Timestamp::from_unix_micros(ends_at.unix_micros() - 600 * SECOND);
        let starts_at = Timestamp::from_unix_micros(ends_at.unix_micros() - 365 * DAY);
        let dice = Dice::new(seed);
        let mut draft = Draft { dice, starts_at, ends_at, now, events: Vec::new(), payments: 0 };
        let customers = customers::all(&mut draft, size.customers);
        customers::join_all(&mut draft, &customers);
        payments::all(&mut draft, &customers, size.payments);
        let mut events = draft.events;
        // Stable, so that what was planned first happens first where instants are the same.
        events.sort_by_key(|event| event.at);
        Self { starts_at, customers, events }
    }
}

/// A plan that is being made.
pub(super) struct Draft {
    pub(super) dice: Dice,
    pub(super) starts_at: Timestamp,
    pub(super) ends_at: Timestamp,
    now: Timestamp,
    events: Vec<Event>,
    payments: usize,
}

impl Draft {
    /// Writes an act down, unless it would happen after the year.
    fn add(&mut self, at: Timestamp, act: Act) -> bool {
        let is_in_time = at <= self.ends_at;
        if is_in_time {
            self.events.push(Event { at, act });
        }
        is_in_time
    }

    /// Writes a payment down and answers its number.
    fn pay(&mut self, at: Timestamp, planned: Planned) -> usize {
        self.pay_exactly(at.min(self.ends_at), planned)
    }

    /// Writes a payment down that is made when everything else is over.
    fn pay_now(&mut self, planned: Planned) {
        self.pay_exactly(self.now, planned);
    }

    fn pay_exactly(&mut self, at: Timestamp, mut planned: Planned) -> usize {
        planned.number = self.payments;
        self.payments += 1;
        self.events.push(Event { at, act: Act::Pay(Box::new(planned)) });
        self.payments - 1
    }
}

/// So much later.
pub(super) fn later(at: Timestamp, micros: i64) -> Timestamp {
    Timestamp::from_unix_micros(at.unix_micros().saturating_add(micros))
}

/// An amount of cents in a customer's currency; never one at which the sandbox does something special.
pub(super) fn money(cents: i64, currency: Currency) -> Money {
    let minor = match currency.code() {
        "JPY" => cents * 165 / 100,
        "THB" => cents * 38,
        "GHS" => cents * 12,
        _ => cents,
    };
    let is_special = |minor: i64| AMOUNTS.iter().chain(FOLLOW_UP_AMOUNTS).any(|amount| amount.minor == minor);
    let plain = (minor.max(1)..).find(|minor| !is_special(*minor)).unwrap_or(minor);
    Money::try_new(plain, currency).expect("the amount is above zero")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(seed: u64) -> Plan {
        Plan::new(seed, Size::FULL, "2026-11-20T12:00:00Z".parse().expect("instant"))
    }

    fn described(plan: &Plan) -> Vec<String> {
        plan.events.iter().map(|event| format!("{event:?}")).collect()
    }

    #[test]
    fn a_seed_gives_the_same_plan_each_time() {
        assert_eq!(described(&plan(42)), described(&plan(42)));
        assert_ne!(described(&plan(42)), described(&plan(43)));
    }

    #[test]
    fn a_plan_has_the_size_that_was_asked_for() {
        let plan = plan(42);
        let payments = plan.events.iter().filter(|event| matches!(event.act, Act::Pay(_))).count();

        assert_eq!(plan.customers.len(), 300);
        assert_eq!(payments, 2_000);
    }

    #[test]
    fn nothing_happens_to_a_payment_before_it_was_made_or_after_the_year() {
        let plan = plan(42);
        let mut made = std::collections::HashSet::new();
        let end = "2026-11-20T12:00:00Z".parse().expect("instant");
        for event in &plan.events {
            assert!(plan.starts_at <= event.at && event.at < end, "{event:?}");
            match &event.act {
                Act::Pay(planned) => assert!(made.insert(planned.number), "{event:?}"),
                Act::Capture { payment, .. } | Act::Void { payment } | Act::Refund { payment, .. } => {
                    assert!(made.contains(payment), "{event:?}");
                }
                Act::Create { .. } | Act::Note { .. } | Act::Register { .. } => {}
            }
        }
    }

    #[test]
    fn there_is_something_of_everything() {
        let plan = plan(42);
        let payments: Vec<&Planned> = plan
            .events
            .iter()
            .filter_map(|event| match &event.act {
                Act::Pay(planned) => Some(&**planned),
                _ => None,
            })
            .collect();
        let sources = [PaymentSource::Api, PaymentSource::PaymentLink, PaymentSource::Subscription];
        for source in sources.into_iter().chain([PaymentSource::Invoice, PaymentSource::Checkout]) {
            assert!(payments.iter().filter(|planned| planned.source == source).count() > 10, "{source}");
        }
        let elsewhere = payments.iter().filter(|planned| {
            let home = planned.customer.and_then(|it| plan.customers.get(it)).map(|customer| customer.home);
            home.is_some_and(|home| home != planned.merchant) && matches!(planned.with, With::Stored(_))
        });
        assert!(elsewhere.count() > 100);
        let acts = |wanted: fn(&Act) -> bool| plan.events.iter().filter(|event| wanted(&event.act)).count();
        assert!(acts(|act| matches!(act, Act::Capture { minor: Some(_), .. })) > 5);
        assert!(acts(|act| matches!(act, Act::Capture { minor: None, .. })) > 50);
        assert!(acts(|act| matches!(act, Act::Void { .. })) > 5);
        assert!(acts(|act| matches!(act, Act::Refund { minor: Some(_), .. })) > 10);
        assert!(acts(|act| matches!(act, Act::Refund { minor: None, .. })) > 10);
    }
}
