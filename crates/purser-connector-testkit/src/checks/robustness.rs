//! C12: whatever comes in, nothing panics and nothing succeeds by accident.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use purser_connector::{CaptureMethod, Inbound, OperationKind, Outcome};

use crate::Verdict;
use crate::bench::Bench;
use crate::fake_http::Fault;

/// Cases per property: enough to meet every branch, few enough to be run on each save.
const CASES: u32 = 256;

fn runner() -> TestRunner {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    // A fixed seed: a red trial is red again.
    TestRunner::new_with_rng(config, proptest::test_runner::TestRng::deterministic_rng(Default::default()))
}

/// Bytes that are nothing, text, or documents that look a little like an answer.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let scalar = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        "\"[a-zA-Z0-9 _.-]{0,12}\"",
    ];
    let key = prop_oneof![
        Just("status"),
        Just("id"),
        Just("amount"),
        Just("currency"),
        Just("error"),
        Just("reference")
    ];
    let document = proptest::collection::vec((key, scalar), 0..6).prop_map(|fields| {
        let fields: Vec<String> = fields.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
        format!("{{{}}}", fields.join(",")).into_bytes()
    });
    prop_oneof![proptest::collection::vec(any::<u8>(), 0..200), document]
}

pub(super) fn arbitrary_answers(bench: &Bench<'_>) -> Verdict {
    let token = bench.able(OperationKind::Sale).ok_or("no instrument can be charged")?;
    let outcome = runner().run(&(200u16..600, bodies()), |(status, body)| {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
        let fault = Fault::Answer(status, Bytes::from(body));
        let request = bench.payment(token, 1200, CaptureMethod::Automatic);
        let own = bench.reference();
        let called =
            bench.call_on(&*bench.connector, &own, fault.clone(), |it, call| it.authorize(call, request));
        match called.result {
            Ok(Outcome::Done(_)) => Err(TestCaseError::fail(format!("{fault:?} was taken for success"))),
            Ok(_) | Err(_) => Ok(()),
        }
    });
    outcome.map_err(|error| error.to_string())
}

pub(super) fn arbitrary_notifications(bench: &Bench<'_>) -> Verdict {
    use purser_types::Source;

    let received_at = bench.clock.now();
    let outcome = runner().run(&(bodies(), "[ -~]{0,80}"), |(body, signature)| {
        let mut headers = HeaderMap::new();
        for known in bench.simulator.notifications() {
            headers.extend(known.headers);
        }
        if let Ok(value) = http::HeaderValue::try_from(signature) {
            headers.insert("signature", value);
        }
        let inbound = Inbound { headers, query: String::new(), body: body.into(), received_at };
        match bench.connector.notification(&inbound) {
            Err(_) => Ok(()),
            Ok(_) => Err(TestCaseError::fail("an arbitrary notification was believed")),
        }
    });
    outcome.map_err(|error| error.to_string())
}
