//! The processor's own books, kept apart from everything that purser believes.
//!
//! They change only through [`Change`] values. A change says how a record is now, not what was
//! done, so that a journal written by one version is read by another.

use std::collections::BTreeMap;

use purser_types::{Currency, Timestamp};
use serde::{Deserialize, Serialize};

use crate::wire::{Amount, Operation};

/// One payment. Amounts are minor units of `currency`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The processor's name for it.
    pub id: String,
    /// The account that owns it.
    pub account: String,
    /// The client's name for the authorisation.
    pub reference: String,
    /// The currency of all amounts.
    pub currency: Currency,
    /// What was reserved.
    pub authorized: i64,
    /// What was taken, and not undone by a void.
    pub captured: i64,
    /// What was given back, or is about to be.
    pub refunded: i64,
    /// Whether something is still reserved.
    pub is_open: bool,
    /// Until when it can be voided.
    pub voidable_until: Timestamp,
}

/// An instrument that was stored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Token {
    pub(crate) token: String,
    /// The test instrument behind it.
    pub(crate) source: String,
    pub(crate) is_active: bool,
}

/// What a pending operation is going to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fate {
    Succeed,
    Decline(String),
}

/// An operation with what is needed to finish it and to recognise its repetition.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) operation: Operation,
    pub(crate) idempotency_key: String,
    /// A digest of the request, so that a key used for another request is noticed.
    pub(crate) request_digest: String,
    /// The test instrument that was used.
    pub(crate) source: String,
    pub(crate) store: bool,
    pub(crate) is_final: bool,
    pub(crate) fate: Option<Fate>,
}

/// How a record is now.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    Operation(Box<Entry>),
    Payment(Payment),
    Token(Token),
}

/// What one processor has booked.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Books {
    /// By account and the client's reference.
    pub(crate) entries: BTreeMap<(String, String), Entry>,
    /// By account and idempotency key: the reference of the entry.
    pub(crate) keys: BTreeMap<(String, String), String>,
    pub(crate) payments: BTreeMap<String, Payment>,
    pub(crate) tokens: BTreeMap<String, Token>,
}

impl Books {
    pub(crate) fn apply(&mut self, change: Change) {
        match change {
            Change::Operation(entry) => {
                let Operation { account, reference, .. } = &entry.operation;
                let key = (account.clone(), entry.idempotency_key.clone());
                self.keys.insert(key, reference.clone());
                self.entries.insert((account.clone(), reference.clone()), *entry);
            }
            Change::Payment(payment) => {
                self.payments.insert(payment.id.clone(), payment);
            }
            Change::Token(token) => {
                self.tokens.insert(token.token.clone(), token);
            }
        }
    }

    /// Every operation, by account and reference.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.entries.values().map(|entry| &entry.operation)
    }

    /// The operation that an account made under a reference.
    #[must_use]
    pub fn operation(&self, account: &str, reference: &str) -> Option<&Operation> {
        self.entries.get(&(account.to_owned(), reference.to_owned())).map(|entry| &entry.operation)
    }

    /// Every payment, in the order in which they were booked.
    pub fn payments(&self) -> impl Iterator<Item = &Payment> {
        self.payments.values()
    }

    /// The payment of a name.
    #[must_use]
    pub fn payment(&self, id: &str) -> Option<&Payment> {
        self.payments.get(id)
    }

    /// How many stored instruments can be used.
    #[must_use]
    pub fn active_tokens(&self) -> usize {
        self.tokens.values().filter(|token| token.is_active).count()
    }

    /// What was taken and not given back, per currency: what the processor owes its clients.
    #[must_use]
    pub fn balance(&self) -> BTreeMap<&'static str, i64> {
        let mut balance = BTreeMap::new();
        for payment in self.payments.values() {
            *balance.entry(payment.currency.code()).or_insert(0) += payment.captured - payment.refunded;
        }
        balance
    }
}

impl Payment {
    /// What is reserved and not taken.
    #[must_use]
    pub fn reserved(&self) -> i64 {
        if self.is_open { self.authorized - self.captured } else { 0 }
    }

    pub(crate) fn amount(&self, minor: i64) -> Amount {
        Amount { minor, currency: self.currency }
    }
}

/// Shows how much there is, and no token.
impl std::fmt::Debug for Books {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Books")
            .field("payments", &self.payments)
            .field("operations", &self.entries.len())
            .field("tokens", &self.tokens.len())
            .finish()
    }
}
