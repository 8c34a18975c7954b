//! C2 and C4: amounts to the minor unit, and every outcome in our words.

use purser_connector::{CaptureMethod, Effect, OperationKind, Outcome};

use super::ensure;
use crate::Verdict;
use crate::bench::{Bench, currency, money, one_off, payment};
use crate::fake_http::Fault;

/// An able instrument; the check is not due without one.
fn seller(bench: &Bench<'_>) -> Result<&'static str, String> {
    bench.able(OperationKind::Sale).ok_or_else(|| "no instrument can be charged".to_owned())
}

pub(super) fn amounts_are_exact(bench: &Bench<'_>) -> Verdict {
    let token = seller(bench)?;
    let instrument = bench.subject.instruments.iter().find(|instrument| instrument.token == token);
    let capability =
        instrument.and_then(|it| bench.capabilities().method(it.method)).ok_or("no capability")?;
    for code in ["JPY", "EUR", "KWD"].map(currency) {
        if !capability.accepts_currency(code) {
            continue;
        }
        for minor in [1, 12_345, 100_000_001] {
            let amount = money(minor, code);
            let settled = bench.sold(token, amount)?;
            ensure(settled.amount == amount, || format!("asked for {amount}, moved {}", settled.amount))?;
        }
    }
    Ok(())
}

pub(super) fn zero_is_not_sent(bench: &Bench<'_>) -> Verdict {
    let request = bench.payment(seller(bench)?, 0, CaptureMethod::Automatic);
    let called = bench.call(|connector, call| connector.authorize(call, request));
    ensure(called.sent.is_empty(), || "an amount of zero was sent".to_owned())?;
    let effect = called.result.map_err(|failure| failure.effect).err();
    ensure(effect == Some(Effect::NotSent), || "an amount of zero was not refused".to_owned())
}

pub(super) fn unlisted_currency_is_not_sent(bench: &Bench<'_>) -> Verdict {
    let token = seller(bench)?;
    let is_unlisted = |code: &purser_types::Currency| {
        !bench.capabilities().methods.iter().any(|method| method.accepts_currency(*code))
    };
    let Some(unlisted) = ["CHF", "CLP", "ISK", "MXN", "VND"].map(currency).into_iter().find(is_unlisted)
    else {
        return Ok(());
    };
    let request = payment(one_off(token), money(1200, unlisted), CaptureMethod::Automatic);
    let called = bench.call(|connector, call| connector.authorize(call, request));
    ensure(called.sent.is_empty(), || format!("{unlisted} is not listed, and was sent"))?;
    let effect = called.result.map_err(|failure| failure.effect).err();
    ensure(effect == Some(Effect::NotSent), || format!("{unlisted} is not listed, and was not refused"))
}

pub(super) fn declines_are_translated(bench: &Bench<'_>) -> Verdict {
    for case in &bench.subject.declines {
        let request = bench.payment(case.token, case.minor, CaptureMethod::Automatic);
        let decline = match bench.authorize(request) {
            Ok(Outcome::Declined(decline)) => decline,
            other => return Err(format!("{}: expected a decline, got {other:?}", case.raw_code)),
        };
        let got = (decline.code, decline.advice, decline.raw_code.as_str());
        let expected = (case.code, case.advice, case.raw_code);
        ensure(got == expected, || format!("expected {expected:?}, got {got:?}"))?;
    }
    Ok(())
}

pub(super) fn pending_is_found_done(bench: &Bench<'_>) -> Verdict {
    let token = bench.subject.pending.ok_or("no instrument is pending")?;
    let own = bench.reference();
    let request = bench.payment(token, 1200, CaptureMethod::Automatic);
    let called = bench.call_on(&*bench.connector, &own, Fault::None, |it, call| it.authorize(call, request));
    ensure(matches!(called.result, Ok(Outcome::Pending(_))), || format!("not pending: {:?}", called.result))?;
    let settled = bench.found_done(&own, OperationKind::Sale)?;
    ensure(settled.amount == bench.amount(1200), || format!("moved {}", settled.amount))
}

pub(super) fn partial_approval(bench: &Bench<'_>) -> Verdict {
    let token = bench.subject.partial.ok_or("no instrument is approved in part")?;
    let mut request = bench.payment(token, 1200, CaptureMethod::Automatic);
    match bench.authorize(request.clone()) {
        Ok(Outcome::Declined(_)) => {}
        other => return Err(format!("a partial approval that nobody welcomes: {other:?}")),
    }
    request.accepts_partial = true;
    let own = bench.reference();
    let called = bench.call_on(&*bench.connector, &own, Fault::None, |it, call| it.authorize(call, request));
    let settled = crate::bench::done(called.result)?;
    let is_part = (1..1200).contains(&settled.amount.minor());
    ensure(is_part, || format!("expected a part of 1200, moved {}", settled.amount))?;
    let found = bench.found_done(&own, OperationKind::Sale)?;
    ensure(found.amount == settled.amount, || format!("the look-up says {}", found.amount))
}
