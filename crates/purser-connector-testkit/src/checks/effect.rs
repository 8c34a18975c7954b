//! C5: what a call without an answer may have done.

use bytes::Bytes;
use http::StatusCode;
use purser_connector::{
    Capture, CaptureMethod, Effect, Failure, FailureKind, Increment, OperationKind, Outcome, Refund, Settled,
    Submission, Void,
};

use super::ensure;
use crate::Verdict;
use crate::bench::{Bench, done, refused};
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

/// Loses the answer to a request, and sends the request again under the same reference and key.
fn again(bench: &Bench<'_>, request: &Submission) -> Result<Settled, String> {
    let (own, kind) = (bench.reference(), request.operation());
    let send = |fault| {
        let request = request.clone();
        let called = bench.call_on(&*bench.connector, &own, fault, |it, call| match request {
            Submission::Authorize(request) => it.authorize(call, request),
            Submission::Capture(request) => it.capture(call, request),
            Submission::Increment(request) => it.increment(call, request),
            Submission::Void(request) => it.void(call, request),
            Submission::Refund(request) => it.refund(call, request),
            Submission::Resume(request) => it.resume(call, request),
            Submission::Register(_) => Box::pin(async { Err(Failure::unsupported(OperationKind::Register)) }),
        });
        called.result
    };
    ensure(send(Fault::CutAfterSending).is_err(), || format!("{kind}: a lost answer was not a failure"))?;
    match send(Fault::None) {
        Ok(Outcome::Pending(_)) => bench.found_done(&own, kind),
        reply => done(reply).map_err(|wrong| format!("{kind}, sent again: {wrong}")),
    }
}

pub(super) fn repeated_sale(bench: &Bench<'_>) -> Verdict {
    let token = bench.able(OperationKind::Sale).ok_or("no instrument can be charged")?;
    let sale = bench.payment(token, 1200, CaptureMethod::Automatic);
    let settled = again(bench, &sale.into())?;
    if !bench.capabilities().supports(OperationKind::Refund) {
        return Ok(());
    }
    // Were it booked twice, there would be more to give back.
    let reference = settled.connector_reference;
    let refund = Refund { reference: reference.clone(), amount: bench.amount(700) };
    let refunded = again(bench, &refund.into())?;
    ensure(refunded.amount == bench.amount(700), || format!("refunded {}", refunded.amount))?;
    refused(bench.refund(&reference, bench.amount(501)), "501 of the remaining 500")?;
    done(bench.refund(&reference, bench.amount(500))).map(|_| ())
}

pub(super) fn repeated_capture(bench: &Bench<'_>) -> Verdict {
    let reference = bench.authorized(1200)?.connector_reference;
    let mut reserved = 1200;
    if bench.capabilities().supports(OperationKind::Increment) {
        again(bench, &Increment { reference: reference.clone(), amount: bench.amount(300) }.into())?;
        reserved += 300;
    }
    let amount = bench.amount(700);
    again(bench, &Capture { reference: reference.clone(), amount, is_final: false }.into())?;
    let rest = reserved - 700;
    refused(bench.capture(&reference, bench.amount(rest + 1), true), "more than the rest")?;
    if bench.capabilities().supports(OperationKind::Void) {
        let voided = again(bench, &Void { reference: reference.clone() }.into())?;
        ensure(voided.amount == bench.amount(rest), || format!("released {}", voided.amount))?;
        return refused(bench.capture(&reference, bench.amount(1), true), "a capture after the void");
    }
    done(bench.capture(&reference, bench.amount(rest), true)).map(|_| ())
}
