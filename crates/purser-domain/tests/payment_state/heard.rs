//! What the model knows of an attempt: the set of all that was ever heard of it.

use std::collections::BTreeSet;

/// What can be heard of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Heard {
    Unknown,
    Pending,
    Action,
    Resumed,
    Declined,
    DeclinedForFunds,
    Nothing,
    Expired,
    Done,
    /// Approved for less than was asked for.
    Less,
    /// Done for another amount, currency or reference.
    Other(u8),
    NotFound,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    Next,
    Again,
    Lower,
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    First,
    Capture,
    Refund,
    Void,
    Increment,
}

#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) operation: Operation,
    pub(crate) minor: i64,
    pub(crate) is_final: bool,
    pub(crate) gives_back: bool,
    pub(crate) heard: BTreeSet<Heard>,
    pub(crate) refusal: Option<&'static str>,
    pub(crate) is_surplus: bool,
    pub(crate) has_review: bool,
    pub(crate) succeeded: bool,
}

impl Asked {
    pub(crate) fn new(operation: Operation, minor: i64, is_final: bool, gives_back: bool) -> Self {
        Self {
            operation,
            minor,
            is_final,
            gives_back,
            heard: BTreeSet::new(),
            refusal: None,
            is_surplus: false,
            has_review: false,
            succeeded: false,
        }
    }

    pub(crate) fn status(&self) -> &'static str {
        let heard = |what: Heard| self.heard.contains(&what);
        let mismatched = self.heard.iter().any(|what| matches!(what, Heard::Other(_)));
        match self.refusal {
            _ if self.succeeded => "SUCCEEDED",
            Some(refusal) => refusal,
            None if heard(Heard::Resumed) => "RESUMING",
            None if heard(Heard::Action) => "REQUIRES_ACTION",
            None if heard(Heard::Pending) => "PENDING",
            None if heard(Heard::Unknown) || mismatched => "UNKNOWN",
            None => "STARTED",
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        !self.succeeded && self.refusal.is_none()
    }
}
