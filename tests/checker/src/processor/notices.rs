//! Notifications: signed, and sent late, twice, too early or not at all.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;

use super::faults::Notice;
use crate::clock::{self, pause};
use crate::wire::{Operation, SIGNATURE_HEADER};

/// A processor repeats what was not acknowledged; ours gives up sooner than most.
const TRIES: u32 = 12;
const BETWEEN_TRIES: Duration = Duration::from_millis(150);
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// So late is a notification that is overtaken.
const LATE: Duration = Duration::from_millis(700);
/// The bound of waiting for a notification before the answer: the server's deadline runs.
const EARLY: Duration = Duration::from_millis(150);

/// Who is told, and how often.
pub(super) struct Notifier {
    client: reqwest::Client,
    to: Mutex<Option<Arc<Recipient>>>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    acknowledged: AtomicU64,
    under_way: AtomicU64,
}

struct Recipient {
    addresses: Vec<String>,
    api_key: String,
}

impl Notifier {
    pub(super) fn new() -> Result<Self> {
        let client = reqwest::Client::builder().no_proxy().timeout(TIME_LIMIT).build()?;
        Ok(Self { client, to: Mutex::new(None), counts: Arc::default() })
    }

    pub(super) fn tell(&self, origins: Vec<String>, connector: &str, api_key: &str) {
        let address = |origin: String| format!("{origin}/connectors/{connector}/notifications");
        let addresses = origins.into_iter().map(address).collect();
        let recipient = Arc::new(Recipient { addresses, api_key: api_key.to_owned() });
        *self.to.lock().unwrap_or_else(PoisonError::into_inner) = Some(recipient);
    }

    pub(super) fn acknowledged(&self) -> u64 {
        self.counts.acknowledged.load(Ordering::SeqCst)
    }

    pub(super) fn under_way(&self) -> u64 {
        self.counts.under_way.load(Ordering::SeqCst)
    }

    /// Sends the notification about an operation as it now stands, in the way that was decided.
    pub(super) async fn send(&self, notice: Notice, operation: &Operation) {
        let to = self.to.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(to) = to.filter(|_| notice != Notice::Never) else { return };
        let id = format!("evt_{}_{:?}", operation.id, operation.status).to_lowercase();
        let event = json!({ "id": id, "type": "operation.changed", "operation": operation });
        let body = event.to_string();
        let copies = if notice == Notice::Twice { 2 } else { 1 };
        for _ in 0..copies {
            let (client, to, counts) = (self.client.clone(), Arc::clone(&to), Arc::clone(&self.counts));
            let body = body.clone();
            counts.under_way.fetch_add(1, Ordering::SeqCst);
            let sending = tokio::spawn(async move {
                if notice == Notice::Overtaken {
                    pause(LATE).await;
                }
                deliver(&client, &to, &counts, &body).await;
                counts.under_way.fetch_sub(1, Ordering::SeqCst);
            });
            if notice == Notice::BeforeAnswer {
                // The delivery goes on if this is too long.
                let _delivered = tokio::time::timeout(EARLY, sending).await;
            }
        }
    }
}

async fn deliver(client: &reqwest::Client, to: &Recipient, counts: &Counts, body: &str) {
    for (_, address) in (0..TRIES).zip(to.addresses.iter().cycle()) {
        let request = client
            .post(address)
            .header("content-type", "application/json")
            .header(SIGNATURE_HEADER, sign(&to.api_key, clock::unix_seconds(), body));
        let sent = request.body(body.to_owned()).send().await;
        if sent.is_ok_and(|response| response.status().is_success()) {
            counts.acknowledged.fetch_add(1, Ordering::SeqCst);
            return;
        }
        pause(BETWEEN_TRIES).await;
    }
}

fn sign(key: &str, at: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes any key");
    mac.update(format!("{at}.{body}").as_bytes());
    let tag: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={at},v1={tag}")
}
