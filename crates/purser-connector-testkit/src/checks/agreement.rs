//! C10: whichever way we learn of an event, it is the same event.

use purser_connector::{CaptureMethod, Finding, OperationKind};

use super::ensure;
use crate::Verdict;
use crate::bench::{Bench, done};
use crate::fake_http::Fault;

pub(super) fn lookup(bench: &Bench<'_>) -> Verdict {
    let token = bench.able(OperationKind::Sale).ok_or("no instrument can be charged")?;
    let own = bench.reference();
    let request = bench.payment(token, 1200, CaptureMethod::Automatic);
    let called = bench.call_on(&*bench.connector, &own, Fault::None, |it, call| it.authorize(call, request));
    if matches!(called.result, Ok(purser_connector::Outcome::Pending(_))) {
        return Ok(());
    }
    let answered = done(called.result)?;
    let found = bench.found_done(&own, OperationKind::Sale)?;
    ensure(answered == found, || format!("the answer said {answered:?}, the look-up {found:?}"))
}

pub(super) fn notification(bench: &Bench<'_>) -> Verdict {
    let (answered, sent) = super::notification::of_a_sale(bench)?;
    let mut told = Vec::new();
    for inbound in sent {
        let read = bench.connector.notification(&inbound).map_err(|error| error.to_string())?;
        told.extend(read.observations.into_iter().map(|observation| observation.finding));
    }
    // The last word counts: a payment may have been pending before.
    let agrees = matches!(told.last(), Some(Finding::Settled(settled)) if **settled == answered);
    ensure(agrees, || format!("the answer said {answered:?}, the notifications {told:?}"))
}
