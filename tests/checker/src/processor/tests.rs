//! The processor, asked over HTTP as the server asks it.

use serde_json::{Value, json};

use super::*;

async fn start(mood: Mood) -> Arc<Processor> {
    Processor::start(7, mood).await.expect("a free port")
}

/// What was answered: the status and the document; none if the answer did not arrive whole.
async fn ask(processor: &Processor, path: &str, key: &str, body: Option<Value>) -> Option<(u16, Value)> {
    let client =
        reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().expect("a client");
    let url = format!("http://{}{path}", processor.address);
    let request = match body {
        Some(body) => client.post(url).body(body.to_string()),
        None => client.get(url),
    };
    let request = request.bearer_auth("sbx_1").header(ACCOUNT_HEADER, "shop").header(IDEMPOTENCY_HEADER, key);
    let response = request.send().await.ok()?;
    let status = response.status().as_u16();
    let text = response.text().await.ok()?;
    Some((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
}

fn sale(reference: &str) -> Option<Value> {
    Some(json!({
        "reference": reference, "amount": { "minor": 1_000, "currency": "EUR" }, "capture": "AUTOMATIC",
        "source": "tok_visa", "store": false, "initiator": "CUSTOMER", "description": "order-1",
        "return_url": null,
    }))
}

async fn sell(processor: &Processor, reference: &str, key: &str) -> Option<(u16, Value)> {
    ask(processor, "/v1/payments", key, sale(reference)).await
}

#[tokio::test]
async fn a_key_is_carried_out_once() {
    let processor = start(Mood::calm()).await;

    let first = sell(&processor, "att_1", "key-1").await.expect("an answer");
    let again = sell(&processor, "att_1", "key-1").await.expect("an answer");
    let other = sell(&processor, "att_2", "key-1").await.expect("an answer");

    assert_eq!(first.0, 200);
    assert_eq!(again, first);
    assert_eq!((other.0, &other.1["error"]), (409, &json!("idempotency_key_reused")));
    assert_eq!(processor.books().payments.len(), 1);
}

#[tokio::test]
async fn a_processor_that_ignores_keys_does_it_twice() {
    let processor = start(Mood { ignores_keys: true, ..Mood::calm() }).await;

    sell(&processor, "att_1", "key-1").await.expect("an answer");
    sell(&processor, "att_1", "key-1").await.expect("an answer");

    assert_eq!(processor.books().payments.len(), 2);
}

#[tokio::test]
async fn errors_before_book_nothing_and_errors_after_book() {
    for (fault, booked) in [
        (Fault::ErrorBefore, 0),
        (Fault::CutBefore, 0),
        (Fault::ErrorAfter, 1),
        (Fault::CutAfter, 1),
        (Fault::Vanished, 1),
        (Fault::Duplicate, 1),
    ] {
        let processor = start(Mood::calm()).await;
        processor.force(Kind::Sale, fault);

        let answered = sell(&processor, "att_1", "key-1").await;

        assert_eq!(processor.books().payments.len(), booked, "{fault:?}");
        let is_good = answered.is_some_and(|(status, _)| status == 200);
        assert_eq!(is_good, fault == Fault::Duplicate, "{fault:?}");
        assert_eq!(processor.faults(), BTreeMap::from([((Kind::Sale, fault), 1)]));
    }
}

#[tokio::test]
async fn what_lags_is_told_when_the_processor_is_calm() {
    for (fault, seen) in
        [(Fault::Eventual, (404, Value::Null)), (Fault::Contradictory, (200, json!("pending")))]
    {
        let processor = start(Mood { is_faulty: true, ..Mood::calm() }).await;
        processor.force(Kind::Sale, fault);
        sell(&processor, "att_1", "key-1").await.expect("an answer");
        let look_up = async || {
            let (status, document) = ask(&processor, "/v1/operations/att_1", "", None).await?;
            (status < 500).then(|| (status, document["status"].clone()))
        };

        // The look-up may itself go wrong; it is the same when it comes through.
        let mut lagging = None;
        for _ in 0..20 {
            lagging = look_up().await;
            if lagging.is_some() {
                break;
            }
        }
        processor.calm_down();
        let calm = look_up().await;

        assert_eq!(lagging, Some(seen), "{fault:?}");
        assert_eq!(calm, Some((200, json!("succeeded"))), "{fault:?}");
    }
}

#[tokio::test]
async fn what_is_late_is_pending_until_it_is_done() {
    for (fault, end) in [(Fault::LateSuccess, "succeeded"), (Fault::LateDecline, "declined")] {
        let processor = start(Mood::calm()).await;
        processor.force(Kind::Sale, fault);

        let (status, pending) = sell(&processor, "att_1", "key-1").await.expect("an answer");
        let (_, ended) = ask(&processor, "/v1/operations/att_1", "", None).await.expect("an answer");

        assert_eq!((status, &pending["status"]), (202, &json!("pending")));
        assert_eq!(ended["status"], end);
    }
}

#[tokio::test]
async fn captures_stay_within_what_is_reserved_unless_the_processor_is_lenient() {
    for (is_lenient, status) in [(false, 422), (true, 200)] {
        let processor = start(Mood { is_lenient, ..Mood::calm() }).await;
        sell(&processor, "att_1", "key-1").await.expect("an answer");
        let body = json!({ "reference": "att_2", "amount": { "minor": 1_001, "currency": "EUR" }, "is_final": false });

        let answered = ask(&processor, "/v1/payments/pay_00000001/refunds", "key-2", Some(body)).await;

        assert_eq!(answered.map(|(status, _)| status), Some(status));
    }
}
