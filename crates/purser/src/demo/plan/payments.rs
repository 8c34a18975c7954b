//! Who pays what, when, and what becomes of it.

use purser_connector::Initiator;
use purser_domain::payment::{PaymentKind, PaymentSource};
use purser_types::{Money, Timestamp};
use serde_json::{Map, json};

use super::customers::overlay;
use super::{Act, Customer, Draft, Planned, With, later, money};
use crate::demo::merchants::{DAY, Merchant, SECOND};

/// How many of a hundred customers have a subscription.
const SUBSCRIBERS_PERCENT: u64 = 9;
/// Days between two payments of a subscription.
const RENEWAL_DAYS: i64 = 30;
/// When the last instrument of a customer is stored, at the latest, after the customer joined.
const SETTLED_AFTER: i64 = 3_600 * SECOND;
/// Tokens that are declined, for customers who type something wrong.
const DECLINED: [&str; 5] = [
    "tok_chargeDeclined",
    "tok_chargeDeclinedInsufficientFunds",
    "tok_chargeDeclinedExpiredCard",
    "tok_chargeDeclinedIncorrectCvc",
    "tok_chargeDeclinedFraudulent",
];
/// Amounts that are declined.
const DECLINED_AMOUNTS: [i64; 4] = [6_605, 6_651, 6_661, 6_691];

/// All payments: the subscriptions first, then the rest until there are `count`.
pub(super) fn all(draft: &mut Draft, customers: &[Customer], count: usize) {
    unfinished(draft, customers, count);
    for (number, customer) in customers.iter().enumerate() {
        if number == 0 || draft.dice.chance(SUBSCRIBERS_PERCENT) {
            subscription(draft, number, customer, count);
        }
    }
    let weights: Vec<u64> = customers.iter().map(|customer| customer.weight).collect();
    let mut met = std::collections::BTreeSet::new();
    while draft.payments < count {
        match draft.dice.below(100) {
            0..4 => guest(draft, Merchant::HarborMarket),
            4..8 => guest(draft, Merchant::QuietCorner),
            8..11 => guest(draft, Merchant::LanternCafe),
            _ => {
                let number = draft.dice.weighted(&weights);
                let Some(customer) = customers.get(number) else { continue };
                let Some((merchant, at)) = purchase(draft, number, customer) else { continue };
                if merchant != customer.home && met.insert((number, merchant)) {
                    note_elsewhere(draft, number, merchant, at);
                }
            }
        }
    }
}

/// What the customer's next-door merchant writes down after the customer was there for the first time.
fn note_elsewhere(draft: &mut Draft, customer: usize, merchant: Merchant, at: Timestamp) {
    if draft.dice.chance(60) {
        let overlay = overlay(&mut draft.dice, merchant, customer);
        draft.add(later(at, 90 * SECOND), Act::Note { customer, merchant, overlay });
    }
}

/// The last days: somebody who contests a payment, somebody whose bank takes its time, somebody at a
/// challenge.
fn unfinished(draft: &mut Draft, customers: &[Customer], count: usize) {
    let cases = [
        ("tok_createDispute", Some(3 * DAY)),
        ("tok_bank_transfer", Some(5 * 3_600 * SECOND)),
        ("tok_delayedSuccess", Some(2 * 3_600 * SECOND)),
        ("tok_threeDSecureRequired", None),
    ];
    for (token, ago) in cases {
        if draft.payments >= count {
            return;
        }
        let merchant = Merchant::NorthBooks;
        let cents = merchant.price(&mut draft.dice);
        let euro = "EUR".parse().expect("ISO 4217");
        let goods = merchant.goods(&mut draft.dice);
        let planned = blank(merchant, money(cents, euro), With::Once(token), goods);
        match ago {
            Some(ago) => {
                draft.pay(later(draft.ends_at, -ago), planned);
            }
            None => {
                let return_url = Some("https://north-books.example/return");
                draft.pay_now(Planned { return_url, ..planned });
            }
        }
    }
    debug_assert!(!customers.is_empty(), "Alex is always there");
}

fn blank(merchant: Merchant, amount: Money, with: With, goods: &str) -> Planned {
    Planned {
        number: 0,
        merchant,
        kind: PaymentKind::Debit,
        customer: None,
        with,
        is_first: false,
        amount,
        description: format!("{}: {goods}", merchant.name()),
        source: PaymentSource::Api,
        source_id: None,
        source_description: None,
        initiator: Initiator::Customer,
        return_url: None,
        metadata: Map::new(),
    }
}

/// Monthly payments that the merchant starts.
fn subscription(draft: &mut Draft, number: usize, customer: &Customer, count: usize) {
    let (merchant, name, cents) = match customer.home {
        Merchant::NorthBooks => (Merchant::NorthBooks, "Book of the month", 1_990),
        _ => (Merchant::LanternCafe, "Coffee club", 1_450),
    };
    if merchant != customer.home && !customer.roams {
        return;
    }
    let source_id = format!("sub_{}", draft.dice.digits(8));
    let mut at = later(customer.joined_at, 2 * DAY);
    while at < draft.ends_at && draft.payments < count {
        let amount = money(cents, customer.currency());
        let planned = Planned {
            customer: Some(number),
            source: PaymentSource::Subscription,
            source_id: Some(source_id.clone()),
            source_description: Some(format!("{name}, monthly")),
            initiator: Initiator::Merchant,
            ..blank(merchant, amount, With::Stored(0), name)
        };
        draft.pay(at, planned);
        at = later(at, RENEWAL_DAYS * DAY);
    }
}

/// Somebody who leaves nothing but money.
fn guest(draft: &mut Draft, merchant: Merchant) {
    let dice = &mut draft.dice;
    let at = merchant.instant(dice, draft.starts_at, draft.ends_at);
    let token =
        if dice.chance(8) { dice.pick(&DECLINED) } else { dice.pick(&["tok_visa", "tok_mastercard"]) };
    let cents = merchant.price(dice);
    let goods = merchant.goods(dice);
    let euro = "EUR".parse().expect("ISO 4217");
    let mut planned = blank(merchant, money(cents, euro), With::Once(token), goods);
    from_somewhere(draft, &mut planned, false);
    draft.pay(at, planned);
}

/// A customer's ordinary payment, at home or elsewhere; answers where and when somebody who is known paid.
fn purchase(draft: &mut Draft, number: usize, customer: &Customer) -> Option<(Merchant, Timestamp)> {
    let elsewhere = customer.roams && draft.dice.chance(40);
    let others: Vec<Merchant> =
        Merchant::PARTNERS.into_iter().filter(|merchant| *merchant != customer.home).collect();
    let merchant = if elsewhere { draft.dice.pick(&others) } else { customer.home };
    let from = later(customer.joined_at, SETTLED_AFTER).min(draft.ends_at);
    let at = merchant.instant(&mut draft.dice, from, draft.ends_at);
    let amount = money(merchant.price(&mut draft.dice), customer.currency());
    let goods = merchant.goods(&mut draft.dice);
    let position = instrument(draft, customer, merchant);
    let mut planned =
        Planned { customer: Some(number), ..blank(merchant, amount, With::Stored(position), goods) };
    from_somewhere(draft, &mut planned, customer.somebody.is_company);
    if draft.dice.chance(6) {
        declined(draft, &mut planned);
        let is_known = planned.customer.is_some();
        draft.pay(at, planned);
        return is_known.then_some((merchant, at));
    }
    let token = customer.tokens.get(position).copied().unwrap_or_default();
    let can_reserve = !matches!(token, "tok_iban_de" | "tok_momo_mtn" | "tok_mealvoucher_edenred");
    if can_reserve && draft.dice.chance(if merchant == Merchant::TideOutdoor { 60 } else { 4 }) {
        planned.kind = PaymentKind::Preauthorize;
        let payment = draft.pay(at, planned);
        reserved(draft, payment, at, amount.minor());
    } else {
        let payment = draft.pay(at, planned);
        let is_given_back = draft.dice.chance(7);
        if is_given_back {
            given_back(draft, payment, at, amount.minor());
        }
    }
    Some((merchant, at))
}

/// Mostly what the customer stored first.
fn instrument(draft: &mut Draft, customer: &Customer, merchant: Merchant) -> usize {
    let position = if draft.dice.chance(70) { 0 } else { draft.dice.index(customer.tokens.len()) };
    let is_voucher = customer.tokens.get(position).is_some_and(|token| token.contains("mealvoucher"));
    // Meal vouchers buy meals.
    if is_voucher && merchant != Merchant::LanternCafe { 0 } else { position }
}

fn declined(draft: &mut Draft, planned: &mut Planned) {
    if draft.dice.chance(70) {
        let minor = draft.dice.pick(&DECLINED_AMOUNTS);
        let amount = Money::try_new(minor, planned.amount.currency());
        planned.amount = amount.expect("the amounts of the table are above zero");
    } else {
        planned.with = With::Once(draft.dice.pick(&DECLINED));
        planned.customer = None;
    }
}

fn days(draft: &mut Draft, low: i64, high: i64) -> i64 {
    draft.dice.between(low * 24, high * 24) * 3_600 * SECOND
}

/// What becomes of a reservation: shipped, shipped in part, called off, or still waiting.
fn reserved(draft: &mut Draft, payment: usize, at: Timestamp, minor: i64) {
    let shipped_at = later(at, days(draft, 1, 4));
    match draft.dice.below(100) {
        0..70 => {
            let is_captured = draft.add(shipped_at, Act::Capture { payment, minor: None });
            if is_captured && draft.dice.chance(6) {
                given_back(draft, payment, shipped_at, minor);
            }
        }
        70..86 => {
            let part = part_of(minor);
            let is_captured = draft.add(shipped_at, Act::Capture { payment, minor: Some(part) });
            if is_captured && draft.dice.chance(50) {
                let rest_at = later(shipped_at, days(draft, 1, 6));
                draft.add(rest_at, Act::Capture { payment, minor: None });
            }
        }
        86..97 => {
            draft.add(shipped_at, Act::Void { payment });
        }
        _ => {}
    }
}

/// Some time after the money was taken, a part of it or all goes back.
fn given_back(draft: &mut Draft, payment: usize, taken_at: Timestamp, minor: i64) {
    let at = later(taken_at, days(draft, 8, 20));
    let part = draft.dice.chance(40).then(|| part_of(minor));
    draft.add(at, Act::Refund { payment, minor: part });
}

/// Some part of an amount; never one at which the sandbox does something special, nor at what is left.
fn part_of(minor: i64) -> i64 {
    let is_special = |minor: i64| (8_800..=8_804).contains(&minor);
    let part = (minor * 2 / 5).max(1);
    if is_special(part) || is_special(minor - part) { part + 10 } else { part }
}

/// Where a payment came from.
fn from_somewhere(draft: &mut Draft, planned: &mut Planned, is_company: bool) {
    let dice = &mut draft.dice;
    let links = ["Summer reading list", "Team lunch", "Trail weekend", "Gift voucher"];
    let throw = if is_company { dice.below(160) } else { dice.below(100) };
    let (source, prefix, description) = match throw {
        0..45 => (PaymentSource::Checkout, "co", Some("Web shop")),
        45..75 => (PaymentSource::Api, "", None),
        75..92 => (PaymentSource::PaymentLink, "pl", Some(dice.pick(&links))),
        92..97 => (PaymentSource::Dashboard, "", Some("By telephone")),
        _ => (PaymentSource::Invoice, "inv", Some("Invoice")),
    };
    planned.source = source;
    planned.source_id = (!prefix.is_empty()).then(|| format!("{prefix}_{}", dice.digits(8)));
    planned.source_description = description.map(str::to_owned);
    planned
        .metadata
        .insert("order".to_owned(), json!(format!("{}{}", planned.merchant.code(), dice.digits(6))));
    if dice.chance(20) {
        planned.metadata.insert("channel".to_owned(), json!(dice.pick(&["web", "app", "shop"])));
    }
}
