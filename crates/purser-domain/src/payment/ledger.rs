//! The double-entry ledger of a payment.
//!
//! Each change of a payment's amounts is written down as transfers between five accounts, which are
//! never changed again. Every transfer takes from one account what it gives to another, so the accounts
//! of a payment sum to zero; folded, they give the payment's amounts again. What is only pending is not
//! in the ledger: no money moved.

use purser_types::id::AttemptId;
use purser_types::{Currency, Timestamp, spelled};

use super::Amounts;

spelled! {
    /// Where the money of a payment is.
    pub enum Account {
        /// With the customer.
        Customer = "CUSTOMER",
        /// Reserved on the customer's instrument.
        Reserved = "RESERVED",
        /// Captured for the merchant.
        Captured = "CAPTURED",
        /// Given back by the merchant.
        Refunded = "REFUNDED",
        /// Held or taken back by the customer's bank.
        Disputed = "DISPUTED",
    }
}

/// One movement between two accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer {
    /// The account that the money leaves.
    pub debit: Account,
    /// The account that the money reaches.
    pub credit: Account,
    /// Minor units of the payment's currency; more than zero.
    pub minor: i64,
}

/// A transfer as it was written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The position in the payment's ledger, from 1.
    pub position: i32,
    /// The attempt that moved the money; none for a dispute.
    pub attempt_id: Option<AttemptId>,
    /// What moved.
    pub transfer: Transfer,
    /// The payment's currency.
    pub currency: Currency,
    /// When it was written down.
    pub at: Timestamp,
}

/// What each account holds; the customer's is below zero by what left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Balances {
    /// Of [`Account::Customer`].
    pub customer: i64,
    /// Of [`Account::Reserved`].
    pub reserved: i64,
    /// Of [`Account::Captured`].
    pub captured: i64,
    /// Of [`Account::Refunded`].
    pub refunded: i64,
    /// Of [`Account::Disputed`].
    pub disputed: i64,
}

impl Balances {
    /// The balances that a payment's amounts stand for.
    #[must_use]
    pub const fn of(amounts: &Amounts) -> Self {
        Self {
            customer: amounts.authorized.saturating_neg(),
            reserved: amounts.authorized.saturating_sub(amounts.captured),
            captured: amounts.captured.saturating_sub(amounts.refunded).saturating_sub(amounts.disputed),
            refunded: amounts.refunded,
            disputed: amounts.disputed,
        }
    }

    /// The sum of all accounts: zero, or money appeared or vanished.
    #[must_use]
    pub fn sum(&self) -> i128 {
        [self.customer, self.reserved, self.captured, self.refunded, self.disputed]
            .into_iter()
            .map(i128::from)
            .sum()
    }

    fn of_account(&mut self, account: Account) -> &mut i64 {
        match account {
            Account::Customer => &mut self.customer,
            Account::Reserved => &mut self.reserved,
            Account::Captured => &mut self.captured,
            Account::Refunded => &mut self.refunded,
            Account::Disputed => &mut self.disputed,
        }
    }
}

/// What the accounts hold after all transfers of a payment.
pub fn fold<'a>(transfers: impl IntoIterator<Item = &'a Transfer>) -> Balances {
    let mut balances = Balances::default();
    for transfer in transfers {
        let debit = balances.of_account(transfer.debit);
        *debit = debit.saturating_sub(transfer.minor);
        let credit = balances.of_account(transfer.credit);
        *credit = credit.saturating_add(transfer.minor);
    }
    balances
}

/// Whether the ledger tells the same as the amounts.
pub fn agrees<'a>(transfers: impl IntoIterator<Item = &'a Transfer>, amounts: &Amounts) -> bool {
    fold(transfers) == Balances::of(amounts)
}

/// The transfers that lead from some amounts of a payment to others.
#[must_use]
pub fn transfers(before: &Amounts, after: &Amounts) -> Vec<Transfer> {
    use Account::{Captured, Customer, Disputed, Refunded, Reserved};
    let grown = |of: fn(&Amounts) -> i64| of(after).saturating_sub(of(before));
    let captured = grown(|amounts| amounts.captured);
    let uncaptured = captured.min(0);
    // A capture that is taken back goes to the customer, not to what is reserved.
    let reserved = grown(|amounts| amounts.authorized).saturating_sub(uncaptured);
    let moves = [
        (Customer, Reserved, reserved.max(0)),
        (Reserved, Captured, captured.max(0)),
        (Captured, Refunded, grown(|amounts| amounts.refunded)),
        (Captured, Disputed, grown(|amounts| amounts.disputed)),
        (Captured, Customer, uncaptured.saturating_neg()),
        (Reserved, Customer, reserved.min(0).saturating_neg()),
    ];
    moves.into_iter().filter_map(|(debit, credit, minor)| transfer(debit, credit, minor)).collect()
}

/// A movement of less than nothing goes the other way.
fn transfer(debit: Account, credit: Account, minor: i64) -> Option<Transfer> {
    match minor {
        0 => None,
        1.. => Some(Transfer { debit, credit, minor }),
        _ => Some(Transfer { debit: credit, credit: debit, minor: minor.saturating_neg() }),
    }
}
