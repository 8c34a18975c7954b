//! C1: what is declared works, and what is not is refused before a byte is sent.

use purser_connector::{
    Capture, CaptureMethod, CustomerData, Deregister, Effect, Failure, FailureKind, Increment, OperationKind,
    Outcome, Payout, Refund, Register, Resume, Verify, Void,
};

use super::ensure;
use crate::Verdict;
use crate::bench::{Bench, Called, one_off};

pub(super) fn declared_payments_work(bench: &Bench<'_>) -> Verdict {
    for capability in &bench.capabilities().methods {
        let method = capability.method;
        let instrument = bench.subject.instruments.iter().find(|instrument| instrument.method == method);
        let token = instrument.ok_or_else(|| format!("{method} is declared and has no instrument"))?.token;
        for capture in [CaptureMethod::Automatic, CaptureMethod::Manual] {
            if !capability.supports_capture(capture) {
                continue;
            }
            let own = bench.reference();
            let request = bench.payment(token, 1200, capture);
            let called = bench.call_on(&*bench.connector, &own, crate::fake_http::Fault::None, |it, call| {
                it.authorize(call, request)
            });
            let settled = match called.result {
                Ok(Outcome::Done(settled)) => settled,
                Ok(Outcome::Pending(_)) => bench.found_done(&own, capture.operation())?,
                other => return Err(format!("{method} {capture}: {other:?}")),
            };
            ensure(settled.method == method, || format!("{method}: the answer says {}", settled.method))?;
            let is_captured = capture == CaptureMethod::Automatic;
            ensure(settled.captured == is_captured, || format!("{method} {capture}: captured is wrong"))?;
        }
    }
    Ok(())
}

pub(super) fn undeclared_is_unsupported(bench: &Bench<'_>) -> Verdict {
    let amount = bench.amount(1200);
    let reference = || "unknown-1".to_owned();
    let instrument = || one_off("unknown-token");
    let customer = CustomerData::default;
    for &kind in OperationKind::ALL {
        if bench.capabilities().supports(kind) {
            continue;
        }
        match kind {
            // Required of every connector, whatever it declares.
            OperationKind::Probe | OperationKind::Lookup => {}
            OperationKind::Authorize | OperationKind::Sale => {
                let manual = kind == OperationKind::Authorize;
                let capture = if manual { CaptureMethod::Manual } else { CaptureMethod::Automatic };
                let request = bench.payment("unknown-token", 1200, capture);
                unsupported(kind, bench.call(|it, call| it.authorize(call, request)))?;
            }
            OperationKind::Resume => {
                let request = Resume { state: bytes::Bytes::new(), parameters: [].into() };
                unsupported(kind, bench.call(|it, call| it.resume(call, request)))?;
            }
            OperationKind::Capture => {
                let request = Capture { reference: reference(), amount, is_final: true };
                unsupported(kind, bench.call(|it, call| it.capture(call, request)))?;
            }
            OperationKind::Increment => {
                let request = Increment { reference: reference(), amount };
                unsupported(kind, bench.call(|it, call| it.increment(call, request)))?;
            }
            OperationKind::Void => {
                let request = Void { reference: reference() };
                unsupported(kind, bench.call(|it, call| it.void(call, request)))?;
            }
            OperationKind::Refund => {
                let request = Refund { reference: reference(), amount };
                unsupported(kind, bench.call(|it, call| it.refund(call, request)))?;
            }
            OperationKind::Payout => {
                let request = Payout {
                    amount,
                    destination: instrument(),
                    statement_description: None,
                    customer: customer(),
                };
                unsupported(kind, bench.call(|it, call| it.payout(call, request)))?;
            }
            OperationKind::Register => {
                let request = Register { instrument: instrument(), customer: customer(), return_url: None };
                unsupported(kind, bench.call(|it, call| it.register(call, request)))?;
            }
            OperationKind::Deregister => {
                let request = Deregister { token: "unknown-token".into() };
                unsupported(kind, bench.call(|it, call| it.deregister(call, request)))?;
            }
            OperationKind::Verify => {
                let request = Verify { instrument: instrument(), customer: customer() };
                unsupported(kind, bench.call(|it, call| it.verify(call, request)))?;
            }
        }
    }
    Ok(())
}

fn unsupported<T>(kind: OperationKind, called: Called<Outcome<T>>) -> Verdict {
    ensure(called.sent.is_empty(), || format!("{kind} is not declared, and was sent"))?;
    match called.result {
        Err(Failure { kind: FailureKind::Unsupported, effect: Effect::NotSent, .. }) => Ok(()),
        Err(failure) => Err(format!("{kind} is not declared, and failed otherwise: {failure}")),
        Ok(_) => Err(format!("{kind} is not declared, and was answered")),
    }
}

pub(super) fn probe_works(bench: &Bench<'_>) -> Verdict {
    let called = bench.call(|connector, call| connector.probe(call));
    called.result.map_err(|failure| format!("the probe failed: {failure}"))?;
    ensure(!called.sent.is_empty(), || "the probe asked nobody".to_owned())
}
