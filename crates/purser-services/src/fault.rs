//! Places where a torture build can be made to fail, and the bugs that it can be told to have.
//!
//! Without the feature `torture` these functions compile to nothing. With it, the crate `fail` decides at
//! each point by the name `payments::<operation>::<step>`: `return(exit)` ends the process as a crash
//! would, `return(error)` makes the step fail, `return(delay:50)` lets others go first for 50 ms, and
//! `panic`, `sleep` and `delay` do what they say (the latter two block a thread).
//!
//! A planted bug takes away one of the rules that keep money safe. A checker that does not notice is
//! itself broken, so that each is there to be caught.

use purser_connector::OperationKind;

use crate::error::Error;

/// A moment in the life of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing is written yet.
    BeforeIntent,
    /// The attempt is committed.
    AfterIntent,
    /// The processor is about to be asked.
    BeforeSend,
    /// The processor has answered, or not.
    AfterReply,
    /// The answer is about to be written down.
    BeforeResult,
    /// The event is about to be written, in the transaction of the answer.
    BeforeOutbox,
    /// The event is written, and not committed.
    AfterOutbox,
    /// The answer is committed.
    AfterResult,
    /// The processor is about to be asked what became of the attempt.
    BeforeLookup,
    /// The processor has said what became of it.
    AfterLookup,
}

impl Step {
    #[cfg(feature = "torture")]
    fn as_str(self) -> &'static str {
        match self {
            Self::BeforeIntent => "before_intent",
            Self::AfterIntent => "after_intent",
            Self::BeforeSend => "before_send",
            Self::AfterReply => "after_reply",
            Self::BeforeResult => "before_result",
            Self::BeforeOutbox => "before_outbox",
            Self::AfterOutbox => "after_outbox",
            Self::AfterResult => "after_result",
            Self::BeforeLookup => "before_lookup",
            Self::AfterLookup => "after_lookup",
        }
    }
}

/// Does what the point is told to do; nothing without the feature.
///
/// # Errors
/// A fault, if the point is told to fail.
#[cfg(feature = "torture")]
pub(crate) async fn point(operation: OperationKind, step: Step) -> Result<(), Error> {
    let name = format!("payments::{}::{}", operation.as_str().to_lowercase(), step.as_str());
    let told = fail::eval(&name, Option::unwrap_or_default);
    if let Some(told) = &told {
        // The checker reads from the log that the point was reached; `fail` itself tells of its panics.
        tracing::warn!(point = name, told, "a planted fault is reached");
    }
    match told.as_deref() {
        None => Ok(()),
        Some("exit") => std::process::abort(),
        Some(told) => match told.strip_prefix("delay:").and_then(|ms| ms.parse().ok()) {
            Some(ms) => {
                tokio::time::sleep(std::time::Duration::from_millis(ms)).await;
                Ok(())
            }
            None => Err(Error::Fault { doing: "passing a planted fault", detail: name }),
        },
    }
}

/// Nothing: the feature is off.
///
/// # Errors
/// None.
#[cfg(not(feature = "torture"))]
#[inline]
#[expect(clippy::unused_async, reason = "the torture build waits here")]
pub(crate) async fn point(_operation: OperationKind, _step: Step) -> Result<(), Error> {
    Ok(())
}

/// A rule that a torture build can be told to break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bug {
    /// Every call to a processor has a key of its own.
    NoProcessorKey,
    /// The attempt is written after the processor was called.
    IntentAfterCall,
    /// What a client asks for dies with its connection.
    NotInOwnTask,
    /// Nobody looks at what a crash left behind.
    NoJanitor,
    /// A refund is granted whatever is left. The condition of its statement is gone as well, by a call to the
    /// storage.
    RefundUnchecked,
}

/// What the process was told; the binary reads it from its environment.
#[cfg(feature = "torture")]
static PLANTED: std::sync::OnceLock<String> = std::sync::OnceLock::new();

/// Makes the points do what `FAILPOINTS` in the environment says, and the process have a bug, for the rest of
/// its life.
#[cfg(feature = "torture")]
pub fn begin_torture(bug: Option<&str>) {
    // Dropped, the scenario would end.
    std::mem::forget(fail::FailScenario::setup());
    let Some(bug) = bug else { return };
    // A second telling changes nothing: a process has the bugs that it was started with.
    let _ = PLANTED.set(bug.to_owned());
    // This one is a condition that a statement lacks.
    if bug == "refund_unchecked" {
        purser_storage::payments::plant_unchecked_refunds();
    }
}

/// Whether the process was told to have a bug.
#[cfg(feature = "torture")]
pub(crate) fn is_planted(bug: Bug) -> bool {
    let name = match bug {
        Bug::NoProcessorKey => "no_processor_key",
        Bug::IntentAfterCall => "intent_after_call",
        Bug::NotInOwnTask => "not_in_own_task",
        Bug::NoJanitor => "no_janitor",
        Bug::RefundUnchecked => "refund_unchecked",
    };
    PLANTED.get().is_some_and(|planted| planted == name)
}

/// Never: the feature is off.
#[cfg(not(feature = "torture"))]
#[inline]
pub(crate) fn is_planted(_bug: Bug) -> bool {
    false
}
