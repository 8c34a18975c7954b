//! What a payment ought to do, as somebody would write it down who has read the API's documentation and nothing
//! of the server. It holds one payment, and knows of the simulated processor what its page of tokens says.

/// What is asked. Amounts are minor units of EUR.
#[derive(Debug, Clone)]
pub(super) enum Act {
    Start {
        how: How,
        token: &'static str,
        amount: i64,
        takes_less: bool,
        minimum: Option<i64>,
        commits: i32,
    },
    Commit {
        token: &'static str,
        amount: Option<i64>,
    },
    /// With the right code.
    Resume,
    Sync,
    Capture {
        amount: Option<i64>,
        is_final: bool,
    },
    Increment {
        amount: i64,
    },
    Void,
    Refund {
        amount: Option<i64>,
    },
    Cancel,
}

/// The three ways to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Debit,
    Reserve,
    Later,
}

impl Act {
    /// Its name in the coverage.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Start { how: How::Debit, .. } => "debit",
            Self::Start { how: How::Reserve, .. } => "preauthorize",
            Self::Start { how: How::Later, .. } => "create",
            Self::Commit { .. } => "commit",
            Self::Resume => "resume",
            Self::Sync => "sync",
            Self::Capture { .. } => "capture",
            Self::Increment { .. } => "increment",
            Self::Void => "void",
            Self::Refund { .. } => "refund",
            Self::Cancel => "cancel",
        }
    }
}

/// What an instrument leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done(i64),
    Declined {
        for_funds: bool,
    },
    /// What the next look-up says.
    Later(bool),
    Code,
}

/// A capture or refund of which nobody knows the outcome yet.
#[derive(Debug, Clone, Copy)]
struct Open {
    is_capture: bool,
    amount: i64,
    succeeds: bool,
}

/// One payment.
#[derive(Debug, Clone, Default)]
pub(super) struct Model {
    pub(super) status: &'static str,
    pub(super) authorized: i64,
    pub(super) captured: i64,
    pub(super) refunded: i64,
    is_reserve: bool,
    asked: i64,
    original: i64,
    minimum: Option<i64>,
    takes_less: bool,
    commits_left: i32,
    /// What the next look-up says of the payment itself.
    later: Option<bool>,
    had_action: bool,
    open: Vec<Open>,
}

type Refusal = &'static str;

impl Model {
    /// What is left to capture.
    pub(super) fn capturable(&self) -> i64 {
        self.authorized - self.captured - self.pending(true)
    }

    fn refundable(&self) -> i64 {
        self.captured - self.refunded - self.pending(false)
    }

    fn pending(&self, is_capture: bool) -> i64 {
        self.open.iter().filter(|open| open.is_capture == is_capture).map(|open| open.amount).sum()
    }

    /// Whether something about it is not finished.
    pub(super) fn is_open(&self) -> bool {
        !self.open.is_empty() || self.later.is_some()
    }

    /// Whether several things are not finished: a look at all of them hears of one after the other, in no certain
    /// order.
    pub(super) fn is_open_twice(&self) -> bool {
        self.open.len() > 1
    }

    /// Does what is asked, or says why not.
    pub(super) fn act(&mut self, act: &Act) -> Result<(), Refusal> {
        match *act {
            Act::Start { how, token, amount, takes_less, minimum, commits } => {
                *self = Self {
                    is_reserve: how == How::Reserve,
                    asked: amount,
                    original: amount,
                    takes_less,
                    minimum,
                    commits_left: commits,
                    status: "AWAITING_INSTRUMENT",
                    ..Self::default()
                };
                if how != How::Later {
                    self.send(token);
                }
                Ok(())
            }
            Act::Commit { token, amount } => self.commit(token, amount),
            Act::Resume => self.resume(),
            Act::Sync => {
                self.sync();
                Ok(())
            }
            Act::Capture { amount, is_final } => self.capture(amount, is_final),
            Act::Increment { amount } => self.increment(amount),
            Act::Void => self.void(),
            Act::Refund { amount } => self.refund(amount),
            Act::Cancel => self.cancel(),
        }
    }

    fn outcome(&self, token: &str) -> Outcome {
        match token {
            "tok_chargeDeclined" => Outcome::Declined { for_funds: false },
            "tok_chargeDeclinedInsufficientFunds" => Outcome::Declined { for_funds: true },
            "tok_insufficientFundsAbove10" if self.asked > 1_000 => Outcome::Declined { for_funds: true },
            "tok_partialApproval" if self.takes_less => Outcome::Done(self.asked / 2),
            "tok_partialApproval" => Outcome::Declined { for_funds: true },
            "tok_unknownOutcome" | "tok_delayedSuccess" => Outcome::Later(true),
            "tok_delayedDecline" => Outcome::Later(false),
            "tok_otp" => Outcome::Code,
            _ => Outcome::Done(self.asked),
        }
    }

    fn send(&mut self, token: &str) {
        self.commits_left -= 1;
        match self.outcome(token) {
            Outcome::Done(amount) => self.taken(amount),
            Outcome::Declined { for_funds } => self.declined(for_funds),
            Outcome::Later(succeeds) => (self.status, self.later) = ("PENDING", Some(succeeds)),
            Outcome::Code => (self.status, self.had_action) = ("REQUIRES_ACTION", true),
        }
    }

    fn taken(&mut self, amount: i64) {
        self.authorized = amount;
        self.status = match (self.is_reserve, amount < self.asked) {
            (true, true) => "PARTIALLY_AUTHORIZED",
            (true, false) => "AUTHORIZED",
            (false, _) => {
                self.captured = amount;
                "SUCCEEDED"
            }
        };
    }

    fn declined(&mut self, for_funds: bool) {
        let is_lowerable = self.minimum.is_some_and(|minimum| minimum < self.asked);
        self.status = match self.commits_left {
            0 => "FAILED",
            _ if for_funds && is_lowerable => "AWAITING_AMOUNT",
            _ => "AWAITING_INSTRUMENT",
        };
    }

    fn commit(&mut self, token: &str, amount: Option<i64>) -> Result<(), Refusal> {
        if !["AWAITING_INSTRUMENT", "AWAITING_AMOUNT"].contains(&self.status) {
            return Err("NOT_COMMITTABLE");
        }
        if let Some(amount) = amount.filter(|amount| *amount != self.asked) {
            let Some(minimum) = self.minimum.filter(|_| self.status == "AWAITING_AMOUNT") else {
                return Err("AMOUNT_NOT_EDITABLE");
            };
            match amount {
                _ if amount < minimum => return Err("AMOUNT_BELOW_MINIMUM"),
                _ if amount > self.original => return Err("AMOUNT_INCREASE_FORBIDDEN"),
                _ => self.asked = amount,
            }
        }
        self.send(token);
        Ok(())
    }

    fn resume(&mut self) -> Result<(), Refusal> {
        match self.status {
            "REQUIRES_ACTION" => self.taken(self.asked),
            // Whoever comes back twice is shown what became of it.
            _ if self.had_action => {}
            _ => return Err("NOT_RESUMABLE"),
        }
        Ok(())
    }

    fn sync(&mut self) {
        match self.later.take() {
            Some(true) => self.taken(self.asked),
            Some(false) => self.declined(false),
            None => {}
        }
        for open in std::mem::take(&mut self.open) {
            match open {
                Open { succeeds: false, .. } => {}
                Open { is_capture: true, amount, .. } => self.captures(amount, false),
                Open { is_capture: false, amount, .. } => self.refunds(amount),
            }
        }
    }

    fn capture(&mut self, amount: Option<i64>, is_final: bool) -> Result<(), Refusal> {
        if !["AUTHORIZED", "PARTIALLY_AUTHORIZED", "PARTIALLY_CAPTURED"].contains(&self.status) {
            return Err("NOT_CAPTURABLE");
        }
        let left = self.capturable();
        let amount = amount.unwrap_or(left);
        if amount > left || amount == 0 {
            return Err("AMOUNT_EXCEEDS_AUTHORIZED");
        }
        match follow_up(amount) {
            Some(true) => self.captures(amount, is_final),
            Some(false) => {}
            None => self.open.push(Open { is_capture: true, amount, succeeds: amount != 8_803 }),
        }
        Ok(())
    }

    fn captures(&mut self, amount: i64, is_final: bool) {
        self.captured += amount;
        if is_final {
            self.authorized = self.captured;
        }
        self.status = if self.captured < self.authorized { "PARTIALLY_CAPTURED" } else { "SUCCEEDED" };
    }

    fn increment(&mut self, amount: i64) -> Result<(), Refusal> {
        let is_reserved = ["AUTHORIZED", "PARTIALLY_AUTHORIZED"].contains(&self.status);
        if !is_reserved || self.pending(true) > 0 {
            return Err("NOT_INCREMENTABLE");
        }
        self.authorized += amount;
        Ok(())
    }

    fn void(&mut self) -> Result<(), Refusal> {
        if !self.open.is_empty() || self.refunded > 0 {
            return Err("NOT_VOIDABLE");
        }
        match self.status {
            "AUTHORIZED" | "PARTIALLY_AUTHORIZED" => (self.status, self.authorized) = ("REVERSED", 0),
            "PARTIALLY_CAPTURED" => (self.status, self.authorized) = ("SUCCEEDED", self.captured),
            "SUCCEEDED" => (self.status, self.authorized, self.captured) = ("VOIDED", 0, 0),
            _ => return Err("NOT_VOIDABLE"),
        }
        Ok(())
    }

    fn refund(&mut self, amount: Option<i64>) -> Result<(), Refusal> {
        if !["SUCCEEDED", "PARTIALLY_REFUNDED"].contains(&self.status) {
            return Err("NOT_REFUNDABLE");
        }
        let left = self.refundable();
        let amount = amount.unwrap_or(left);
        if amount > left || amount == 0 {
            return Err("AMOUNT_EXCEEDS_REFUNDABLE");
        }
        match follow_up(amount) {
            Some(true) => self.refunds(amount),
            Some(false) => {}
            None => self.open.push(Open { is_capture: false, amount, succeeds: amount != 8_803 }),
        }
        Ok(())
    }

    fn refunds(&mut self, amount: i64) {
        self.refunded += amount;
        self.status = if self.refunded < self.captured { "PARTIALLY_REFUNDED" } else { "REFUNDED" };
    }

    fn cancel(&mut self) -> Result<(), Refusal> {
        if !["AWAITING_INSTRUMENT", "AWAITING_AMOUNT", "REQUIRES_ACTION"].contains(&self.status) {
            return Err("NOT_CANCELABLE");
        }
        self.status = "CANCELED";
        Ok(())
    }
}

/// Whether a capture or refund of so much succeeds; none if that is found out later.
fn follow_up(amount: i64) -> Option<bool> {
    match amount {
        8_801 => Some(false),
        8_800 | 8_802 | 8_803 => None,
        _ => Some(true),
    }
}
