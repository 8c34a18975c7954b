//! C7: captures, increments, voids and refunds.

use purser_connector::OperationKind;

use super::ensure;
use crate::Verdict;
use crate::bench::{Bench, done, refused};

pub(super) fn capture_is_exact(bench: &Bench<'_>) -> Verdict {
    let authorized = bench.authorized(1200)?;
    let amount = bench.amount(1200);
    let captured = done(bench.capture(&authorized.connector_reference, amount, true))?;
    ensure(captured.amount == amount, || format!("captured {} instead of {amount}", captured.amount))?;
    ensure(captured.captured, || "the answer to a capture says that nothing was taken".to_owned())
}

pub(super) fn excessive_capture(bench: &Bench<'_>) -> Verdict {
    let authorized = bench.authorized(1200)?;
    refused(bench.capture(&authorized.connector_reference, bench.amount(1201), true), "1201 of 1200")?;
    // The refusal left the authorisation as it was.
    done(bench.capture(&authorized.connector_reference, bench.amount(1200), true)).map(|_| ())
}

pub(super) fn captures_in_parts(bench: &Bench<'_>) -> Verdict {
    let authorized = bench.authorized(1200)?;
    let reference = &authorized.connector_reference;
    let first = done(bench.capture(reference, bench.amount(500), false))?;
    let second = done(bench.capture(reference, bench.amount(600), false))?;
    ensure(first.amount == bench.amount(500) && second.amount == bench.amount(600), || {
        format!("captured {} and {}", first.amount, second.amount)
    })?;
    refused(bench.capture(reference, bench.amount(101), false), "101 of the remaining 100")?;
    done(bench.capture(reference, bench.amount(100), true)).map(|_| ())
}

pub(super) fn final_capture(bench: &Bench<'_>) -> Verdict {
    let authorized = bench.authorized(1200)?;
    done(bench.capture(&authorized.connector_reference, bench.amount(500), true))?;
    refused(
        bench.capture(&authorized.connector_reference, bench.amount(1), true),
        "a capture after the final one",
    )
}

pub(super) fn void_releases(bench: &Bench<'_>) -> Verdict {
    let authorized = bench.authorized(1200)?;
    let voided = done(bench.void(&authorized.connector_reference))?;
    ensure(voided.amount == bench.amount(1200), || format!("released {}", voided.amount))?;
    refused(
        bench.capture(&authorized.connector_reference, bench.amount(1), true),
        "a capture after the void",
    )?;
    refused(bench.void(&authorized.connector_reference), "a second void")
}

/// A sale of 1200 that is done.
fn sold(bench: &Bench<'_>) -> Result<String, String> {
    let instruments = &bench.subject.instruments;
    let token = instruments.iter().find_map(|instrument| {
        let capability = bench.capabilities().method(instrument.method)?;
        let can = |operation| capability.supports(operation);
        (can(OperationKind::Sale) && can(OperationKind::Refund)).then_some(instrument.token)
    });
    let token = token.ok_or("no instrument can be charged and refunded")?;
    Ok(bench.sold(token, bench.amount(1200))?.connector_reference)
}

pub(super) fn refunds(bench: &Bench<'_>) -> Verdict {
    let reference = sold(bench)?;
    let is_partial = bench.capabilities().methods.iter().any(|it| it.refund.partial && it.refund.multiple);
    let parts: &[i64] = if is_partial { &[500, 600, 100] } else { &[1200] };
    for &part in parts {
        let refund = done(bench.refund(&reference, bench.amount(part)))?;
        ensure(refund.amount == bench.amount(part), || format!("refunded {} of {part}", refund.amount))?;
    }
    refused(bench.refund(&reference, bench.amount(1)), "a refund of more than was taken")
}

pub(super) fn excessive_refund(bench: &Bench<'_>) -> Verdict {
    let reference = sold(bench)?;
    refused(bench.refund(&reference, bench.amount(1201)), "1201 of 1200")?;
    done(bench.refund(&reference, bench.amount(1200))).map(|_| ())
}

pub(super) fn increment(bench: &Bench<'_>) -> Verdict {
    let authorized = bench.authorized(1200)?;
    let reference = &authorized.connector_reference;
    let added = done(bench.increment(reference, bench.amount(300)))?;
    ensure(added.amount == bench.amount(300), || format!("added {} instead of 300", added.amount))?;
    ensure(!added.captured, || "the answer to an increment says that something was taken".to_owned())?;
    refused(bench.capture(reference, bench.amount(1501), true), "1501 of 1200 and 300")?;
    done(bench.capture(reference, bench.amount(1500), true))?;
    refused(bench.increment(reference, bench.amount(1)), "an increment after the final capture")
}
