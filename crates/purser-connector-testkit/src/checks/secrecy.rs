//! C11: nothing secret or personal is printed.

use purser_connector::{CaptureMethod, OperationKind};

use super::ensure;
use crate::Verdict;
use crate::bench::Bench;
use crate::fake_http::Fault;

pub(super) fn nothing_is_printed(bench: &Bench<'_>) -> Verdict {
    let mut secrets: Vec<String> = ["anary"].map(str::to_owned).into();
    let secret = bench.subject.config.get(bench.subject.secret_field).and_then(|value| value.as_str());
    secrets.extend(secret.map(str::to_owned));
    let mut printed = format!("{:?}", bench.capabilities());
    for instrument in &bench.subject.instruments {
        secrets.push(instrument.token.to_owned());
        let mut request = bench.payment(instrument.token, 1200, CaptureMethod::Automatic);
        request.store = true;
        printed += &format!("{request:?}");
        let faults = [Fault::None, Fault::Refused, Fault::CutAfterSending, Fault::TimedOut, Fault::Truncated];
        for fault in faults {
            let request = request.clone();
            let own = bench.reference();
            let called =
                bench.call_on(&*bench.connector, &own, fault, |it, call| it.authorize(call, request));
            if let Ok(purser_connector::Outcome::Done(settled)) = &called.result {
                secrets.extend(settled.stored.iter().map(|stored| stored.token.expose().to_owned()));
            }
            if let Err(failure) = &called.result {
                printed += &failure.to_string();
            }
            printed += &format!("{:?}{:?}", called.result, bench.lookup(&own, OperationKind::Sale));
        }
    }
    for inbound in bench.simulator.notifications() {
        printed += &format!("{:?}", bench.connector.notification(&inbound));
    }
    for secret in secrets {
        ensure(!printed.contains(&secret), || format!("something printed {secret:?}"))?;
    }
    Ok(())
}
