//! C3 and C13: who asks, under which key, and where.

use std::time::Duration;

use purser_connector::{
    Capture, CaptureMethod, Idempotency, Increment, OperationKind, Outcome, OwnReference, Pending, Refund,
    Register, Resume, Settled, Submission, Void,
};

use super::ensure;
use crate::Verdict;
use crate::bench::{Bench, Called, customer, one_off};
use crate::fake_http::{Fault, Sent};

/// The most requests that one call may make: a session, a customer, the operation, its details.
const REQUESTS_MAX: usize = 4;

fn sale(bench: &Bench<'_>, own: &OwnReference) -> Result<Called<Outcome<Settled>>, String> {
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

/// What is sent for a request that was kept, by another connector of the same settings at another time.
fn sent(bench: &Bench<'_>, own: &OwnReference, request: Submission) -> Result<Vec<String>, String> {
    let connector = bench.configured(&bench.subject.config)?;
    let called = bench.call_on(&*connector, own, Fault::None, |it, call| {
        Box::pin(async move {
            // Whether it succeeds is not the question here.
            let _reply = match request {
                Submission::Authorize(request) => it.authorize(call, request).await.err(),
                Submission::Register(request) => it.register(call, request).await.err(),
                Submission::Resume(request) => it.resume(call, request).await.err(),
                Submission::Capture(request) => it.capture(call, request).await.err(),
                Submission::Increment(request) => it.increment(call, request).await.err(),
                Submission::Void(request) => it.void(call, request).await.err(),
                Submission::Refund(request) => it.refund(call, request).await.err(),
            };
            Ok(())
        })
    });
    Ok(called.sent.iter().map(Sent::text).collect())
}

/// One request of each kind that may be kept. That their payments do not exist keeps none from being sent.
fn requests(bench: &Bench<'_>) -> Result<Vec<Submission>, String> {
    let token = bench.able(OperationKind::Sale).ok_or("no instrument can be charged")?;
    let (reference, amount) = ("kit-no-such-payment".to_owned(), bench.amount(1200));
    let mut sale = bench.payment(token, 1200, CaptureMethod::Automatic);
    sale.network_transaction_id = Some("NT-kit".to_owned());
    let register = Register { instrument: one_off(token), customer: customer(), return_url: None };
    let parameters = [("result".to_owned(), "kit".to_owned())].into();
    Ok(vec![
        sale.into(),
        register.into(),
        Resume { state: bytes::Bytes::from_static(b"kit-no-such-state"), parameters }.into(),
        Capture { reference: reference.clone(), amount, is_final: true }.into(),
        Increment { reference: reference.clone(), amount }.into(),
        Void { reference: reference.clone() }.into(),
        Refund { reference, amount }.into(),
    ])
}

pub(super) fn kept_request_is_the_same(bench: &Bench<'_>) -> Verdict {
    for request in requests(bench)? {
        let (own, kind) = (bench.reference(), request.operation());
        let kept = request.to_secret();
        let first = sent(bench, &own, request)?;
        bench.clock.advance(Duration::from_secs(60 * 60));
        let read = Submission::from_secret(&kept).map_err(|error| error.to_string())?;
        ensure(read.to_secret() == kept, || format!("{kind} is written in another way after reading"))?;
        let second = sent(bench, &own, read)?;
        ensure(first == second, || format!("{kind}: what was kept sent other bytes"))?;
        let is_declared = bench.capabilities().supports(kind);
        ensure(first.is_empty() != is_declared, || format!("{kind}: sent {} requests", first.len()))?;
    }
    Ok(())
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
