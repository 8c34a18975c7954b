//! C3 and C13: who asks, under which key, and where.

use purser_connector::{CaptureMethod, Idempotency, OperationKind, Outcome, Pending, Settled};

use super::ensure;
use crate::Verdict;
use crate::bench::{Bench, Called};
use crate::fake_http::{Fault, Sent};

/// The most requests that one call may make: a session, a customer, the operation, its details.
const REQUESTS_MAX: usize = 4;

fn sale(bench: &Bench<'_>, own: &purser_connector::OwnReference) -> Result<Called<Outcome<Settled>>, String> {
    let token = bench.able(OperationKind::Sale).ok_or("no instrument can be charged")?;
    let request = bench.payment(token, 1200, CaptureMethod::Automatic);
    Ok(bench.call_on(&*bench.connector, own, Fault::None, |it, call| it.authorize(call, request)))
}

pub(super) fn reference_and_key_are_sent(bench: &Bench<'_>) -> Verdict {
    let own = bench.reference();
    let called = sale(bench, &own)?;
    let sent: String = called.sent.iter().map(Sent::text).collect();
    // The key contains the reference, so the reference is looked for where the key is not.
    let key = format!("key-{own}");
    ensure(sent.replace(&key, "").contains(own.as_str()), || "our reference was not sent".to_owned())?;
    match bench.capabilities().idempotency {
        Idempotency::Native { .. } => {
            ensure(sent.contains(&key), || "the idempotency key was not sent".to_owned())
        }
        Idempotency::OwnReference | Idempotency::None => Ok(()),
    }
}

pub(super) fn repetition_is_the_same(bench: &Bench<'_>) -> Verdict {
    let own = bench.reference();
    let first = sale(bench, &own)?;
    let second = sale(bench, &own)?;
    let texts = |sent: &[Sent]| sent.iter().map(Sent::text).collect::<Vec<_>>();
    ensure(texts(&first.sent) == texts(&second.sent), || "the repetition sent other bytes".to_owned())?;
    if matches!(bench.capabilities().idempotency, Idempotency::Native { .. }) {
        let (first, second) = (name(&first), name(&second));
        ensure(first.is_some() && first == second, || {
            format!("the repetition moved money again: {first:?}, {second:?}")
        })?;
    }
    Ok(())
}

/// The processor's name for what a call did.
fn name(called: &Called<Outcome<Settled>>) -> Option<String> {
    match &called.result {
        Ok(Outcome::Done(settled)) => Some(settled.connector_reference.clone()),
        Ok(Outcome::Pending(Pending { connector_reference, .. })) => connector_reference.clone(),
        Ok(Outcome::ActionRequired(_) | Outcome::Declined(_)) | Err(_) => None,
    }
}

pub(super) fn only_declared_hosts(bench: &Bench<'_>) -> Verdict {
    let own = bench.reference();
    let mut sent = sale(bench, &own)?.sent;
    ensure(sent.len() <= REQUESTS_MAX, || format!("one call made {} requests", sent.len()))?;
    sent.extend(bench.call(|connector, call| connector.probe(call)).sent);
    let hosts = bench.connector.hosts();
    for request in sent {
        let host = request.uri.host().unwrap_or_default();
        ensure(hosts.iter().any(|declared| declared == host), || format!("{host} is not declared"))?;
    }
    Ok(())
}
