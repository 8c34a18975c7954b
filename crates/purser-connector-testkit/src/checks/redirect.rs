//! C6: the customer goes away, and comes back or not.

use std::collections::BTreeMap;
use std::time::Duration;

use purser_connector::{
    ActionKind, CaptureMethod, Finding, NextAction, OperationKind, Outcome, OwnReference,
};

use super::ensure;
use crate::Verdict;
use crate::bench::{Bench, done};
use crate::fake_http::Fault;
use crate::subject::Challenge;

/// Longer than any challenge.
const LONG: Duration = Duration::from_secs(7 * 24 * 60 * 60);

fn challenge<'b>(bench: &'b Bench<'_>) -> Result<&'b Challenge, String> {
    bench.subject.challenge.as_ref().ok_or_else(|| "no instrument needs a challenge".to_owned())
}

/// Starts a payment that needs a challenge.
fn started(bench: &Bench<'_>) -> Result<(OwnReference, NextAction), String> {
    let own = bench.reference();
    let request = bench.payment(challenge(bench)?.token, 1200, CaptureMethod::Automatic);
    let called = bench.call_on(&*bench.connector, &own, Fault::None, |it, call| it.authorize(call, request));
    match called.result {
        Ok(Outcome::ActionRequired(action)) => {
            let has_way = !matches!(&action.kind, ActionKind::Redirect { url } if url.host().is_none());
            ensure(has_way, || "the redirect leads nowhere".to_owned())?;
            Ok((own, action))
        }
        other => Err(format!("expected a challenge, got {other:?}")),
    }
}

pub(super) fn passed(bench: &Bench<'_>) -> Verdict {
    let (own, action) = started(bench)?;
    let settled = done(bench.resume(&own, 1, action.state.clone(), challenge(bench)?.success.clone()))?;
    ensure(settled.amount == bench.amount(1200), || format!("moved {}", settled.amount))?;
    let found = bench.found_done(&own, OperationKind::Sale)?;
    ensure(found == settled, || "the look-up differs from the answer".to_owned())?;
    let again = done(bench.resume(&own, 2, action.state, challenge(bench)?.success.clone()))?;
    let same = again.connector_reference == settled.connector_reference;
    ensure(same, || "coming back twice moved money twice".to_owned())
}

/// The payment is declined, now and for whoever looks it up.
fn is_declined(bench: &Bench<'_>, own: &OwnReference, what: &str) -> Verdict {
    let found = bench.lookup(own, OperationKind::Sale).map_err(|failure| failure.to_string())?;
    let finding = found.into_iter().next().map(|observation| observation.finding);
    let is_over = matches!(finding, Some(Finding::Declined(_) | Finding::Expired));
    ensure(is_over, || format!("{what}: the look-up found {finding:?}"))
}

pub(super) fn failed(bench: &Bench<'_>) -> Verdict {
    let (own, action) = started(bench)?;
    let reply = bench.resume(&own, 1, action.state, challenge(bench)?.failure.clone());
    ensure(matches!(reply, Ok(Outcome::Declined(_))), || format!("a failed challenge: {reply:?}"))?;
    is_declined(bench, &own, "failed")
}

pub(super) fn abandoned(bench: &Bench<'_>) -> Verdict {
    let (own, action) = started(bench)?;
    let reply = bench.resume(&own, 1, action.state, BTreeMap::new());
    ensure(!matches!(reply, Ok(Outcome::Done(_) | Outcome::Pending(_))), || {
        format!("an abandoned challenge: {reply:?}")
    })?;
    let found = bench.lookup(&own, OperationKind::Sale).map_err(|failure| failure.to_string())?;
    let is_paid = found.iter().any(|observation| matches!(observation.finding, Finding::Settled(_)));
    ensure(!is_paid, || "an abandoned challenge was paid".to_owned())
}

pub(super) fn expired(bench: &Bench<'_>) -> Verdict {
    let (own, action) = started(bench)?;
    ensure(action.expires_at.is_some(), || "the challenge never ends".to_owned())?;
    bench.clock.advance(LONG);
    let reply = bench.resume(&own, 1, action.state, challenge(bench)?.success.clone());
    ensure(matches!(reply, Ok(Outcome::Declined(_)) | Err(_)), || {
        format!("an expired challenge: {reply:?}")
    })?;
    is_declined(bench, &own, "expired")
}

pub(super) fn tampered(bench: &Bench<'_>) -> Verdict {
    let (own, action) = started(bench)?;
    let mut states: Vec<Vec<u8>> = vec![Vec::new(), b"\xff\xfe".to_vec(), b"../../v1/account".to_vec()];
    for index in 0..action.state.len() {
        let mut state = action.state.to_vec();
        state[index] ^= 1;
        states.push(state);
    }
    for state in states {
        let shown = String::from_utf8_lossy(&state).into_owned();
        let reply = bench.resume(&own, 1, state.into(), challenge(bench)?.success.clone());
        ensure(reply.is_err(), || format!("the state {shown:?} was accepted: {reply:?}"))?;
    }
    let found = bench.lookup(&own, OperationKind::Sale).map_err(|failure| failure.to_string())?;
    let is_open = found.iter().all(|observation| matches!(observation.finding, Finding::ActionRequired(_)));
    ensure(is_open, || "a tampered state moved the payment on".to_owned())
}

pub(super) fn restored(bench: &Bench<'_>) -> Verdict {
    let own = bench.reference();
    let challenge = challenge(bench)?;
    let request = bench.payment(challenge.token, 1200, CaptureMethod::Automatic);
    let lost = Fault::CutAfterSending;
    let called = bench.call_on(&*bench.connector, &own, lost, |it, call| it.authorize(call, request));
    ensure(called.result.is_err(), || "a lost answer was not a failure".to_owned())?;
    let found = bench.lookup(&own, OperationKind::Sale).map_err(|failure| failure.to_string())?;
    let action = match found.into_iter().next().map(|observation| observation.finding) {
        Some(Finding::ActionRequired(Some(action))) => action,
        other => return Err(format!("the action was lost with the answer: {other:?}")),
    };
    let settled = done(bench.resume(&own, 1, action.state, challenge.success.clone()))?;
    ensure(settled.amount == bench.amount(1200), || format!("moved {}", settled.amount))
}
