use axum::http::{Method, header};
use bytes::Bytes;
use purser_connector::Http;
use purser_types::Timestamp;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;

struct Clock(std::sync::atomic::AtomicI64);

impl Source for Clock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_micros(self.0.load(std::sync::atomic::Ordering::SeqCst))
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

struct Bank {
    sandbox: Arc<Sandbox>,
    clock: Arc<Clock>,
    router: Router,
}

const SHOP: &str = "https://pay.example/return/t0ken?a=1&b=%3C";

impl Bank {
    fn new() -> Self {
        let clock = Arc::new(Clock(1_800_000_000_000_000.into()));
        let pages = "http://127.0.0.1:8080/sandbox".parse().expect("a URL");
        let sandbox = Arc::new(Sandbox::new(clock.clone()).with_pages(pages));
        let router = routes(Arc::clone(&sandbox), clock.clone());
        Self { sandbox, clock, router }
    }

    /// A payment that asks the customer: what the processor answers.
    async fn pay(&self, source: &str, return_url: Option<&str>) -> Value {
        let body = json!({
            "reference": "att_1", "amount": {"minor": 12_990, "currency": "EUR"}, "capture": "AUTOMATIC",
            "source": source, "store": false, "initiator": "CUSTOMER", "methods": ["CARD"],
            "description": null, "return_url": return_url, "pages": "https://northbank.sandbox.invalid",
        });
        let request = axum::http::Request::post("https://northbank.sandbox.invalid/v1/payments")
            .header("authorization", "Bearer sbx_1")
            .header("sandbox-account", "acct")
            .header("idempotency-key", "k1")
            .body(Bytes::from(body.to_string()));
        let answer = self.sandbox.send(request.expect("a request")).await.expect("an answer");
        serde_json::from_slice(answer.body()).expect("JSON")
    }

    /// The page's path, without what stands behind it.
    fn path(operation: &Value) -> String {
        let url: Url = operation["action"]["url"].as_str().expect("an action").parse().expect("a URL");
        assert_eq!(url.origin().ascii_serialization(), "http://127.0.0.1:8080");
        url.path().to_owned()
    }

    async fn ask(&self, method: Method, path: &str, form: &str) -> (u16, String) {
        let request = Request::builder().method(method).uri(path);
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = request.body(Body::from(form.to_owned())).expect("a request");
        let answer = self.router.clone().oneshot(request).await.expect("a router does not fail");
        let policy = answer.headers().get(header::CONTENT_SECURITY_POLICY).expect("a policy");
        assert!(policy.to_str().expect("ASCII").starts_with("default-src 'none'; style-src 'sha256-"));
        let status = answer.status().as_u16();
        let body = axum::body::to_bytes(answer.into_body(), 64 * 1024).await.expect("a body");
        (status, String::from_utf8(body.to_vec()).expect("UTF-8"))
    }

    async fn get(&self, path: &str) -> (u16, String) {
        self.ask(Method::GET, path, "").await
    }
}

#[tokio::test]
async fn a_challenge_leads_back_to_where_the_processor_was_told() {
    let bank = Bank::new();
    let path = Bank::path(&bank.pay("tok_threeDSecureRequired", Some(SHOP)).await);

    let (status, page) = bank.get(&format!("{path}?return_url=https://evil.example")).await;

    assert_eq!(status, 200);
    for part in ["129.90 EUR", "northbank", "att_1", "123456 is right"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    for result in ["&amp;result=authenticated", "&amp;result=failed", ""] {
        let href = format!("href=\"https://pay.example/return/t0ken?a=1&amp;b=%3C{result}\"");
        assert!(page.contains(&href), "{href}: {page}");
    }
    assert!(!page.contains("evil.example") && !page.contains("<script"));
}

#[tokio::test]
async fn a_one_time_password_is_right_or_wrong() {
    for (source, code, back) in [
        ("tok_threeDSecureRequired", "123456", "&amp;result=authenticated"),
        ("tok_threeDSecureRequired", "654321", "&amp;result=failed"),
        ("tok_otp", "123456", "&amp;code=123456"),
        ("tok_otp", "654321", "&amp;code=654321"),
    ] {
        let bank = Bank::new();
        let path = Bank::path(&bank.pay(source, Some(SHOP)).await);

        let (status, page) = bank.ask(Method::POST, &path, &format!("code={code}")).await;

        let url = format!("url=https://pay.example/return/t0ken?a=1&amp;b=%3C{back}\"");
        assert_eq!(status, 200);
        assert!(page.contains(&url), "{url}: {page}");
    }
}

#[tokio::test]
async fn a_scanned_code_is_answered_on_the_page() {
    for (form, result, status) in [
        ("result=authenticated", "was confirmed", "succeeded"),
        ("result=failed", "was not confirmed", "declined"),
    ] {
        let bank = Bank::new();
        let path = Bank::path(&bank.pay("tok_qr", None).await);
        assert!(bank.get(&path).await.1.contains("value=\"authenticated\""));

        let (code, page) = bank.ask(Method::POST, &path, form).await;

        assert!(code == 200 && page.contains(result), "{page}");
        let books = bank.sandbox.books("northbank");
        let operation = books.operation("acct", "att_1").expect("it is booked");
        assert_eq!(format!("{:?}", operation.status).to_lowercase(), status);
        assert!(bank.get(&path).await.1.contains("This question is over"));
    }
}

#[tokio::test]
async fn what_is_over_or_unknown_asks_nobody() {
    let bank = Bank::new();
    let path = Bank::path(&bank.pay("tok_threeDSecureRequired", Some(SHOP)).await);
    bank.clock.0.fetch_add(16 * 60 * 1_000_000, std::sync::atomic::Ordering::SeqCst);

    let (status, page) = bank.get(&path).await;

    assert!(status == 200 && page.contains("This question is over") && page.contains("t0ken"), "{page}");
    assert_eq!(bank.get(&path.replace("northbank", "southpay")).await.0, 404);
    assert_eq!(bank.get("/sandbox/northbank/challenge/auth_1").await.0, 404);
    let long = bank.ask(Method::POST, &path, &"x".repeat(FORM_MAX + 1)).await;
    assert_eq!(long.0, 413);
}
