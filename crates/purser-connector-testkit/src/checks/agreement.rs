//! C10: whichever way we learn of an event, it is the same event.

use purser_connector::{CaptureMethod, DisputeFinding, DisputeStatus, Finding, OperationKind};

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

/// How often the processor is asked for notifications before a dispute has to be over.
const ROUNDS: usize = 8;

pub(super) fn dispute(bench: &Bench<'_>) -> Verdict {
    let case = bench.subject.dispute.as_ref().ok_or("no instrument is disputed")?;
    let own = bench.reference();
    let request = bench.payment(case.token, 1200, CaptureMethod::Automatic);
    let called = bench.call_on(&*bench.connector, &own, Fault::None, |it, call| it.authorize(call, request));
    done(called.result)?;
    let mut told: Vec<DisputeFinding> = Vec::new();
    for inbound in (0..ROUNDS).flat_map(|_| bench.simulator.notifications()) {
        let read = bench.connector.notification(&inbound).map_err(|error| error.to_string())?;
        for observation in read.observations {
            ensure(observation.own == own, || format!("it is about {}", observation.own))?;
            if let Finding::Dispute(dispute) = observation.finding {
                told.push(*dispute);
            }
        }
    }
    let statuses: Vec<DisputeStatus> = told.iter().map(|dispute| dispute.status).collect();
    ensure(statuses == [DisputeStatus::Open, case.ends], || format!("told of {statuses:?}"))?;
    let contested = bench.amount(1200);
    let agrees = told.iter().all(|it| it.amount == contested && !it.connector_reference.is_empty());
    let is_one = told.windows(2).all(|pair| pair[0].connector_reference == pair[1].connector_reference);
    ensure(agrees && is_one, || format!("another dispute or another amount: {told:?}"))?;
    let found = bench.lookup(&own, OperationKind::Sale).map_err(|failure| failure.to_string())?;
    let found = found.into_iter().find_map(|observation| match observation.finding {
        Finding::Dispute(dispute) => Some(*dispute),
        _ => None,
    });
    ensure(found.as_ref() == told.last(), || format!("told of {told:?}, the look-up found {found:?}"))
}
