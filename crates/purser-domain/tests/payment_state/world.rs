//! A payment that is driven by steps, as the floors above would drive it, beside its model.

use purser_connector::{ActionKind, Advice, DeclineCode, Initiator, OperationKind};
use purser_domain::Environment;
use purser_domain::payment::attempt::{Attempt, AttemptStatus};
use purser_domain::payment::dispute::{Dispute, DisputeStage, DisputeStatus};
use purser_domain::payment::event::EventKind;
use purser_domain::payment::ledger::{self, Balances, Transfer};
use purser_domain::payment::state::{self, Change, Move, Observation, Outlook, Refusal, dispute, request};
use purser_domain::payment::{
    Amounts, DeclineRecord, Payment, PaymentKind, PaymentSource, PaymentStatus, SourceSnapshot, Urls,
};
use purser_domain::routing::Route;
use purser_types::id::{AttemptId, ConnectorId, DisputeId, PaymentId, TenantId};
use purser_types::{Money, Timestamp};
use uuid::Uuid;

use super::heard::{Heard, Operation, Wish};
use super::model::Model;
use super::table::Row;

/// The moment after which a payment with a deadline has expired.
const DEADLINE: i64 = 1_000_000;

/// One thing that somebody does or that is heard.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    AwaitInstrument,
    Commit { percent: Option<i64> },
    Observe { back: usize, heard: Heard, wish: Wish },
    Cancel,
    Expire { is_over: bool },
    Capture { percent: i64, is_final: bool },
    Refund { percent: i64 },
    Void,
    Increment { percent: i64 },
    GiveBack,
    Dispute { which: usize, percent: i64, stage: DisputeStage, status: DisputeStatus },
}

/// What kind of payment a history is about.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    pub(crate) kind: PaymentKind,
    pub(crate) minor: i64,
    pub(crate) commits_max: i32,
    pub(crate) minimum: Option<i64>,
    pub(crate) takes_less: bool,
}

pub(crate) type Apply = fn(&Payment, &[Attempt], AttemptId, &Observation, Outlook) -> Option<Change>;

pub(crate) fn eur(minor: i64) -> Money {
    Money::try_new(minor, "EUR".parse().expect("EUR")).expect("an amount")
}

pub(crate) fn payment(terms: &Terms) -> Payment {
    let amount = if terms.kind == PaymentKind::Register { eur(0) } else { eur(terms.minor) };
    Payment {
        id: PaymentId::from_uuid(Uuid::from_u128(1)),
        tenant_id: TenantId::from_uuid(Uuid::from_u128(2)),
        environment: Environment::Sandbox,
        kind: terms.kind,
        merchant_transaction_id: "order-1".to_owned(),
        profile_id: None,
        container_id: None,
        instrument_id: None,
        connector_id: None,
        router_id: None,
        status: PaymentStatus::Created,
        amounts: Amounts::requested(amount),
        method: None,
        description: None,
        source: SourceSnapshot { source: PaymentSource::Api, source_id: None, description: None },
        initiator: Initiator::Customer,
        decline: None,
        next_action: None,
        route: Route::default(),
        capture_at: None,
        expires_at: Some(Timestamp::from_unix_micros(DEADLINE)),
        commits: 0,
        commits_max: terms.commits_max,
        minimum: terms.minimum,
        accepts_partial: terms.takes_less,
        mit_reason: None,
        network_transaction_id: None,
        reference_payment_id: None,
        urls: Urls::default(),
        order_id: None,
        is_final_captured: false,
        metadata: serde_json::Map::new(),
        created_at: Timestamp::default(),
        updated_at: Timestamp::default(),
        version: 1,
    }
}

pub(crate) fn attempt(position: i32, operation: OperationKind, minor: i64) -> Attempt {
    let position_bits = u128::try_from(position).expect("a position is positive");
    Attempt {
        id: AttemptId::from_uuid(Uuid::from_u128(1_000 + position_bits)),
        payment_id: PaymentId::from_uuid(Uuid::from_u128(1)),
        position,
        operation,
        connector_id: ConnectorId::from_uuid(Uuid::from_u128(4)),
        amount: eur(minor),
        status: AttemptStatus::Started,
        connector_reference: None,
        decline: None,
        failure: None,
        started_at: Timestamp::default(),
        finished_at: None,
        action_expires_at: None,
        next_check_at: None,
        checks: 0,
        review: None,
        network_transaction_id: None,
        settled_by: None,
        commit: 1,
        is_final_capture: false,
        is_surplus: false,
        gives_back: None,
    }
}

pub(crate) fn decline(code: DeclineCode) -> Observation {
    Observation::Declined(DeclineRecord {
        code,
        advice: Advice::NewInstrument,
        raw_code: "51".to_owned(),
        raw_message: "no".to_owned(),
    })
}

pub(crate) fn done(minor: i64) -> Observation {
    Observation::Done { minor, is_same_currency: true, is_same_reference: true }
}

pub(crate) fn action() -> Observation {
    Observation::ActionRequired(ActionKind::Otp { text: "Type the code.".to_owned(), length: Some(6) })
}

pub(crate) fn observation(heard: Heard, minor: i64) -> Observation {
    match heard {
        Heard::Unknown => Observation::Unknown,
        Heard::Pending => Observation::Pending,
        Heard::Action => action(),
        Heard::Resumed => Observation::Resumed,
        Heard::Declined => decline(DeclineCode::CardDeclined),
        Heard::DeclinedForFunds => decline(DeclineCode::InsufficientFunds),
        Heard::Nothing => Observation::NothingHappened,
        Heard::Expired => Observation::Expired,
        Heard::NotFound => Observation::NotFound,
        Heard::Done => done(minor),
        Heard::Less => done(minor / 2),
        Heard::Other(0) => done(minor + 1),
        Heard::Other(1) => Observation::Done { minor, is_same_currency: false, is_same_reference: true },
        Heard::Other(_) => Observation::Done { minor, is_same_currency: true, is_same_reference: false },
    }
}

fn outlook(wish: Wish) -> Outlook {
    match wish {
        Wish::Next => Outlook::AnotherAttempt,
        Wish::Again => Outlook::CustomerMayChooseAgain,
        Wish::Lower => Outlook::AmountMayBeLowered,
        Wish::End => Outlook::Exhausted,
    }
}

pub(crate) struct World {
    apply: Apply,
    pub(crate) payment: Payment,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) disputes: Vec<Dispute>,
    pub(crate) transfers: Vec<Transfer>,
    pub(crate) events: Vec<EventKind>,
    pub(crate) model: Model,
}

impl World {
    pub(crate) fn new(terms: &Terms, rows: Vec<Row>, apply: Apply) -> Self {
        let payment = payment(terms);
        let mut model = Model::new(rows, terms.kind.as_str(), payment.amounts.requested);
        model.minimum = terms.minimum;
        model.commits_left = terms.commits_max;
        model.takes_less = terms.takes_less;
        let (attempts, disputes, transfers, events) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { apply, payment, attempts, disputes, transfers, events, model }
    }

    /// Takes a step in both, and compares them.
    pub(crate) fn take(&mut self, step: &Step) -> Result<(), String> {
        let before = (self.payment.status, self.events.len());
        let reported = self.step(step)?;
        let told = self.events.get(before.1..).unwrap_or_default();
        let told: Vec<&str> = told.iter().map(|event| event.as_str()).collect();
        let expected: Vec<&str> = reported.into_iter().collect();
        equal("events", &told, &expected)?;
        self.check()
    }

    fn step(&mut self, step: &Step) -> Result<Option<&'static str>, String> {
        match step {
            Step::AwaitInstrument => {
                let moved = request::await_instrument(&self.payment);
                let expected = self.model.await_instrument();
                self.moved(moved, expected)
            }
            Step::Commit { percent } => self.commit(*percent),
            Step::Observe { back, heard, wish } => self.observe(*back, *heard, *wish),
            Step::Cancel => {
                let expected = self.model.cancel();
                self.moved(request::cancel(&self.payment), expected)
            }
            Step::Expire { is_over } => {
                let at = Timestamp::from_unix_micros(if *is_over { DEADLINE } else { DEADLINE - 1 });
                let expected = self.model.expire(*is_over);
                self.moved(request::expire(&self.payment, &self.attempts, at), expected)
            }
            Step::Capture { percent, is_final } => {
                let minor = share(self.payment.amounts.capturable(), *percent);
                let allowed = request::capture(&self.payment, &self.attempts, Some(minor));
                self.ask(OperationKind::Capture, Operation::Capture, allowed, minor, *is_final)
            }
            Step::Refund { percent } => {
                let minor = share(self.payment.amounts.refundable(), *percent);
                let allowed = request::refund(&self.payment, &self.attempts, Some(minor));
                self.ask(OperationKind::Refund, Operation::Refund, allowed, minor, false)
            }
            Step::Void => {
                let allowed = request::void(&self.payment, &self.attempts);
                self.ask(OperationKind::Void, Operation::Void, allowed, 0, false)
            }
            Step::Increment { percent } => {
                let minor = share(self.payment.amounts.requested, *percent);
                let allowed = request::increment(&self.payment, &self.attempts, minor);
                self.ask(OperationKind::Increment, Operation::Increment, allowed, minor, false)
            }
            Step::GiveBack => {
                self.give_back();
                Ok(None)
            }
            Step::Dispute { which, percent, stage, status } => {
                self.dispute(*which, *percent, *stage, *status)
            }
        }
    }

    fn commit(&mut self, percent: Option<i64>) -> Result<Option<&'static str>, String> {
        let amount = percent.map(|percent| self.payment.amounts.original * percent / 100);
        let moved = request::commit(&self.payment, amount, Timestamp::default());
        let expected = self.model.commit(amount, false);
        let reported = self.moved(moved, expected)?;
        if reported.is_some() {
            self.ask_first();
        }
        Ok(reported)
    }

    fn ask_first(&mut self) {
        let operation = match self.payment.kind {
            PaymentKind::Debit => OperationKind::Sale,
            PaymentKind::Preauthorize => OperationKind::Authorize,
            PaymentKind::Register => OperationKind::Register,
        };
        let minor = self.payment.amounts.requested;
        self.push(operation, minor);
        self.model.ask_first();
    }

    fn push(&mut self, operation: OperationKind, minor: i64) -> &mut Attempt {
        let position = i32::try_from(self.attempts.len() + 1).expect("few attempts");
        self.attempts.push(attempt(position, operation, minor));
        self.attempts.last_mut().expect("it was just pushed")
    }

    fn moved(
        &mut self,
        moved: Result<Move, Refusal>,
        expected: Option<&'static str>,
    ) -> Result<Option<&'static str>, String> {
        match (moved, expected) {
            (Ok(moved), Some(expected)) => {
                self.become_moved(moved);
                Ok(Some(expected))
            }
            (Err(_), None) => Ok(None),
            (moved, expected) => Err(format!("{moved:?}, but the model says {expected:?}")),
        }
    }

    fn become_moved(&mut self, moved: Move) {
        self.payment.status = moved.status;
        self.payment.amounts = moved.amounts;
        self.payment.commits = moved.commits;
        self.payment.next_action = None;
        self.transfers.extend(moved.transfers);
        self.events.push(moved.event);
    }

    fn ask(
        &mut self,
        kind: OperationKind,
        operation: Operation,
        allowed: Result<i64, Refusal>,
        minor: i64,
        is_final: bool,
    ) -> Result<Option<&'static str>, String> {
        let expected = self.model.ask(operation, minor, is_final);
        if allowed.is_ok() != expected {
            return Err(format!("{kind} of {minor}: {allowed:?}, but the model says {expected}"));
        }
        if let Ok(minor) = allowed {
            match kind {
                OperationKind::Capture => self.payment.amounts.capture_pending += minor,
                OperationKind::Refund => self.payment.amounts.refund_pending += minor,
                _ => {}
            }
            self.push(kind, minor).is_final_capture = is_final;
        }
        Ok(None)
    }

    /// A surplus attempt is refunded once.
    fn give_back(&mut self) {
        let is_given = |id| self.attempts.iter().any(|attempt| attempt.gives_back == Some(id));
        let surplus = self.attempts.iter().find(|attempt| attempt.is_surplus && !is_given(attempt.id));
        if let Some((id, minor)) = surplus.map(|attempt| (attempt.id, attempt.amount.minor())) {
            self.push(OperationKind::Refund, minor).gives_back = Some(id);
            self.model.ask_back(minor);
        }
    }

    fn observe(&mut self, back: usize, heard: Heard, wish: Wish) -> Result<Option<&'static str>, String> {
        let Some(index) = self.attempts.len().checked_sub(1).map(|last| last.saturating_sub(back)) else {
            return Ok(None);
        };
        self.hear(index, heard, wish)
    }

    /// An observation of the attempt at `index`, and the same once more, which must change nothing.
    pub(crate) fn hear(
        &mut self,
        index: usize,
        heard: Heard,
        wish: Wish,
    ) -> Result<Option<&'static str>, String> {
        let (id, minor) = (self.attempts[index].id, self.attempts[index].amount.minor());
        let seen = observation(heard, minor);
        let expected = self.model.hear(index, heard, wish);
        let change = (self.apply)(&self.payment, &self.attempts, id, &seen, outlook(wish));
        let Some(change) = change else { return Ok(expected) };
        let goes_on = change.attempt.is_refusal() && change.event == Some(EventKind::PaymentProcessing);
        self.become_changed(index, change);
        let again = (self.apply)(&self.payment, &self.attempts, id, &seen, outlook(wish));
        if again.is_some() {
            return Err(format!("the same {seen:?} once more is {again:?}"));
        }
        if goes_on {
            self.ask_first();
        }
        Ok(expected)
    }

    fn become_changed(&mut self, index: usize, change: Change) {
        let attempt = &mut self.attempts[index];
        attempt.status = change.attempt;
        attempt.review = change.review;
        attempt.decline = change.attempt_decline;
        attempt.is_surplus |= change.give_back;
        self.payment.status = change.status;
        self.payment.amounts = change.amounts;
        self.payment.is_final_captured = change.is_final_captured;
        self.payment.decline = change.decline;
        self.payment.next_action = change.next_action;
        self.transfers.extend(change.transfers);
        self.events.extend(change.event);
    }

    fn dispute(
        &mut self,
        which: usize,
        percent: i64,
        stage: DisputeStage,
        status: DisputeStatus,
    ) -> Result<Option<&'static str>, String> {
        // Nobody disputes what was not captured.
        if !dispute::is_disputable(self.payment.status) || self.payment.amounts.captured == 0 {
            return Ok(None);
        }
        let minor = share(self.payment.amounts.captured, percent);
        let which = which.min(self.disputes.len());
        if which == self.disputes.len() {
            let position = u128::try_from(self.disputes.len()).expect("few disputes");
            self.disputes.push(Dispute {
                id: DisputeId::from_uuid(Uuid::from_u128(9_000 + position)),
                payment_id: self.payment.id,
                connector_reference: format!("dispute-{position}"),
                stage: DisputeStage::Inquiry,
                status: DisputeStatus::Open,
                reason: None,
                amount: eur(minor),
                due_at: None,
                opened_at: Timestamp::default(),
                resolved_at: None,
            });
        }
        self.disputes[which].learn(stage, status, Timestamp::default());
        let settled = self.disputes[which].status;
        let (told, moved) = match settled {
            DisputeStatus::Open => {
                (EventKind::PaymentDisputed, dispute::opened(&self.payment, &self.disputes))
            }
            DisputeStatus::Won => (EventKind::DisputeWon, dispute::won(&self.payment, &self.disputes)),
            DisputeStatus::Lost => (EventKind::DisputeLost, dispute::lost(&self.payment, &self.disputes)),
        };
        let is_open = |dispute: &&Dispute| {
            dispute.status == DisputeStatus::Open && dispute.stage != DisputeStage::Inquiry
        };
        let is_lost = |dispute: &&Dispute| dispute.status == DisputeStatus::Lost;
        let counted = self.disputes.iter().filter(|dispute| is_open(dispute) || is_lost(dispute));
        let asked = counted.map(|dispute| dispute.amount.minor()).sum();
        let (open, lost) =
            (self.disputes.iter().any(|one| is_open(&one)), self.disputes.iter().any(|one| is_lost(&one)));
        let expected = self.model.dispute(told.as_str(), asked, open, lost);
        self.moved(moved.ok_or(Refusal::State(self.payment.status)), expected)
    }

    /// Everything that must hold after each step.
    fn check(&self) -> Result<(), String> {
        let amounts = self.payment.amounts;
        equal("status", &self.payment.status.as_str(), &self.model.status)?;
        let sums = [
            amounts.authorized,
            amounts.captured,
            amounts.capture_pending,
            amounts.refunded,
            amounts.refund_pending,
            amounts.disputed,
        ];
        equal("amounts", &sums, &self.model.sums())?;
        equal("requested", &amounts.requested, &self.model.requested)?;
        equal("final capture", &self.payment.is_final_captured, &self.model.is_finally_captured)?;
        for (attempt, asked) in self.attempts.iter().zip(&self.model.asked) {
            let ours = (attempt.status.as_str(), attempt.is_surplus, attempt.review.is_some());
            equal("attempt", &ours, &(asked.status(), asked.is_surplus, asked.has_review))?;
        }
        equal("soundness", &amounts.are_sound(), &true)?;
        equal("ledger", &ledger::fold(&self.transfers), &Balances::of(&amounts))?;
        equal("sum of the ledger", &ledger::fold(&self.transfers).sum(), &0)?;
        equal("transfers above zero", &self.transfers.iter().all(|transfer| transfer.minor > 0), &true)?;
        let successes = self.events.iter().filter(|event| event.is_success()).count();
        if successes > 1 {
            return Err(format!("{successes} events of success"));
        }
        equal(
            "an action",
            &self.payment.next_action.is_some(),
            &(self.payment.status == PaymentStatus::RequiresAction),
        )
    }
}

/// At least one minor unit, unless there is none; more than all if `percent` is above 100.
fn share(whole: i64, percent: i64) -> i64 {
    (whole * percent / 100).max(1)
}

fn equal<T: PartialEq + std::fmt::Debug>(what: &str, ours: &T, model: &T) -> Result<(), String> {
    if ours == model { Ok(()) } else { Err(format!("{what}: {ours:?}, but the model says {model:?}")) }
}

/// The code under test.
pub(crate) const SUBJECT: Apply = state::apply;
