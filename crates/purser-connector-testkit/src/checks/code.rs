//! C6: the customer types a code.

use std::collections::BTreeMap;

use purser_connector::{
    ActionKind, CODE_PARAMETER, CaptureMethod, Finding, NextAction, OperationKind, Outcome, OwnReference,
};

use super::ensure;
use crate::Verdict;
use crate::bench::{Bench, done};
use crate::fake_http::Fault;
use crate::subject::CodeCase;

fn case<'b>(bench: &'b Bench<'_>) -> Result<&'b CodeCase, String> {
    bench.subject.code.as_ref().ok_or_else(|| "no instrument asks for a code".to_owned())
}

fn parameters(code: &str) -> BTreeMap<String, String> {
    [(CODE_PARAMETER.to_owned(), code.to_owned())].into()
}

/// Starts a payment that asks for a code.
fn started(bench: &Bench<'_>) -> Result<(OwnReference, NextAction), String> {
    let own = bench.reference();
    let request = bench.payment(case(bench)?.token, 1200, CaptureMethod::Automatic);
    let called = bench.call_on(&*bench.connector, &own, Fault::None, |it, call| it.authorize(call, request));
    match called.result {
        Ok(Outcome::ActionRequired(action)) => {
            let asks = matches!(action.kind, ActionKind::Otp { .. });
            ensure(asks, || format!("expected to be asked for a code, got {action:?}"))?;
            Ok((own, action))
        }
        other => Err(format!("expected to be asked for a code, got {other:?}")),
    }
}

pub(super) fn right(bench: &Bench<'_>) -> Verdict {
    let (own, action) = started(bench)?;
    let code = parameters(case(bench)?.right);
    let settled = done(bench.resume(&own, 1, action.state.clone(), code.clone()))?;
    ensure(settled.amount == bench.amount(1200), || format!("moved {}", settled.amount))?;
    let again = done(bench.resume(&own, 1, action.state, code))?;
    let same = again.connector_reference == settled.connector_reference;
    ensure(same, || "the same code sent twice moved money twice".to_owned())
}

pub(super) fn wrong(bench: &Bench<'_>) -> Verdict {
    let (own, action) = started(bench)?;
    let reply = bench.resume(&own, 1, action.state, parameters(case(bench)?.wrong));
    ensure(!matches!(reply, Ok(Outcome::Done(_) | Outcome::Pending(_))), || {
        format!("a wrong code: {reply:?}")
    })?;
    let found = bench.lookup(&own, OperationKind::Sale).map_err(|failure| failure.to_string())?;
    let is_paid = found.iter().any(|observation| matches!(observation.finding, Finding::Settled(_)));
    ensure(!is_paid, || "a wrong code paid".to_owned())
}
