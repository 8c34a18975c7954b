//! What the clients were told, in the order in which they were told: the first of the four books.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use serde::Serialize;

use crate::money::Amount;
use crate::wire::Kind;

/// What a client was told of one request, after as many tries as it took.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Told {
    /// The merchant's id of the payment.
    pub(crate) order: String,
    /// What was asked.
    pub(crate) kind: Kind,
    /// The idempotency key.
    pub(crate) key: String,
    /// How much was asked for; absent for a void or a registration.
    pub(crate) amount: Option<Amount>,
    /// How often it was sent.
    pub(crate) tries: u32,
    pub(crate) outcome: Outcome,
}

/// How a request ended for its client.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) enum Outcome {
    /// It was carried out; the payment as it was then.
    Accepted(Seen),
    /// It was refused with these codes: nothing was done.
    Refused(Vec<String>),
    /// Nobody ever said.
    Unanswered,
}

/// A payment as a client saw it. Amounts are minor units.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Seen {
    /// The API's id, `pay_…`.
    pub(crate) payment: String,
    pub(crate) status: String,
    pub(crate) authorized: i64,
    pub(crate) captured: i64,
    pub(crate) refunded: i64,
}

/// The clients' log: a file that is only appended to, and the same in memory.
pub(crate) struct Log {
    file: Mutex<BufWriter<File>>,
    told: Mutex<Vec<Told>>,
}

impl Log {
    pub(crate) fn create(path: &Path) -> Result<Self> {
        Ok(Self { file: Mutex::new(BufWriter::new(File::create(path)?)), told: Mutex::default() })
    }

    pub(crate) fn append(&self, told: Told) {
        let line = serde_json::to_string(&told).expect("what was told is JSON");
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever reads the file after a failed run misses a line; the comparison does not.
        drop(writeln!(file, "{line}").and_then(|()| file.flush()));
        self.told.lock().unwrap_or_else(PoisonError::into_inner).push(told);
    }

    pub(crate) fn told(&self) -> Vec<Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
