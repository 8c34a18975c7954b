//! The processor's own books: every effect that it had, whoever asked and however often.

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use super::faults::Mood;
use crate::clock;
use crate::money::Amount;
use crate::wire::{
    Action, Completion, FollowUp, Kind, Operation, PaymentRequest, Refusal, Status, Stored, TokenRequest,
    card,
};

/// How far in the future a payment can be voided, and a challenge be answered; longer than any run.
const DAY_SECONDS: i64 = 86_400;

/// A request that changes the books.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    Pay(Kind, PaymentRequest),
    Register(TokenRequest),
    Deregister(String),
    FollowUp(Kind, String, FollowUp),
    Complete(String, Completion),
}

impl Command {
    /// What the faults call it.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Pay(kind, _) | Self::FollowUp(kind, ..) => *kind,
            Self::Register(_) => Kind::Register,
            Self::Deregister(_) => Kind::Deregister,
            Self::Complete(..) => Kind::Resume,
        }
    }
}

/// Who asks, under which key, and what a later answer must be compared with.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) account: String,
    pub(crate) key: String,
    /// Path and body, so that a key that comes with another request is noticed.
    pub(crate) request: Vec<u8>,
}

/// When and how an operation ends that was answered with "pending".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fate {
    pub(crate) due: Instant,
    pub(crate) ends: Status,
}

/// One operation with what the books know besides.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) operation: Operation,
    /// The client's order: the text for the card statement, which is the merchant's id here.
    pub(crate) order: String,
    key: String,
    request: Vec<u8>,
    source: String,
    store: bool,
    is_final: bool,
    pub(crate) fate: Option<Fate>,
    /// Look-ups do not find it before.
    pub(crate) hidden_until: Option<Instant>,
    /// Look-ups say "pending" before, although it is done.
    pub(crate) contradicted_until: Option<Instant>,
}

/// One payment. Amounts are minor units of `currency`.
#[derive(Debug, Clone)]
pub(crate) struct Payment {
    pub(crate) id: String,
    pub(crate) order: String,
    pub(crate) currency: String,
    pub(crate) authorized: i64,
    pub(crate) captured: i64,
    pub(crate) refunded: i64,
    pub(crate) is_open: bool,
    /// Whether all that was to be captured was captured at some time.
    pub(crate) was_complete: bool,
}

impl Payment {
    pub(crate) fn reserved(&self) -> i64 {
        if self.is_open { self.authorized - self.captured } else { 0 }
    }
}

/// Why a request books nothing.
pub(crate) struct Refused(pub(crate) u16, pub(crate) &'static str);

/// What is booked.
#[derive(Debug, Default, Clone)]
pub(crate) struct Books {
    pub(crate) entries: Vec<Entry>,
    pub(crate) payments: BTreeMap<String, Payment>,
    /// The first entry of each key.
    keys: HashMap<String, usize>,
    references: HashMap<String, usize>,
    /// The card behind each stored token.
    tokens: HashMap<String, String>,
    /// Keys that came with another request than the first time.
    pub(crate) keys_reused: u64,
    /// Requests that were recognised by their key.
    pub(crate) replays: u64,
    /// Whether keys are ignored: every request is carried out.
    ignores_keys: bool,
    /// Whether more may be captured and refunded than there is, so that only the server stands in the way.
    is_lenient: bool,
}

impl Books {
    /// Empty books of a processor that is so.
    pub(crate) fn of(mood: &Mood) -> Self {
        Self { ignores_keys: mood.ignores_keys, is_lenient: mood.is_lenient, ..Self::default() }
    }

    /// Carries a request out, unless it was carried out before under its key. Answers the entry's place.
    pub(crate) fn perform(
        &mut self,
        head: &Head,
        command: Command,
        fate: Option<Fate>,
    ) -> Result<usize, Refused> {
        if let Command::Complete(authentication, completion) = &command {
            return self.complete(authentication, completion);
        }
        if let Some(known) = self.keys.get(&head.key).copied().filter(|_| !self.ignores_keys) {
            if self.entries[known].request != head.request {
                self.keys_reused += 1;
                return Err(Refused(409, "idempotency_key_reused"));
            }
            self.replays += 1;
            return Ok(known);
        }
        match command {
            Command::Pay(kind, request) => self.pay(head, kind, request, fate),
            Command::Register(request) => Ok(self.register(head, request)),
            Command::Deregister(reference) => {
                let entry = blank(head, self.entries.len(), Kind::Deregister, reference);
                Ok(self.book(Entry { operation: succeeded(entry.operation), ..entry }))
            }
            Command::FollowUp(kind, payment, request) => self.follow_up(head, kind, &payment, request, fate),
            Command::Complete(..) => Err(Refused(404, "unknown_authentication")),
        }
    }

    /// The entry of a reference: the first, if the same was done twice.
    pub(crate) fn find(&self, reference: &str) -> Option<usize> {
        self.references.get(reference).copied()
    }

    /// Ends what is due; all that is pending if nobody shall wait any longer. Answers what changed.
    pub(crate) fn progress(&mut self, now: Instant, is_calm: bool) -> Vec<usize> {
        let is_due = |entry: &Entry| entry.fate.is_some_and(|fate| is_calm || fate.due <= now);
        let due: Vec<usize> = (0..self.entries.len()).filter(|at| is_due(&self.entries[*at])).collect();
        for at in &due {
            let Some(fate) = self.entries[*at].fate.take() else { continue };
            self.end(*at, fate.ends);
        }
        due
    }

    fn book(&mut self, entry: Entry) -> usize {
        let at = self.entries.len();
        self.keys.entry(entry.key.clone()).or_insert(at);
        self.references.entry(entry.operation.reference.clone()).or_insert(at);
        self.entries.push(entry);
        at
    }

    fn pay(
        &mut self,
        head: &Head,
        kind: Kind,
        request: PaymentRequest,
        fate: Option<Fate>,
    ) -> Result<usize, Refused> {
        if request.amount.minor <= 0 {
            return Err(Refused(422, "amount_not_positive"));
        }
        let stored = self.tokens.get(&request.source).cloned();
        let is_stored = stored.is_some();
        let source = stored.unwrap_or(request.source);
        let mut entry = blank(head, self.entries.len(), kind, request.reference);
        entry.order = request.description.unwrap_or_default();
        entry.operation.amount = Some(request.amount);
        entry.operation.instrument = Some(card());
        entry.store = request.store;
        entry.source.clone_from(&source);
        let wants_challenge =
            source == "tok_threeDSecureRequired" && !(is_stored && request.initiator == "MERCHANT");
        if source == "tok_chargeDeclined" {
            decline(&mut entry.operation, "card_declined");
        } else if wants_challenge {
            let authentication = format!("auth_{}", entry.operation.id);
            entry.operation.status = Status::ActionRequired;
            entry.operation.action = Some(Action {
                url: format!("https://challenges.invalid/{authentication}"),
                authentication,
                expires_at: clock::rfc3339(clock::unix_seconds() + DAY_SECONDS),
            });
            if request.return_url.is_none() {
                decline(&mut entry.operation, "authentication_required");
                entry.operation.action = None;
            }
        } else if source != "tok_visa" {
            return Err(Refused(404, "unknown_token"));
        } else if fate.is_some() {
            entry.fate = fate;
        } else {
            let at = self.book(entry);
            self.end(at, Status::Succeeded);
            return Ok(at);
        }
        Ok(self.book(entry))
    }

    fn register(&mut self, head: &Head, request: TokenRequest) -> usize {
        let mut entry = blank(head, self.entries.len(), Kind::Register, request.reference);
        entry.operation.instrument = Some(card());
        entry.source = request.source;
        if entry.source == "tok_chargeDeclined" {
            decline(&mut entry.operation, "card_declined");
            return self.book(entry);
        }
        let at = self.book(entry);
        self.end(at, Status::Succeeded);
        at
    }

    fn complete(&mut self, authentication: &str, completion: &Completion) -> Result<usize, Refused> {
        let id = authentication.strip_prefix("auth_");
        let found = self.entries.iter().position(|entry| Some(entry.operation.id.as_str()) == id);
        let at = found.ok_or(Refused(404, "unknown_authentication"))?;
        if self.entries[at].operation.status != Status::ActionRequired {
            self.replays += 1;
            return Ok(at);
        }
        let declined = match completion.result.as_deref() {
            Some("authenticated") => None,
            Some("failed") => Some("authentication_failed"),
            Some(_) | None => Some("authentication_abandoned"),
        };
        match declined {
            None => self.end(at, Status::Succeeded),
            Some(code) => decline(&mut self.entries[at].operation, code),
        }
        Ok(at)
    }

    fn follow_up(
        &mut self,
        head: &Head,
        kind: Kind,
        payment: &str,
        request: FollowUp,
        fate: Option<Fate>,
    ) -> Result<usize, Refused> {
        let known = self.payments.get(payment).ok_or(Refused(404, "unknown_payment"))?;
        let amount = moved(known, kind, &request, self.is_lenient)?;
        let mut entry = blank(head, self.entries.len(), kind, request.reference);
        entry.order.clone_from(&known.order);
        entry.operation.payment = Some(known.id.clone());
        entry.operation.instrument = Some(card());
        entry.operation.amount = Some(amount.clone());
        entry.operation.captured = kind == Kind::Capture;
        entry.operation.voidable_until = Some(clock::rfc3339(clock::unix_seconds() + DAY_SECONDS));
        entry.is_final = request.is_final;
        if let Some(payment) = self.payments.get_mut(payment) {
            // Money that is on its way is booked too, so that it cannot be moved twice.
            move_money(payment, kind, amount.minor, request.is_final);
        }
        entry.fate = fate;
        if fate.is_none() {
            entry.operation = succeeded(entry.operation);
        }
        Ok(self.book(entry))
    }

    /// Ends an entry that is under way.
    fn end(&mut self, at: usize, ends: Status) {
        let entry = &mut self.entries[at];
        let kind = entry.operation.kind;
        let amount = entry.operation.amount.clone();
        if ends == Status::Declined {
            decline(
                &mut entry.operation,
                if kind.is_first_step() { "do_not_honor" } else { "refund_refused" },
            );
            let payment = entry.operation.payment.clone().and_then(|id| self.payments.get_mut(&id));
            if let (Some(payment), Some(amount)) = (payment, amount) {
                move_money_back(payment, kind, amount.minor);
            }
            return;
        }
        entry.operation.status = Status::Succeeded;
        entry.operation.action = None;
        entry.operation.at = clock::rfc3339(clock::unix_seconds());
        if let (true, Some(amount)) = (kind.is_first_step(), amount) {
            let payment = opened(&entry.operation, &entry.order, &amount, self.payments.len());
            entry.operation.payment = Some(payment.id.clone());
            entry.operation.captured = kind == Kind::Sale;
            entry.operation.network_transaction_id = Some(format!("NT{}", payment.id));
            entry.operation.voidable_until = Some(clock::rfc3339(clock::unix_seconds() + DAY_SECONDS));
            self.payments.insert(payment.id.clone(), payment);
        }
        if kind == Kind::Register || entry.store {
            let token = format!("checker_tok_{}", entry.operation.id);
            self.tokens.insert(token.clone(), entry.source.clone());
            entry.operation.stored =
                Some(Stored { fingerprint: format!("fp_{}", entry.operation.id), token });
        }
    }
}

fn blank(head: &Head, count: usize, kind: Kind, reference: String) -> Entry {
    let operation = Operation {
        id: format!("op_{:08}", count + 1),
        reference,
        account: head.account.clone(),
        kind,
        status: Status::Pending,
        payment: None,
        amount: None,
        captured: false,
        instrument: None,
        stored: None,
        network_transaction_id: None,
        voidable_until: None,
        decline: None,
        action: None,
        at: clock::rfc3339(clock::unix_seconds()),
    };
    Entry {
        operation,
        order: String::new(),
        key: head.key.clone(),
        request: head.request.clone(),
        source: String::new(),
        store: false,
        is_final: false,
        fate: None,
        hidden_until: None,
        contradicted_until: None,
    }
}

fn succeeded(operation: Operation) -> Operation {
    Operation { status: Status::Succeeded, ..operation }
}

fn decline(operation: &mut Operation, code: &'static str) {
    operation.status = Status::Declined;
    operation.action = None;
    operation.decline = Some(Refusal { code, message: "The payment was declined." });
}

fn opened(operation: &Operation, order: &str, amount: &Amount, count: usize) -> Payment {
    let is_sale = operation.kind == Kind::Sale;
    Payment {
        id: format!("pay_{:08}", count + 1),
        order: order.to_owned(),
        currency: amount.currency.clone(),
        authorized: amount.minor,
        captured: if is_sale { amount.minor } else { 0 },
        refunded: 0,
        is_open: !is_sale,
        was_complete: is_sale,
    }
}

/// How much a follow-up moves, if it is allowed.
fn moved(payment: &Payment, kind: Kind, request: &FollowUp, is_lenient: bool) -> Result<Amount, Refused> {
    let amount = |minor| Amount { minor, currency: payment.currency.clone() };
    if kind == Kind::Void {
        let minor = match payment.reserved() {
            0 if payment.refunded == 0 => payment.captured,
            reserved => reserved,
        };
        return if minor > 0 { Ok(amount(minor)) } else { Err(Refused(422, "not_voidable")) };
    }
    let asked = request.amount.clone().ok_or(Refused(400, "amount_missing"))?;
    if asked.currency != payment.currency {
        return Err(Refused(422, "currency_mismatch"));
    }
    let limit = match kind {
        Kind::Capture => payment.reserved(),
        Kind::Increment if payment.is_open => i64::MAX,
        Kind::Increment => return Err(Refused(422, "not_open")),
        _ => payment.captured - payment.refunded,
    };
    if asked.minor <= 0 || asked.minor > limit && !is_lenient {
        return Err(Refused(422, "amount_too_large"));
    }
    Ok(asked)
}

fn move_money(payment: &mut Payment, kind: Kind, minor: i64, is_final: bool) {
    match kind {
        Kind::Capture => {
            payment.captured += minor;
            payment.is_open = !is_final && payment.captured < payment.authorized;
        }
        Kind::Refund => payment.refunded += minor,
        Kind::Increment => payment.authorized += minor,
        // Releases what is reserved; if nothing is, undoes the capture.
        _ if payment.reserved() > 0 => payment.is_open = false,
        _ => payment.captured = 0,
    }
    payment.was_complete |= payment.captured > 0 && !payment.is_open;
}

/// Undoes what a follow-up had booked that was declined in the end. Only refunds and increments are.
fn move_money_back(payment: &mut Payment, kind: Kind, minor: i64) {
    match kind {
        Kind::Refund => payment.refunded -= minor,
        Kind::Increment => payment.authorized -= minor,
        _ => {}
    }
}
