//! An independent model of a payment: a table of transitions and a journal of what moved.
//!
//! It is written the other way round than the code under test. Statuses come from rows alone; amounts are
//! folded anew from a journal and from what is still open; an attempt's status follows from the set of
//! all that was ever heard of it.

use std::collections::BTreeMap;

use super::heard::{Asked, Heard, Operation, Wish};
use super::table::Row;

/// The largest payment, in minor units.
const LARGEST: i64 = 1_000_000_000_000_000;

/// One movement of money.
#[derive(Debug, Clone, Copy)]
enum Moved {
    Reserved(i64),
    Captured(i64),
    Released(i64),
    Unwound(i64),
    Refunded(i64),
}

#[derive(Debug, Clone)]
pub(crate) struct Model {
    rows: Vec<Row>,
    pub(crate) fired: BTreeMap<Row, u64>,
    pub(crate) status: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) requested: i64,
    original: i64,
    pub(crate) minimum: Option<i64>,
    pub(crate) commits_left: i32,
    pub(crate) takes_less: bool,
    pub(crate) asked: Vec<Asked>,
    journal: Vec<Moved>,
    disputed: i64,
    pub(crate) is_finally_captured: bool,
    was_captured: bool,
}

/// What the model says of the amounts: authorized, captured, capture pending, refunded, refund pending,
/// disputed.
pub(crate) type Sums = [i64; 6];

impl Model {
    pub(crate) fn new(rows: Vec<Row>, kind: &'static str, requested: i64) -> Self {
        Self {
            rows,
            fired: BTreeMap::new(),
            status: "CREATED",
            kind,
            requested,
            original: requested,
            minimum: None,
            commits_left: 1,
            takes_less: false,
            asked: Vec::new(),
            journal: Vec::new(),
            disputed: 0,
            is_finally_captured: false,
            was_captured: false,
        }
    }

    /// Follows the row for the word, if there is one, and returns what is reported.
    fn fire(&mut self, word: &str) -> Option<&'static str> {
        let row = *self.rows.iter().find(|(from, known, ..)| *from == self.status && *known == word)?;
        self.status = row.2;
        *self.fired.entry(row).or_default() += 1;
        Some(row.3)
    }

    fn knows(&self, word: &str) -> bool {
        self.rows.iter().any(|(from, known, ..)| *from == self.status && *known == word)
    }

    fn sum(&self, part: impl Fn(Moved) -> i64) -> i64 {
        self.journal.iter().map(|moved| part(*moved)).sum()
    }

    fn open(&self, operation: Operation) -> impl Iterator<Item = &Asked> {
        let is = move |asked: &&Asked| asked.operation == operation && !asked.gives_back && asked.is_open();
        self.asked.iter().filter(is)
    }

    pub(crate) fn sums(&self) -> Sums {
        let authorized = self.sum(|moved| match moved {
            Moved::Reserved(minor) => minor,
            Moved::Released(minor) | Moved::Unwound(minor) => -minor,
            Moved::Captured(_) | Moved::Refunded(_) => 0,
        });
        let captured = self.sum(|moved| match moved {
            Moved::Captured(minor) => minor,
            Moved::Unwound(minor) => -minor,
            Moved::Reserved(_) | Moved::Released(_) | Moved::Refunded(_) => 0,
        });
        let refunded = self.sum(|moved| if let Moved::Refunded(minor) = moved { minor } else { 0 });
        let pending = |operation| self.open(operation).map(|asked| asked.minor).sum();
        let (capturing, refunding) = (pending(Operation::Capture), pending(Operation::Refund));
        [authorized, captured, capturing, refunded, refunding, self.disputed]
    }

    // Requests. None if the model refuses.

    pub(crate) fn await_instrument(&mut self) -> Option<&'static str> {
        self.fire("no instrument yet")
    }

    pub(crate) fn commit(&mut self, amount: Option<i64>, is_over: bool) -> Option<&'static str> {
        if !self.knows("commit") || is_over || self.commits_left == 0 {
            return None;
        }
        let amount = amount.unwrap_or(self.requested);
        if amount != self.requested {
            let minimum = self.minimum.filter(|_| self.status == "AWAITING_AMOUNT")?;
            if amount < minimum.max(1) || amount > self.original {
                return None;
            }
        }
        self.requested = amount;
        self.commits_left -= 1;
        self.fire("commit")
    }

    pub(crate) fn cancel(&mut self) -> Option<&'static str> {
        self.fire("cancel")
    }

    pub(crate) fn expire(&mut self, is_over: bool) -> Option<&'static str> {
        let asks = self.open(Operation::First).any(|asked| asked.status() != "REQUIRES_ACTION");
        if asks || !is_over || self.status == "PENDING" {
            return None;
        }
        self.fire("time")
    }

    fn add(&mut self, operation: Operation, minor: i64, is_final: bool, gives_back: bool) {
        self.asked.push(Asked::new(operation, minor, is_final, gives_back));
    }

    pub(crate) fn ask_first(&mut self) {
        self.add(Operation::First, if self.kind == "REGISTER" { 0 } else { self.requested }, false, false);
    }

    pub(crate) fn ask_back(&mut self, minor: i64) {
        self.add(Operation::Refund, minor, false, true);
    }

    /// Whether the follow-up is allowed; if so it is under way.
    pub(crate) fn ask(&mut self, operation: Operation, minor: i64, is_final: bool) -> bool {
        let [authorized, captured, capturing, refunded, refunding, disputed] = self.sums();
        let is_free = |operation| self.open(operation).count() == 0;
        let may = match operation {
            Operation::First => false,
            Operation::Capture => {
                self.knows("capture part")
                    && is_free(Operation::Void)
                    && is_free(Operation::Increment)
                    && !self.is_finally_captured
                    && !self.open(Operation::Capture).any(|asked| asked.is_final)
                    && (1..=authorized - captured - capturing).contains(&minor)
            }
            Operation::Refund => {
                self.kind != "REGISTER"
                    && self.knows("refund all")
                    && is_free(Operation::Void)
                    && (1..=captured - refunded - refunding - disputed).contains(&minor)
            }
            Operation::Void => {
                self.kind != "REGISTER"
                    && self.knows("void")
                    && is_free(Operation::Void)
                    && is_free(Operation::Increment)
                    && capturing + refunded + refunding == 0
            }
            Operation::Increment => {
                ["AUTHORIZED", "PARTIALLY_AUTHORIZED"].contains(&self.status)
                    && is_free(Operation::Void)
                    && capturing == 0
                    && minor > 0
                    && authorized + minor + self.open(operation).map(|asked| asked.minor).sum::<i64>()
                        <= LARGEST
            }
        };
        if may {
            let minor = if operation == Operation::Void { self.voidable() } else { minor };
            self.add(operation, minor, is_final, false);
        }
        may
    }

    pub(crate) fn voidable(&self) -> i64 {
        let [authorized, captured, capturing, ..] = self.sums();
        if authorized > captured + capturing { authorized - captured - capturing } else { captured }
    }

    // Observations. What is reported, if anything.

    pub(crate) fn hear(&mut self, index: usize, heard: Heard, wish: Wish) -> Option<&'static str> {
        let asked = &self.asked[index];
        if asked.succeeded || heard == Heard::NotFound {
            return None;
        }
        let is_first = asked.operation == Operation::First && !asked.gives_back;
        let heard = if heard == Heard::Action && !is_first { Heard::Pending } else { heard };
        if heard == Heard::Resumed && asked.status() != "REQUIRES_ACTION" {
            return None;
        }
        let is_less = is_first && self.takes_less && self.kind != "REGISTER" && asked.minor > 1;
        let heard = match heard {
            // Half of nothing is all of it.
            Heard::Less if asked.minor == 0 => Heard::Done,
            Heard::Less if !is_less => Heard::Other(9),
            other => other,
        };
        match heard {
            Heard::Done | Heard::Less => self.succeed(index, heard),
            Heard::Other(_) => self.mismatch(index, heard),
            _ if self.asked[index].refusal.is_some() => None,
            Heard::Declined | Heard::DeclinedForFunds => self.refuse(index, "DECLINED", wish),
            Heard::Nothing => self.refuse(index, "FAILED", wish),
            Heard::Expired => self.refuse(index, "EXPIRED", wish),
            Heard::Action => self.act(index),
            Heard::Resumed => {
                self.asked[index].heard.insert(heard);
                if self.leads(index) { self.fire("action done") } else { None }
            }
            Heard::Pending | Heard::Unknown | Heard::NotFound => {
                self.asked[index].heard.insert(heard);
                self.doubt(index)
            }
        }
    }

    /// Whether what happens to the attempt happens to the payment.
    fn leads(&self, index: usize) -> bool {
        let is_first = |asked: &Asked| asked.operation == Operation::First;
        let asked = &self.asked[index];
        is_first(asked) && !self.asked[index + 1..].iter().any(is_first)
    }

    fn doubt(&mut self, index: usize) -> Option<&'static str> {
        if self.leads(index) { self.fire("no answer") } else { None }
    }

    fn act(&mut self, index: usize) -> Option<&'static str> {
        let is_new = self.asked[index].heard.insert(Heard::Action);
        if is_new && self.leads(index) { self.fire("action") } else { None }
    }

    fn mismatch(&mut self, index: usize, heard: Heard) -> Option<&'static str> {
        self.asked[index].heard.insert(heard);
        let is_new = !std::mem::replace(&mut self.asked[index].has_review, true);
        let doubted = if self.asked[index].refusal.is_none() { self.doubt(index) } else { None };
        if is_new { Some("ATTEMPT_IN_REVIEW") } else { doubted }
    }

    fn refuse(&mut self, index: usize, refusal: &'static str, wish: Wish) -> Option<&'static str> {
        let asked = &mut self.asked[index];
        asked.refusal = Some(refusal);
        if asked.gives_back {
            return None;
        }
        let operation = asked.operation;
        match operation {
            Operation::Capture => {
                let reported = self.end_of_captures("nothing left to capture");
                reported.or(Some("CAPTURE_FAILED"))
            }
            Operation::Refund => Some("REFUND_FAILED"),
            Operation::Void => Some("VOID_FAILED"),
            Operation::Increment => None,
            Operation::First if self.leads(index) => {
                let has_commits = self.commits_left > 0;
                let is_lowerable = self.minimum.is_some_and(|minimum| minimum < self.requested);
                // What the payment is not waiting for, it does not follow.
                if !["PROCESSING", "REQUIRES_ACTION", "PENDING"].contains(&self.status) {
                    return None;
                }
                self.fire(match wish {
                    _ if refusal == "EXPIRED" => "time",
                    Wish::Next => "next attempt",
                    Wish::Again if has_commits => "choose again",
                    Wish::Lower if has_commits && is_lowerable => "insufficient funds",
                    Wish::Again | Wish::Lower | Wish::End => "final decline",
                })
            }
            Operation::First => None,
        }
    }

    fn succeed(&mut self, index: usize, heard: Heard) -> Option<&'static str> {
        let was_refused = self.asked[index].refusal.is_some();
        let before = self.sums();
        let asked = &mut self.asked[index];
        asked.succeeded = true;
        asked.has_review = false;
        if asked.gives_back {
            return None;
        }
        let minor = if heard == Heard::Less { asked.minor / 2 } else { asked.minor };
        match asked.operation {
            Operation::First => self.take(index, minor, heard == Heard::Less, was_refused),
            _ => self.follow(index, was_refused, before),
        }
    }

    fn take(&mut self, index: usize, minor: i64, is_less: bool, was_refused: bool) -> Option<&'static str> {
        let is_late = was_refused || ["FAILED", "EXPIRED"].contains(&self.status);
        let word = match self.kind {
            "PREAUTHORIZE" if is_less => "approved for less",
            "PREAUTHORIZE" => "auth approved",
            _ if is_late => "late success",
            _ => "sale approved",
        };
        let is_asked_still = self.kind == "REGISTER" || self.asked[index].minor == self.requested;
        if !is_asked_still || !self.knows(word) {
            self.asked[index].is_surplus = true;
            return None;
        }
        self.journal.push(Moved::Reserved(minor));
        if self.kind == "DEBIT" {
            self.journal.push(Moved::Captured(minor));
            self.was_captured = true;
        }
        self.fire(word)
    }

    fn follow(&mut self, index: usize, was_refused: bool, before: Sums) -> Option<&'static str> {
        let Asked { operation, minor, is_final, .. } = self.asked[index];
        let [authorized, captured, capturing, refunded, refunding, disputed] = before;
        // What was set aside for it counts for it, unless it was refused in between.
        let own = if was_refused { 0 } else { minor };
        let fits = match operation {
            Operation::Capture => captured + capturing - own + minor <= authorized,
            Operation::Refund => refunded + refunding - own + disputed + minor <= captured,
            Operation::Void => {
                self.knows("void")
                    && capturing + refunded + refunding + disputed == 0
                    && minor == if authorized > captured { authorized - captured } else { captured }
            }
            Operation::Increment => {
                let reserved = ["AUTHORIZED", "PARTIALLY_AUTHORIZED", "PARTIALLY_CAPTURED"];
                reserved.contains(&self.status) && !self.is_finally_captured && authorized + minor <= LARGEST
            }
            Operation::First => false,
        };
        if !fits {
            self.asked[index].has_review = true;
            return Some("ATTEMPT_IN_REVIEW");
        }
        match operation {
            Operation::Capture => {
                self.journal.push(Moved::Captured(minor));
                self.is_finally_captured |= is_final;
                let [authorized, captured, capturing, ..] = self.sums();
                let is_all = captured == authorized || (self.is_finally_captured && capturing == 0);
                let word = if is_all { "capture all" } else { "capture part" };
                self.end_of_captures(word).or_else(|| self.while_disputed("PAYMENT_PARTIALLY_CAPTURED"))
            }
            Operation::Refund => {
                self.journal.push(Moved::Refunded(minor));
                let is_all = refunded + minor == captured;
                let word = if is_all { "refund all" } else { "refund part" };
                let told = if is_all { "PAYMENT_REFUNDED" } else { "PAYMENT_PARTIALLY_REFUNDED" };
                self.fire(word).or_else(|| self.while_disputed(told))
            }
            Operation::Increment => {
                self.journal.push(Moved::Reserved(minor));
                Some("AUTHORIZATION_INCREMENTED")
            }
            Operation::Void | Operation::First => {
                let is_reserved = authorized > captured;
                self.journal.push(if is_reserved { Moved::Released(minor) } else { Moved::Unwound(minor) });
                self.was_captured |= captured > 0;
                self.fire("void")
            }
        }
    }

    /// What is reported of money that moves while the bank has the payment: no row is followed.
    fn while_disputed(&self, told: &'static str) -> Option<&'static str> {
        ["DISPUTED", "CHARGED_BACK"].contains(&self.status).then_some(told)
    }

    /// After a final capture the rest is released, but for what running captures were promised.
    fn end_of_captures(&mut self, word: &str) -> Option<&'static str> {
        let [authorized, captured, capturing, ..] = self.sums();
        let rest = authorized - captured - capturing;
        if self.is_finally_captured && rest > 0 {
            self.journal.push(Moved::Released(rest));
        }
        let [authorized, captured, ..] = self.sums();
        let is_complete = captured > 0 && captured == authorized;
        let is_first_time = is_complete && !self.was_captured;
        self.was_captured |= is_complete;
        let reported =
            if word == "nothing left to capture" && !is_first_time { None } else { self.fire(word) };
        // While a dispute is open, no row is followed, but a payment that is captured at last has succeeded.
        if is_first_time { Some("PAYMENT_SUCCEEDED") } else { reported }
    }

    /// All disputes as they are now: what is disputed, whether one is open, whether one was lost.
    pub(crate) fn dispute(
        &mut self,
        told: &str,
        asked: i64,
        is_open: bool,
        is_lost: bool,
    ) -> Option<&'static str> {
        let [_, captured, _, refunded, refunding, before] = self.sums();
        let captured_states =
            ["PARTIALLY_CAPTURED", "SUCCEEDED", "PARTIALLY_REFUNDED", "REFUNDED", "DISPUTED", "CHARGED_BACK"];
        if captured == 0 || !captured_states.contains(&self.status) {
            return None;
        }
        self.disputed = asked.min(captured - refunded - refunding);
        let was = self.previous();
        let word = match (is_open, is_lost) {
            (true, _) => "chargeback".to_owned(),
            (false, true) if told == "DISPUTE_WON" => "won, another lost".to_owned(),
            (false, true) => "lost".to_owned(),
            (false, false) => format!("won, was {was}"),
        };
        let reported = self.fire(&word);
        if reported.is_some() || before != self.disputed { Some(told_as(told)) } else { None }
    }

    /// Where the payment would be without disputes.
    fn previous(&self) -> &'static str {
        let [authorized, captured, _, refunded, ..] = self.sums();
        match refunded {
            0 if captured < authorized => "PARTIALLY_CAPTURED",
            0 => "SUCCEEDED",
            _ if refunded == captured => "REFUNDED",
            _ => "PARTIALLY_REFUNDED",
        }
    }
}

fn told_as(told: &str) -> &'static str {
    ["PAYMENT_DISPUTED", "DISPUTE_WON", "DISPUTE_LOST"].into_iter().find(|known| *known == told).unwrap_or("")
}
