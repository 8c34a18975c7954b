//! What the simulated processors of this process have to say: delivered by hand.
//!
//! A real processor calls `POST /connectors/{connectorId}/notifications`. A simulated one in this process would
//! call the process that it lives in, perhaps through a proxy that is not there yet; so its notifications
//! are handed to the same door from inside, signature and all, and come again until they are acknowledged.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use purser_connector::Inbound;
use purser_plugin_sandbox::{OutgoingNotification, Sandbox};
use purser_types::Source;
use url::Url;

use super::Round;
use crate::http::{Receive, Received};

/// Notifications that wait for their next try; the oldest are forgotten, and looked up some day.
const WAITING_MAX: usize = 1_024;
/// How often one is tried, as many as a processor that tries for a day.
const TRIES_MAX: u32 = 20;

/// The post of the simulated processors.
pub(super) struct Deliveries<R> {
    sandbox: Arc<Sandbox>,
    receive: Arc<R>,
    source: Arc<dyn Source>,
    waiting: Mutex<VecDeque<(OutgoingNotification, u32)>>,
}

impl<R: Receive> Deliveries<R> {
    /// Nothing is under way yet.
    #[must_use]
    pub(super) fn new(sandbox: Arc<Sandbox>, receive: Arc<R>, source: Arc<dyn Source>) -> Self {
        Self { sandbox, receive, source, waiting: Mutex::default() }
    }

    /// Delivers what the processors have said since the last time, and what was not acknowledged then.
    pub(super) async fn round(&self) -> Round {
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        let fresh = self.sandbox.take_deliveries().into_iter().map(|notification| (notification, 0));
        let mut again = VecDeque::new();
        for (notification, tries) in waiting.into_iter().chain(fresh) {
            let is_over = self.deliver(&notification).await;
            if !is_over && tries + 1 < TRIES_MAX {
                again.push_back((notification, tries + 1));
            }
        }
        let excess = again.len().saturating_sub(WAITING_MAX);
        again.drain(..excess);
        *self.waiting.lock().unwrap_or_else(PoisonError::into_inner) = again;
        Round::Done
    }

    /// Whether it was taken, or will never be.
    async fn deliver(&self, notification: &OutgoingNotification) -> bool {
        let segments = notification.url.as_ref().and_then(Url::path_segments);
        let segments: Vec<&str> = segments.into_iter().flatten().collect();
        let ["connectors", connector_id, "notifications"] = segments[..] else { return true };
        let inbound = Inbound {
            headers: notification.headers.clone(),
            query: String::new(),
            body: notification.body.clone(),
            received_at: self.source.now(),
        };
        match self.receive.receive(connector_id, inbound).await {
            Received::Acknowledged(_) | Received::Refused => true,
            Received::Unavailable => false,
        }
    }
}
