//! Who the customers are, and how each came to be one.

use purser_connector::Initiator;
use purser_domain::payment::{PaymentKind, PaymentSource};
use purser_services::Patch;
use purser_services::profiles::OverlayInput;
use serde_json::{Map, Value, json};

use super::{Act, Customer, Draft, Planned, With, later, money, people};
use crate::demo::dice::Dice;
use crate::demo::merchants::{DAY, Merchant, SECOND};

/// Cards, by how many people have one.
const CARDS: [(&str, u64); 5] = [
    ("tok_visa", 38),
    ("tok_mastercard", 32),
    ("tok_visa_debit", 18),
    ("tok_amex", 8),
    ("tok_threeDSecureOptional", 4),
];

/// All customers, Alex of the documentation first.
pub(super) fn all(draft: &mut Draft, count: usize) -> Vec<Customer> {
    (0..count.max(1)).map(|number| if number == 0 { alex(draft) } else { one(draft, number) }).collect()
}

fn alex(draft: &Draft) -> Customer {
    Customer {
        somebody: people::alex(),
        identification: Some(people::ALEX.to_owned()),
        home: Merchant::NorthBooks,
        joined_at: later(draft.starts_at, 3 * DAY),
        tokens: vec!["tok_visa_alex", "tok_paypal"],
        roams: true,
        weight: 12,
    }
}

fn one(draft: &mut Draft, number: usize) -> Customer {
    let home = Merchant::PARTNERS.get(draft.dice.weighted(&[40, 33, 27])).copied();
    let home = home.unwrap_or(Merchant::NorthBooks);
    let dice = &mut draft.dice;
    let somebody = people::somebody(dice, number);
    // Half of them were there in the first two months.
    let days = if dice.chance(50) { 60 } else { 340 };
    let joined_at = home.instant(dice, draft.starts_at, later(draft.starts_at, days * DAY));
    let identification = dice.chance(85).then(|| identification(dice));
    let tokens = tokens(dice, &somebody, home);
    let roams = dice.chance(35);
    // A few pay often, most now and then.
    let weight = dice.pick(&[1, 1, 1, 2, 2, 3, 3, 4, 6, 10]);
    Customer { somebody, identification, home, joined_at, tokens, roams, weight }
}

/// An identifier of the marketplace's own making: a UUID in its usual text.
fn identification(dice: &mut Dice) -> String {
    let bits = (u128::from(dice.next()) << 64) | u128::from(dice.next());
    let digits = format!("{bits:032x}");
    let part = |range: std::ops::Range<usize>| digits.get(range).unwrap_or_default().to_owned();
    [part(0..8), part(8..12), part(12..16), part(16..20), part(20..32)].join("-")
}

fn tokens(dice: &mut Dice, somebody: &people::Somebody, home: Merchant) -> Vec<&'static str> {
    let weights = CARDS.map(|(_, weight)| weight);
    let mut tokens = vec![CARDS.get(dice.weighted(&weights)).map_or("tok_visa", |(token, _)| *token)];
    let also = somebody.country.also_pays;
    if !also.is_empty() && dice.chance(45) {
        let token = dice.pick(also);
        // Nobody buys books with meal vouchers.
        if token != "tok_mealvoucher_edenred" || home == Merchant::LanternCafe {
            tokens.push(token);
        }
    }
    if dice.chance(15) {
        let second = CARDS.get(dice.weighted(&weights)).map_or("tok_visa", |(token, _)| *token);
        if !tokens.contains(&second) {
            tokens.push(second);
        }
    }
    tokens
}

/// How everybody came to be a customer: by the merchant's own system, or by paying.
pub(super) fn join_all(draft: &mut Draft, customers: &[Customer]) {
    for (number, customer) in customers.iter().enumerate() {
        let pays_first = number == 0 || draft.dice.chance(50);
        if pays_first && customer.identification.is_some() {
            let planned = first_payment(draft, number, customer);
            draft.pay(customer.joined_at, planned);
            let overlay = overlay(&mut draft.dice, customer.home, number);
            draft.add(
                later(customer.joined_at, 60 * SECOND),
                Act::Note { customer: number, merchant: customer.home, overlay },
            );
        } else {
            let overlay = overlay(&mut draft.dice, customer.home, number);
            draft.add(customer.joined_at, Act::Create { customer: number, overlay });
            register(draft, number, customer, 0, 120 * SECOND);
        }
        // One after the other: payments name a stored instrument by its place.
        for (position, delay) in (1..customer.tokens.len()).zip((900..).step_by(900)) {
            register(draft, number, customer, position, delay * SECOND);
        }
    }
}

fn register(draft: &mut Draft, number: usize, customer: &Customer, position: usize, delay: i64) {
    let Some(token) = customer.tokens.get(position).copied() else { return };
    let act = Act::Register { customer: number, merchant: customer.home, token, is_preferred: position == 0 };
    draft.add(later(customer.joined_at, delay), act);
}

/// The payment by which somebody becomes a customer: Alex pays what the documentation says.
fn first_payment(draft: &mut Draft, number: usize, customer: &Customer) -> Planned {
    let cents = if number == 0 { 999 } else { customer.home.price(&mut draft.dice) };
    let currency = if number == 0 { "EUR".parse().expect("ISO 4217") } else { customer.currency() };
    let goods = customer.home.goods(&mut draft.dice);
    Planned {
        number: 0,
        merchant: customer.home,
        kind: PaymentKind::Debit,
        customer: Some(number),
        with: With::Once(customer.tokens.first().copied().unwrap_or("tok_visa")),
        is_first: true,
        amount: money(cents, currency),
        description: format!("{}: {goods}", customer.home.name()),
        source: PaymentSource::Checkout,
        source_id: Some(format!("co_{}", draft.dice.digits(8))),
        source_description: Some("Web shop".to_owned()),
        initiator: Initiator::Customer,
        return_url: None,
        metadata: Map::new(),
    }
}

/// What a merchant keeps about a customer for itself.
pub(super) fn overlay(dice: &mut Dice, merchant: Merchant, number: usize) -> OverlayInput {
    let tags: &[&str] = match merchant {
        Merchant::NorthBooks => &["newsletter", "poetry", "crime", "children", "book-club", "loyalty"],
        Merchant::TideOutdoor => &["newsletter", "kayak", "hiking", "climbing", "loyalty"],
        _ => &["newsletter", "coffee-club", "office", "vegan", "loyalty"],
    };
    let mut chosen: Vec<String> = Vec::new();
    for _ in 0..dice.below(4) {
        let tag = dice.pick(tags).to_owned();
        if !chosen.contains(&tag) {
            chosen.push(tag);
        }
    }
    let mut metadata = Map::new();
    metadata.insert("tier".to_owned(), json!(dice.pick(&["bronze", "bronze", "silver", "gold"])));
    let (key, value): (&str, Value) = match merchant {
        Merchant::NorthBooks => {
            ("favouriteShelf", json!(dice.pick(&["fiction", "travel", "art", "science"])))
        }
        Merchant::TideOutdoor => ("shoeSize", json!(dice.between(36, 47))),
        _ => ("usualOrder", json!(dice.pick(&["flat white", "espresso", "chai", "filter"]))),
    };
    metadata.insert(key.to_owned(), value);
    OverlayInput {
        external_id: Patch::Set(format!("{}-{:05}", merchant.code(), 10_000 + number * 7)),
        metadata: Some(metadata),
        tags: Some(chosen),
        is_favorite: Some(dice.chance(8)),
    }
}
