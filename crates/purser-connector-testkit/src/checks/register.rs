//! C8: instruments that the processor keeps.

use purser_connector::{
    Authorize, CaptureMethod, InstrumentSource, OperationKind, StoredInstrument, TokenScope,
};
use purser_types::Secret;

use super::ensure;
use crate::Verdict;
use crate::bench::{Bench, done, payment, refused};
use crate::fake_http::Fault;

fn registered(bench: &Bench<'_>) -> Result<StoredInstrument, String> {
    let token = bench.able(OperationKind::Register).ok_or("no instrument can be stored")?;
    done(bench.register(token))
}

fn with(bench: &Bench<'_>, token: &Secret) -> Authorize {
    let instrument = InstrumentSource::Stored { token: token.clone() };
    payment(instrument, bench.amount(1200), CaptureMethod::Automatic)
}

pub(super) fn life_of_a_token(bench: &Bench<'_>) -> Verdict {
    let stored = registered(bench)?;
    let settled = done(bench.authorize(with(bench, &stored.token)))?;
    ensure(settled.method == stored.details.method(), || "another kind of instrument paid".to_owned())?;
    done(bench.deregister(&stored.token))?;
    refused(bench.authorize(with(bench, &stored.token)), "a forgotten token")?;
    // Forgetting what is forgotten succeeds, so that an unknown effect can be repeated.
    done(bench.deregister(&stored.token))
}

pub(super) fn stores_when_asked(bench: &Bench<'_>) -> Verdict {
    let Some(token) = bench.able(OperationKind::Sale) else { return Ok(()) };
    let mut request = bench.payment(token, 1200, CaptureMethod::Automatic);
    let plain = done(bench.authorize(request.clone()))?;
    ensure(plain.stored.is_none(), || "an instrument was stored that nobody asked to store".to_owned())?;
    request.store = true;
    let stored = done(bench.authorize(request))?.stored.ok_or("the instrument was not stored")?;
    done(bench.authorize(with(bench, &stored.token))).map(|_| ())
}

pub(super) fn details_are_not_the_number(bench: &Bench<'_>) -> Verdict {
    for instrument in &bench.subject.instruments {
        let capability = bench.capabilities().method(instrument.method);
        if !capability.is_some_and(|capability| capability.supports(OperationKind::Register)) {
            continue;
        }
        let stored = done(bench.register(instrument.token))?;
        let shown = serde_json::to_string(&stored.details).map_err(|error| error.to_string())?;
        let longest = shown.split(|it: char| !it.is_ascii_digit()).map(str::len).max().unwrap_or(0);
        ensure(longest < 12, || format!("{} shows {longest} digits in a row", instrument.method))?;
        let shows_token = shown.contains(stored.token.expose());
        ensure(!shows_token, || format!("{} shows its token", instrument.method))?;
    }
    Ok(())
}

pub(super) fn token_keeps_its_scope(bench: &Bench<'_>) -> Verdict {
    let siblings = bench.subject.siblings.as_ref().ok_or("no neighbours")?;
    let stored = registered(bench)?;
    let attempt = |config| {
        let neighbour = bench.configured(config)?;
        let request = with(bench, &stored.token);
        let own = bench.reference();
        let called = bench.call_on(&*neighbour, &own, Fault::None, |it, call| it.authorize(call, request));
        Ok::<_, String>(called.result)
    };
    let inside = attempt(&siblings.same_processor)?;
    let outside = attempt(&siblings.other_processor)?;
    match stored.scope {
        TokenScope::Account => {
            refused(inside, "the token at another account")?;
            refused(outside, "the token at another processor")
        }
        TokenScope::Processor => {
            done(inside)?;
            refused(outside, "the token at another processor")
        }
        TokenScope::Portable => {
            done(inside)?;
            done(outside).map(|_| ())
        }
    }
}
