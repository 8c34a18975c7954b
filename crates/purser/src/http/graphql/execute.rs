//! Runs operations in tasks of their own.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{Request, Response, ServerError, Variables};
use axum::http::StatusCode;
use purser_graphql::Plan;
use purser_services::task;
use tokio::sync::Semaphore;
use tracing::Instrument;
use tracing::instrument::WithSubscriber;

use crate::http::ports::{Execute, Operation};
use crate::http::refusal::{Code, Refusal};
use crate::http::server::InFlight;

/// Runs operations, a bounded number at once.
pub(super) struct Runner<E> {
    execute: Arc<E>,
    slots: Arc<Semaphore>,
    time_limit: Duration,
    in_flight: InFlight,
}

/// How an operation ended.
pub(super) enum Done {
    /// The bytes of the whole answer.
    Planned(Vec<u8>),
    /// What the executor says.
    Executed(Box<Response>),
}

impl<E: Execute> Runner<E> {
    pub(super) fn new(
        execute: Arc<E>,
        concurrency: usize,
        time_limit: Duration,
        in_flight: InFlight,
    ) -> Self {
        let slots = Arc::new(Semaphore::new(concurrency.min(Semaphore::MAX_PERMITS)));
        Self { execute, slots, time_limit, in_flight }
    }

    pub(super) fn authorize(&self, viewer: &E::Viewer, operation: &Operation) -> Result<(), ServerError> {
        self.execute.authorize(viewer, operation)
    }

    pub(super) fn plan(&self, document: &ExecutableDocument, operation_name: Option<&str>) -> Option<Plan> {
        self.execute.plan(document, operation_name)
    }

    /// Executes, by the plan if there is one that does not give up. A client that hangs up drops this
    /// future and not the task in it: a write that has begun ends, and no pooled connection is left inside
    /// a transaction. For the same reason the time limit only stops waiting, and only for queries: whoever
    /// sent a mutation wants to know how it ended.
    pub(super) async fn run(
        &self,
        plan: Option<(Arc<Plan>, Variables)>,
        request: impl FnOnce() -> Request + Send + 'static,
        key: Option<String>,
        viewer: E::Viewer,
        kind: OperationType,
        request_id: &str,
    ) -> Result<Done, Refusal> {
        let slot = Arc::clone(&self.slots).try_acquire_owned();
        let slot = slot.map_err(|_| Refusal::unavailable("Too many operations are running; try again."))?;
        let counted = self.in_flight.enter();
        let execute = Arc::clone(&self.execute);
        let work = async move {
            let planned = match &plan {
                Some((plan, variables)) => execute.run(plan, variables, viewer.clone()).await,
                None => None,
            };
            let done = match planned {
                Some(json) => Done::Planned(json),
                None => {
                    let request = match key {
                        Some(key) => execute.once(request(), key),
                        None => request(),
                    };
                    Done::Executed(Box::new(execute.execute(request, viewer).await))
                }
            };
            drop((slot, counted));
            done
        };
        let task = task::spawn(work.in_current_span().with_current_subscriber());
        let outcome = match kind {
            OperationType::Query => match tokio::time::timeout(self.time_limit, task).await {
                Ok(outcome) => outcome,
                Err(_) => {
                    let message = "The query took too long.";
                    return Err(Refusal::new(StatusCode::GATEWAY_TIMEOUT, Code::Timeout, message));
                }
            },
            OperationType::Mutation | OperationType::Subscription => task.await,
        };
        outcome.map_err(|error| {
            metrics::counter!("purser_panics_total").increment(1);
            tracing::error!(
                request.id = request_id,
                panicked = error.is_panic(),
                "an operation did not finish"
            );
            Refusal::internal()
        })
    }
}
