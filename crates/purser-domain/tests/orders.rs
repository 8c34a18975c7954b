//! What an order adds up to, and where it stands.

use proptest::prelude::*;
use purser_domain::order::{
    DISCOUNTS_MAX, LINES_MAX, OrderDiscount, OrderError, OrderLine, OrderStatus, QUANTITY_MAX,
    checked_totals, status, totals,
};
use purser_domain::payment::{AMOUNT_MINOR_MAX, Amounts};
use purser_types::Money;

fn line(quantity: i64, unit_amount: i64, discount: i64, tax: i64) -> OrderLine {
    let name = "Apple".to_owned();
    OrderLine { sku: None, name, quantity, unit_amount, discount, tax, category: None }
}

fn discount(amount: i64) -> OrderDiscount {
    OrderDiscount { name: "Spring".to_owned(), amount }
}

fn paid(captured: i64, refunded: i64) -> Amounts {
    let requested = Money::try_new(1_000, "EUR".parse().expect("EUR")).expect("an amount");
    Amounts { authorized: captured, captured, refunded, ..Amounts::requested(requested) }
}

#[test]
fn an_order_adds_up_to_its_lines_less_discounts_plus_tax_and_shipping() {
    let lines = [line(3, 100, 30, 20), line(1, 500, 0, 95)];

    let found = checked_totals(&lines, &[discount(70)], 50, 865).expect("it adds up");

    assert_eq!((found.subtotal, found.discount, found.tax, found.total), (800, 100, 115, 865));
}

#[test]
fn a_total_that_is_one_minor_unit_off_is_refused_with_the_sum() {
    for total in [864, 866, 0, -865, i64::MAX] {
        let refused = checked_totals(&[line(8, 100, 0, 65)], &[], 0, total);

        assert_eq!(refused, Err(OrderError::TotalMismatch { expected: 865 }));
    }
}

#[test]
fn what_no_order_can_have_is_refused() {
    let one = [line(1, 100, 0, 0)];
    let many = vec![line(1, 1, 0, 0); LINES_MAX + 1];
    let discounts = vec![discount(0); DISCOUNTS_MAX + 1];

    assert_eq!(totals(&[], &[], 0), Err(OrderError::Lines));
    assert_eq!(totals(&many, &[], 0), Err(OrderError::Lines));
    assert_eq!(totals(&one, &discounts, 0), Err(OrderError::Discounts));
    for quantity in [0, -1, QUANTITY_MAX + 1, i64::MIN] {
        let lines = [one[0].clone(), line(quantity, 1, 0, 0)];
        assert_eq!(totals(&lines, &[], 0), Err(OrderError::Quantity { line: 1 }));
    }
    assert_eq!(totals(&one, &[], -1), Err(OrderError::Amount));
    assert_eq!(totals(&[line(1, -1, 0, 0)], &[], 0), Err(OrderError::Amount));
    assert_eq!(totals(&[line(1, 1, 0, -1)], &[], 0), Err(OrderError::Amount));
    assert_eq!(totals(&[line(1, 1, -1, 0)], &[], 0), Err(OrderError::Amount));
    assert_eq!(totals(&one, &[discount(-1)], 0), Err(OrderError::Amount));
    assert_eq!(totals(&[line(1, 100, 101, 0)], &[], 0), Err(OrderError::DiscountTooLarge));
    assert_eq!(totals(&one, &[discount(101)], 0), Err(OrderError::DiscountTooLarge));
}

#[test]
fn sums_beyond_the_largest_payment_are_refused_and_never_wrap() {
    let largest = [line(1, AMOUNT_MINOR_MAX, 0, 0)];

    assert_eq!(totals(&largest, &[], 0).map(|totals| totals.total), Ok(AMOUNT_MINOR_MAX));
    assert_eq!(totals(&largest, &[], 1), Err(OrderError::Amount));
    assert_eq!(totals(&[line(2, AMOUNT_MINOR_MAX, 0, 0)], &[], 0), Err(OrderError::Amount));
    assert_eq!(totals(&[line(QUANTITY_MAX, AMOUNT_MINOR_MAX, 0, 0)], &[], 0), Err(OrderError::Amount));
}

#[test]
fn the_status_follows_what_its_payments_have_kept() {
    let at = |payments: &[Amounts]| status(OrderStatus::Open, 1_000, payments);

    assert_eq!(at(&[]), OrderStatus::Open);
    assert_eq!(at(&[paid(0, 0)]), OrderStatus::Open);
    assert_eq!(at(&[paid(400, 0)]), OrderStatus::PartiallyPaid);
    assert_eq!(at(&[paid(400, 0), paid(600, 0)]), OrderStatus::Paid);
    assert_eq!(at(&[paid(400, 0), paid(601, 0)]), OrderStatus::Overpaid);
    assert_eq!(at(&[paid(1_000, 1)]), OrderStatus::PartiallyPaid);
    assert_eq!(at(&[paid(1_000, 1_000)]), OrderStatus::Refunded);
}

#[test]
fn an_order_for_nothing_is_paid_once_it_is_open() {
    assert_eq!(status(OrderStatus::Open, 0, &[]), OrderStatus::Paid);
}

#[test]
fn what_was_called_off_or_delivered_stays_so() {
    for stays in [OrderStatus::Canceled, OrderStatus::Fulfilled] {
        assert_eq!(status(stays, 1_000, &[paid(1_000, 0)]), stays);
    }
}

proptest! {
    /// Against sums in numbers that cannot overflow.
    #[test]
    fn totals_are_exact(
        lines in proptest::collection::vec((1..=9_i64, 0..=1_000_i64, 0..=100_i64, 0..=100_i64), 1..6),
        discounts in proptest::collection::vec(0..=50_i64, 0..3),
        shipping in 0..=500_i64,
    ) {
        let wide = |sum: &mut dyn Iterator<Item = i64>| sum.map(i128::from).sum::<i128>();
        let subtotal = wide(&mut lines.iter().map(|(quantity, unit, ..)| quantity * unit));
        let off = wide(&mut lines.iter().map(|(.., discount, _)| *discount).chain(discounts.iter().copied()));
        let tax = wide(&mut lines.iter().map(|(.., tax)| *tax));
        let items: Vec<OrderLine> = lines.iter().map(|(q, u, d, t)| line(*q, *u, *d, *t)).collect();
        let taken: Vec<OrderDiscount> = discounts.iter().map(|amount| discount(*amount)).collect();

        match totals(&items, &taken, shipping) {
            Ok(found) => prop_assert_eq!(i128::from(found.total), subtotal - off + tax + i128::from(shipping)),
            Err(refused) => {
                let is_too_much = off > subtotal || lines.iter().any(|(q, u, d, _)| *d > q * u);
                prop_assert_eq!((refused, is_too_much), (OrderError::DiscountTooLarge, true));
            }
        }
    }
}
