//! The kit is examined too: each check has to find the bug that was planted for it.

mod support;

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use purser_connector::{
    Acknowledgement, Authorize, Call, Capabilities, Capture, ConfigError, Connector, Deregister, Effect,
    Failure, Finding, Http, HttpError, Inbound, Increment, Lookup, Notification, NotificationError,
    Observation, OperationKind, Outcome, Refund, Register, Reply, Resume, Settled, StoredInstrument, Void,
};
use purser_connector_testkit::{Subject, verdicts, verdicts_of};
use purser_types::{Money, Timestamp};
use serde_json::Value;

/// One mistake that an author might make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bug {
    AnswersWhatItDoesNotDeclare,
    LosesAMinorUnit,
    SendsZero,
    SendsAnyCurrency,
    ForgetsTheKey,
    MintsAReference,
    TakesDeclinesForLost,
    NeverFindsAnything,
    CallsDoubtHarmless,
    CallsEverythingDoubtful,
    InventsPayments,
    IgnoresTheChallenge,
    AcceptsAnyState,
    RefundsTooMuch,
    CapturesTooMuch,
    KeepsNoToken,
    StoresAlways,
    ForgetsNoToken,
    ShowsTheNumber,
    BelievesEverybody,
    DisagreesWithItself,
    PrintsTheCustomer,
    SucceedsOnNonsense,
    CallsAStranger,
    BlamesNobody,
    ProbesNobody,
    AlwaysComesBackWell,
    CapturesOneLess,
    CapturesOnce,
    NeverFinal,
    VoidsNothing,
    RefundsForFun,
    SaysPortable,
    Unreadable,
    StampsTheTime,
    TakesAPartForTheWhole,
    ForgetsTheAction,
    LosesTheCode,
    KnowsTheCode,
    AddsTheWhole,
    KeepsDisputesToItself,
}

struct Planted {
    inner: Arc<dyn Connector>,
    bug: Bug,
    capabilities: Capabilities,
    hosts: Vec<String>,
    /// The state of the last action.
    state: Mutex<Bytes>,
}

impl Planted {
    fn has(&self, bug: Bug) -> bool {
        self.bug == bug
    }
}

/// A port that strips or rewrites what the plugin sends.
struct Meddling<'a> {
    inner: &'a dyn Http,
    bug: Bug,
    now: Timestamp,
}

#[async_trait]
impl Http for Meddling<'_> {
    async fn send(&self, mut request: http::Request<Bytes>) -> Result<http::Response<Bytes>, HttpError> {
        if self.bug == Bug::ForgetsTheKey {
            request.headers_mut().remove("idempotency-key");
        }
        if self.bug == Bug::StampsTheTime {
            let date = self.now.to_string().try_into().expect("a header");
            request.headers_mut().insert("date", date);
        }
        self.inner.send(request).await
    }
}

fn sum(money: Money, more: i64) -> Money {
    Money::try_new(money.minor() + more, money.currency()).expect("not negative")
}

/// An answer that the processor never gave.
fn nothing(amount: Money) -> Settled {
    Settled {
        connector_reference: String::new(),
        amount,
        captured: true,
        method: purser_connector::Method::Card,
        instrument: None,
        stored: None,
        network_transaction_id: None,
        voidable_until: None,
    }
}

#[async_trait]
impl Connector for Planted {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn hosts(&self) -> &[String] {
        &self.hosts
    }

    async fn probe(&self, call: &Call<'_>) -> Result<(), Failure> {
        if self.has(Bug::ProbesNobody) { Ok(()) } else { self.inner.probe(call).await }
    }

    async fn authorize(&self, call: &Call<'_>, mut request: Authorize) -> Reply<Settled> {
        let amount = request.amount;
        let meddling = Meddling { inner: call.http, bug: self.bug, now: call.now };
        let own = if self.has(Bug::MintsAReference) {
            format!("mine-{}", request.operation()).parse().expect("plain")
        } else {
            call.own.clone()
        };
        let call = Call { own: &own, http: &meddling, ..*call };
        match self.bug {
            Bug::LosesAMinorUnit if amount.minor() > 1 => request.amount = sum(amount, -1),
            Bug::SendsZero if amount.is_zero() => request.amount = sum(amount, 1),
            Bug::SendsAnyCurrency => {
                let currency = "EUR".parse().expect("EUR");
                request.amount = Money::try_new(amount.minor(), currency).expect("amount");
            }
            Bug::StoresAlways => request.store = true,
            Bug::IgnoresTheChallenge => request.return_url = None,
            _ => {}
        }
        let reply = self.inner.authorize(&call, request).await;
        if let Ok(Outcome::ActionRequired(action)) = &reply {
            *self.state.lock().expect("not poisoned") = action.state.clone();
        }
        match (self.bug, reply) {
            (Bug::TakesAPartForTheWhole, Ok(Outcome::Done(settled))) => {
                Ok(Outcome::Done(Settled { amount, ..settled }))
            }
            (Bug::CallsDoubtHarmless, Err(failure)) => Err(Failure { effect: Effect::Rejected, ..failure }),
            (Bug::CallsEverythingDoubtful, Err(failure)) => Err(failure.at_least(Effect::Unknown)),
            (Bug::TakesDeclinesForLost, Ok(Outcome::Declined(mut decline))) => {
                decline.code = purser_connector::DeclineCode::Lost;
                Ok(Outcome::Declined(decline))
            }
            (Bug::KeepsNoToken, Ok(Outcome::Done(mut settled))) => {
                settled.stored = None;
                Ok(Outcome::Done(settled))
            }
            (Bug::DisagreesWithItself, Ok(Outcome::Done(mut settled))) => {
                settled.voidable_until = None;
                Ok(Outcome::Done(settled))
            }
            (Bug::PrintsTheCustomer, Err(failure)) => {
                Err(Failure { detail: "Canary-Smith".to_owned(), ..failure })
            }
            (Bug::SucceedsOnNonsense, Err(failure)) if failure.kind.as_str() == "PROTOCOL" => {
                Ok(Outcome::Done(nothing(amount)))
            }
            (_, reply) => reply,
        }
    }

    async fn lookup(&self, call: &Call<'_>, request: Lookup) -> Result<Vec<Observation>, Failure> {
        let own = request.own.clone();
        let found = self.inner.lookup(call, request).await?;
        match self.bug {
            Bug::NeverFindsAnything => Ok(Vec::new()),
            Bug::InventsPayments if found.is_empty() => Ok(vec![Observation {
                own,
                operation: OperationKind::Sale,
                connector_reference: None,
                finding: Finding::Confirmed,
                occurred_at: None,
            }]),
            Bug::ForgetsTheAction => Ok(found.into_iter().map(without_action).collect()),
            _ => Ok(found),
        }
    }

    fn notification(&self, inbound: &Inbound) -> Result<Notification, NotificationError> {
        match self.inner.notification(inbound) {
            Ok(_) if self.has(Bug::Unreadable) => {
                Err(NotificationError::Malformed { detail: "what is this?".to_owned() })
            }
            Err(_) if self.has(Bug::BelievesEverybody) => Ok(Notification {
                dedupe_key: "1".to_owned(),
                event_type: String::new(),
                observations: Vec::new(),
                acknowledgement: Acknowledgement::ok(),
            }),
            Ok(mut read) if self.has(Bug::KeepsDisputesToItself) => {
                read.observations.retain(|it| !matches!(it.finding, Finding::Dispute(_)));
                Ok(read)
            }
            read => read,
        }
    }

    async fn register(&self, call: &Call<'_>, request: Register) -> Reply<StoredInstrument> {
        let reply = self.inner.register(call, request).await?;
        let Outcome::Done(mut stored) = reply else { return Ok(reply) };
        if self.has(Bug::SaysPortable) {
            stored.scope = purser_connector::TokenScope::Portable;
        }
        if let (Bug::ShowsTheNumber, purser_connector::InstrumentDetails::Card(card)) =
            (self.bug, &mut stored.details)
        {
            card.last4 = "4242424242424242".to_owned();
        }
        Ok(Outcome::Done(stored))
    }

    async fn deregister(&self, call: &Call<'_>, request: Deregister) -> Reply<()> {
        if self.has(Bug::ForgetsNoToken) {
            Ok(Outcome::Done(()))
        } else {
            self.inner.deregister(call, request).await
        }
    }

    async fn resume(&self, call: &Call<'_>, mut request: Resume) -> Reply<Settled> {
        if self.has(Bug::AcceptsAnyState) {
            request.state = self.state.lock().expect("not poisoned").clone();
        }
        if self.has(Bug::LosesTheCode) {
            request.parameters.remove("code");
        }
        if self.has(Bug::KnowsTheCode) {
            request.parameters.insert("code".to_owned(), "123456".to_owned());
        }
        if self.has(Bug::AlwaysComesBackWell) {
            request.parameters.insert("result".to_owned(), "authenticated".to_owned());
        }
        self.inner.resume(call, request).await
    }

    async fn capture(&self, call: &Call<'_>, mut request: Capture) -> Reply<Settled> {
        match self.bug {
            Bug::CapturesTooMuch if request.amount.minor() > 1200 => {
                request.amount = sum(request.amount, 1200 - request.amount.minor());
            }
            Bug::CapturesOneLess => request.amount = sum(request.amount, -1),
            Bug::CapturesOnce => request.is_final = true,
            Bug::NeverFinal => request.is_final = false,
            _ => {}
        }
        self.inner.capture(call, request).await
    }

    async fn increment(&self, call: &Call<'_>, mut request: Increment) -> Reply<Settled> {
        if self.has(Bug::AddsTheWhole) {
            request.amount = sum(request.amount, 1200);
        }
        self.inner.increment(call, request).await
    }

    async fn void(&self, call: &Call<'_>, request: Void) -> Reply<Settled> {
        if self.has(Bug::AnswersWhatItDoesNotDeclare) {
            return Err(Failure::unsupported(OperationKind::Void).at_least(Effect::Unknown));
        }
        if self.has(Bug::VoidsNothing) {
            // Refunding nothing looks like success to somebody in a hurry.
            let amount = Money::try_new(1200, "EUR".parse().expect("EUR")).expect("amount");
            return Ok(Outcome::Done(nothing(amount)));
        }
        self.inner.void(call, request).await
    }

    async fn refund(&self, call: &Call<'_>, mut request: Refund) -> Reply<Settled> {
        if self.has(Bug::RefundsTooMuch) && request.amount.minor() > 1200 {
            request.amount = sum(request.amount, 1200 - request.amount.minor());
        }
        if self.has(Bug::RefundsForFun) {
            return Ok(Outcome::Done(nothing(request.amount)));
        }
        self.inner.refund(call, request).await
    }
}

fn without_action(observation: Observation) -> Observation {
    match observation.finding {
        Finding::ActionRequired(_) => Observation { finding: Finding::ActionRequired(None), ..observation },
        _ => observation,
    }
}

fn planted(bug: Bug) -> Subject {
    let healthy = support::full();
    let configure = Arc::clone(&healthy.configure);
    let configure = move |settings: Value| -> Result<Arc<dyn Connector>, ConfigError> {
        let made = configure(settings);
        let inner = match (bug, made) {
            (Bug::BlamesNobody, Err(error)) => return Err(ConfigError::new("", error.message)),
            (_, made) => made?,
        };
        let mut capabilities = inner.capabilities().clone();
        let mut hosts = inner.hosts().to_vec();
        match bug {
            Bug::AnswersWhatItDoesNotDeclare => capabilities.methods.iter_mut().for_each(|method| {
                method.operations.remove(&OperationKind::Void);
            }),
            Bug::CallsAStranger => hosts.clear(),
            _ => {}
        }
        Ok(Arc::new(Planted { inner, bug, capabilities, hosts, state: Mutex::default() }))
    };
    Subject { configure: Arc::new(configure), ..healthy }
}

/// Which check has to find which bug. Every check of the kit is in it.
const FINDS: &[(&str, Bug)] = &[
    ("c01_every_declared_payment_works", Bug::NeverFindsAnything),
    ("c01_what_is_not_declared_is_unsupported", Bug::AnswersWhatItDoesNotDeclare),
    ("c01_credentials_are_probed", Bug::ProbesNobody),
    ("c02_minor_units_are_exact", Bug::LosesAMinorUnit),
    ("c02_zero_is_not_sent", Bug::SendsZero),
    ("c02_an_unlisted_currency_is_not_sent", Bug::SendsAnyCurrency),
    ("c03_reference_and_key_are_sent", Bug::ForgetsTheKey),
    ("c03_reference_and_key_are_sent", Bug::MintsAReference),
    ("c03_a_repetition_is_the_same_and_moves_nothing", Bug::ForgetsTheKey),
    ("c03_a_request_that_was_kept_is_the_same", Bug::StampsTheTime),
    ("c04_declines_are_translated", Bug::TakesDeclinesForLost),
    ("c04_pending_is_found_done", Bug::NeverFindsAnything),
    ("c04_a_partial_approval_is_told", Bug::TakesAPartForTheWhole),
    ("c05_what_was_not_sent_has_no_effect", Bug::CallsEverythingDoubtful),
    ("c05_without_a_whole_answer_nobody_knows", Bug::CallsDoubtHarmless),
    ("c05_a_foreign_answer_proves_nothing", Bug::CallsDoubtHarmless),
    ("c05_a_documented_refusal_is_certain", Bug::CallsEverythingDoubtful),
    ("c05_a_lost_answer_is_found", Bug::NeverFindsAnything),
    ("c05_what_never_arrived_is_not_found", Bug::InventsPayments),
    ("c05_asking_again_sells_once", Bug::ForgetsTheKey),
    ("c05_asking_again_captures_once", Bug::CapturesOnce),
    ("c06_challenge_passed", Bug::IgnoresTheChallenge),
    ("c06_challenge_failed", Bug::AlwaysComesBackWell),
    ("c06_challenge_abandoned", Bug::AlwaysComesBackWell),
    ("c06_challenge_expired", Bug::NeverFindsAnything),
    ("c06_tampered_state_is_refused", Bug::AcceptsAnyState),
    ("c06_a_lost_action_is_found_again", Bug::ForgetsTheAction),
    ("c06_the_right_code_pays", Bug::LosesTheCode),
    ("c06_a_wrong_code_pays_nothing", Bug::KnowsTheCode),
    ("c07_an_increment_reserves_more", Bug::AddsTheWhole),
    ("c07_a_capture_takes_what_is_asked", Bug::CapturesOneLess),
    ("c07_an_excessive_capture_is_refused", Bug::CapturesTooMuch),
    ("c07_captures_in_parts", Bug::CapturesOnce),
    ("c07_a_final_capture_is_final", Bug::NeverFinal),
    ("c07_a_void_releases", Bug::VoidsNothing),
    ("c07_refunds_return_at_most_what_was_taken", Bug::RefundsForFun),
    ("c07_an_excessive_refund_is_refused", Bug::RefundsTooMuch),
    ("c08_a_stored_instrument_pays_until_it_is_forgotten", Bug::ForgetsNoToken),
    ("c08_a_payment_stores_only_when_asked", Bug::KeepsNoToken),
    ("c08_a_payment_stores_only_when_asked", Bug::StoresAlways),
    ("c08_details_are_not_the_number", Bug::ShowsTheNumber),
    ("c08_a_token_keeps_to_its_scope", Bug::SaysPortable),
    ("c09_a_notification_is_read", Bug::Unreadable),
    ("c09_a_changed_notification_is_refused", Bug::BelievesEverybody),
    ("c09_an_old_notification_is_refused", Bug::BelievesEverybody),
    ("c10_answer_and_lookup_agree", Bug::DisagreesWithItself),
    ("c10_answer_and_notification_agree", Bug::DisagreesWithItself),
    ("c10_a_dispute_is_told", Bug::KeepsDisputesToItself),
    ("c11_nothing_secret_is_printed", Bug::PrintsTheCustomer),
    ("c12_arbitrary_answers_never_succeed", Bug::SucceedsOnNonsense),
    ("c12_arbitrary_notifications_are_refused", Bug::BelievesEverybody),
    ("c13_only_declared_hosts_are_called", Bug::CallsAStranger),
    ("c14_wrong_settings_are_named", Bug::BlamesNobody),
];

#[test]
fn every_check_passes_the_sandbox_and_has_a_bug_to_find() {
    for (name, verdict) in verdicts(&support::full()) {
        assert_eq!(verdict, Ok(()), "{name}");
        assert!(FINDS.iter().any(|(check, _)| *check == name), "no bug is planted for {name}");
    }
}

#[test]
fn every_planted_bug_is_found_by_its_check() {
    for (name, bug) in FINDS {
        let found = verdicts_of(&planted(*bug), name);
        assert!(matches!(found[..], [(_, Err(_))]), "{bug:?} was not found by {name}: {found:?}");
    }
}
