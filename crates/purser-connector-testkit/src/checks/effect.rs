//! C5: what a call without an answer may have done.

use bytes::Bytes;
use http::StatusCode;
use purser_connector::{CaptureMethod, Effect, FailureKind, OperationKind};

use super::ensure;
use crate::Verdict;
use crate::bench::Bench;
use crate::fake_http::Fault;

/// Pays through a fault, and requires an effect.
fn check(bench: &Bench<'_>, fault: &Fault, expected: Effect) -> Verdict {
    let token = bench.able(OperationKind::Sale).ok_or("no instrument can be charged")?;
    let request = bench.payment(token, 1200, CaptureMethod::Automatic);
    let own = bench.reference();
    let called =
        bench.call_on(&*bench.connector, &own, fault.clone(), |it, call| it.authorize(call, request));
    match called.result {
        Err(failure) if failure.effect == expected => Ok(()),
        other => Err(format!("{fault:?}: expected a failure with effect {expected}, got {other:?}")),
    }
}

fn answer(status: u16, body: &'static str) -> Fault {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    Fault::Answer(status, Bytes::from_static(body.as_bytes()))
}

pub(super) fn refused_connection(bench: &Bench<'_>) -> Verdict {
    check(bench, &Fault::Refused, Effect::NotSent)
}

pub(super) fn no_whole_answer(bench: &Bench<'_>) -> Verdict {
    for fault in [Fault::CutAfterSending, Fault::TimedOut, Fault::Truncated] {
        check(bench, &fault, Effect::Unknown)?;
    }
    Ok(())
}

pub(super) fn foreign_answer(bench: &Bench<'_>) -> Verdict {
    let page = "<html><body>It works!</body></html>";
    for (status, body) in [
        (200, page),
        (200, ""),
        (200, "{}"),
        (200, "null"),
        (204, ""),
        (302, ""),
        (400, page),
        (403, page),
        (404, ""),
        (500, "{}"),
        (502, page),
        (503, ""),
    ] {
        check(bench, &answer(status, body), Effect::Unknown)?;
    }
    Ok(())
}

pub(super) fn documented_refusal(bench: &Bench<'_>) -> Verdict {
    let request = bench.payment("kit-no-such-token", 1200, CaptureMethod::Automatic);
    match bench.authorize(request) {
        Err(failure) if failure.effect == Effect::Rejected && failure.kind == FailureKind::InvalidRequest => {
            Ok(())
        }
        other => Err(format!("a token that does not exist: expected a certain refusal, got {other:?}")),
    }
}

pub(super) fn lost_answer_is_found(bench: &Bench<'_>) -> Verdict {
    let token = bench.able(OperationKind::Sale).ok_or("no instrument can be charged")?;
    let request = bench.payment(token, 1200, CaptureMethod::Automatic);
    let own = bench.reference();
    let lost = Fault::CutAfterSending;
    let called = bench.call_on(&*bench.connector, &own, lost, |it, call| it.authorize(call, request));
    ensure(called.result.is_err(), || "a lost answer was not a failure".to_owned())?;
    let settled = bench.found_done(&own, OperationKind::Sale)?;
    ensure(settled.amount == bench.amount(1200), || format!("the look-up found {}", settled.amount))
}

pub(super) fn unknown_reference(bench: &Bench<'_>) -> Verdict {
    match bench.lookup(&bench.reference(), OperationKind::Sale) {
        Ok(found) if found.is_empty() => Ok(()),
        other => Err(format!("a reference that was never sent: expected nothing, got {other:?}")),
    }
}
