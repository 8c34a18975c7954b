//! The processor's own books, kept apart from everything that purser believes.
//!
//! They change only through [`Change`] values. A change says how a record is now, not what was
//! done, so that a journal written by one version is read by another.

use std::collections::{BTreeMap, BTreeSet};

use purser_connector::DisputeStatus;
use purser_types::{Currency, Timestamp};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::wire::{Amount, Operation, Status};

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
    /// What was taken back by a dispute that is open or lost.
    #[serde(default)]
    pub disputed: i64,
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

/// What the processor says wrongly about an operation that it booked rightly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Misstatement {
    /// One minor unit more.
    Amount,
    /// Another currency.
    Currency,
    /// The reference of somebody else.
    Reference,
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
    /// The name of the challenge, also after it is over.
    #[serde(default)]
    pub(crate) authentication: Option<String>,
    /// Where the browser goes after a challenge.
    #[serde(default)]
    pub(crate) return_url: Option<Url>,
    /// The keys under which a wrong code was sent.
    #[serde(default)]
    pub(crate) wrong_codes: Vec<String>,
    /// How the dispute about it stands next.
    #[serde(default)]
    pub(crate) next_dispute: Option<DisputeStatus>,
    /// How that dispute ends, if it does.
    #[serde(default)]
    pub(crate) dispute_ends: Option<DisputeStatus>,
    /// What is told wrongly about it.
    #[serde(default)]
    pub(crate) misstatement: Option<Misstatement>,
    /// Where notifications about it go.
    #[serde(default)]
    pub(crate) notification_url: Option<Url>,
}

impl Entry {
    /// The operation as the processor tells of it, truly or not.
    pub(crate) fn told(&self) -> Operation {
        let mut operation = self.operation.clone();
        match (self.misstatement, &mut operation.amount) {
            (Some(Misstatement::Amount), Some(amount)) => amount.minor += 1,
            (Some(Misstatement::Currency), Some(amount)) => {
                let other = if amount.currency.code() == "EUR" { "USD" } else { "EUR" };
                amount.currency = other.parse().unwrap_or(amount.currency);
            }
            (Some(Misstatement::Reference), _) => "somebody-elses".clone_into(&mut operation.reference),
            (Some(_) | None, _) => {}
        }
        operation
    }

    /// Whether time alone changes something about it.
    fn is_waiting(&self) -> bool {
        let asks = self.operation.status == Status::ActionRequired;
        asks || self.fate.is_some() || self.next_dispute.is_some()
    }
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
    /// By the name of a challenge: the account and the reference of the entry.
    pub(crate) challenges: BTreeMap<String, (String, String)>,
    /// The entries that time changes.
    pub(crate) waiting: BTreeSet<(String, String)>,
    pub(crate) payments: BTreeMap<String, Payment>,
    pub(crate) tokens: BTreeMap<String, Token>,
}

impl Books {
    pub(crate) fn apply(&mut self, change: Change) {
        match change {
            Change::Operation(entry) => {
                let Operation { account, reference, .. } = &entry.operation;
                let name = (account.clone(), reference.clone());
                self.keys.insert((account.clone(), entry.idempotency_key.clone()), reference.clone());
                if let Some(authentication) = &entry.authentication {
                    self.challenges.insert(authentication.clone(), name.clone());
                }
                if entry.is_waiting() {
                    self.waiting.insert(name.clone());
                } else {
                    self.waiting.remove(&name);
                }
                self.entries.insert(name, *entry);
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

    /// What was taken and neither given nor taken back, per currency: what the processor owes its clients.
    #[must_use]
    pub fn balance(&self) -> BTreeMap<&'static str, i64> {
        let mut balance = BTreeMap::new();
        for payment in self.payments.values() {
            *balance.entry(payment.currency.code()).or_insert(0) += payment.held();
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

    /// What was taken, and neither given back nor taken back.
    #[must_use]
    pub fn held(&self) -> i64 {
        self.captured - self.refunded - self.disputed
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
