//! The ledger: every change of amounts is transfers, and the transfers are the amounts again.

use proptest::prelude::*;
use purser_domain::payment::Amounts;
use purser_domain::payment::ledger::{Account, Balances, Transfer, agrees, fold, transfers};
use purser_types::Money;

fn amounts(authorized: i64, captured: i64, refunded: i64, disputed: i64) -> Amounts {
    let requested = Money::try_new(100, "EUR".parse().expect("EUR")).expect("an amount");
    Amounts { authorized, captured, refunded, disputed, ..Amounts::requested(requested) }
}

fn check(before: &Amounts, after: &Amounts, expected: &[(Account, Account, i64)]) {
    let expected: Vec<Transfer> = expected
        .iter()
        .map(|(debit, credit, minor)| Transfer { debit: *debit, credit: *credit, minor: *minor })
        .collect();
    assert_eq!(transfers(before, after), expected);
}

#[test]
fn each_operation_is_its_transfer() {
    use Account::{Captured, Customer, Disputed, Refunded, Reserved};
    let nothing = amounts(0, 0, 0, 0);
    let reserved = amounts(100, 0, 0, 0);
    let partly = amounts(100, 40, 0, 0);
    let captured = amounts(100, 100, 0, 0);

    check(&nothing, &reserved, &[(Customer, Reserved, 100)]);
    check(&reserved, &partly, &[(Reserved, Captured, 40)]);
    check(&nothing, &captured, &[(Customer, Reserved, 100), (Reserved, Captured, 100)]);
    check(&reserved, &nothing, &[(Reserved, Customer, 100)]);
    check(&partly, &amounts(40, 40, 0, 0), &[(Reserved, Customer, 60)]);
    check(&captured, &nothing, &[(Captured, Customer, 100)]);
    check(&captured, &amounts(100, 100, 30, 0), &[(Captured, Refunded, 30)]);
    check(&captured, &amounts(100, 100, 0, 70), &[(Captured, Disputed, 70)]);
    check(&amounts(100, 100, 0, 70), &captured, &[(Disputed, Captured, 70)]);
    check(&reserved, &amounts(130, 0, 0, 0), &[(Customer, Reserved, 30)]);
}

#[test]
fn what_is_only_pending_is_not_in_the_ledger() {
    let before = amounts(100, 50, 0, 0);
    let after = Amounts { capture_pending: 50, refund_pending: 50, ..before };

    assert_eq!(transfers(&before, &after), []);
}

#[test]
fn a_ledger_that_misses_a_transfer_does_not_agree() {
    let after = amounts(100, 100, 30, 0);
    let mut all = transfers(&amounts(0, 0, 0, 0), &after);
    assert!(agrees(&all, &after));

    all.pop();

    assert!(!agrees(&all, &after));
}

fn sound() -> impl Strategy<Value = Amounts> {
    let largest = 1_000_000_000_000_000_i64;
    (0..=largest, 0..=100_i64, 0..=100_i64, 0..=100_i64).prop_map(
        |(authorized, captured, refunded, disputed)| {
            let captured = authorized / 100 * captured;
            let refunded = captured / 100 * refunded;
            amounts(authorized, captured, refunded, (captured - refunded) / 100 * disputed)
        },
    )
}

proptest! {
    #[test]
    fn any_changes_of_amounts_fold_to_the_last_and_sum_to_zero(all in proptest::collection::vec(sound(), 1..8)) {
        let mut before = amounts(0, 0, 0, 0);
        let mut ledger = Vec::new();
        for after in all {
            ledger.extend(transfers(&before, &after));
            prop_assert_eq!(fold(&ledger), Balances::of(&after));
            prop_assert_eq!(fold(&ledger).sum(), 0);
            before = after;
        }
        prop_assert!(ledger.iter().all(|transfer| transfer.minor > 0 && transfer.debit != transfer.credit));
    }
}
