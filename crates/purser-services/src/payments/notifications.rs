//! What processors tell of their own accord: believed, stored, acknowledged, and applied by a worker.
//!
//! What a processor was thanked for is never lost, since it is stored first. What it told is read again from
//! the stored bytes when it is applied, and each thing it says is an observation like any other; so a
//! notification may come before the answer, twice, or never. It is applied only to attempts of the very
//! connector that it came for: an account at a processor says nothing about other accounts.
//!
//! Notifications that are not signed are hints: nothing of them is believed or kept. The attempts that they
//! name are looked up soon.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use purser_connector::{
    self as connector, Acknowledgement, Inbound, NotificationError, Notifications as Worth,
};
use purser_domain::SystemScope;
use purser_domain::payment::attempt::{Attempt, AttemptStatus};
use purser_domain::payment::event::Origin;
use purser_storage::notifications::{self as stored, Notification};
use purser_storage::{Sealed, connectors as stored_connectors, payments as stored_payments};
use purser_types::Timestamp;
use purser_types::id::{AttemptId, ConnectorId, NotificationId};
use purser_vault::Aad;
use tokio::task::JoinSet;

use super::findings::{self, Found};
use super::janitor::Tick;
use super::repair::{Asker, Case};
use super::{disputes, envelope, patience};
use crate::app::{App, Ctx};
use crate::connectors::plugged;
use crate::error::Error;

/// How long a notification is kept from other workers.
const LEASE: Duration = Duration::from_secs(15);
/// How often one that cannot be applied is tried, which is about seven hours, before it is left for people.
const TRIES_MAX: i32 = 12;
/// Attempts that one unsigned notification can have looked up.
const HINTS_MAX: usize = 20;
/// The longest key that is kept as it is; longer ones are kept as their hash.
const DEDUPE_KEY_LENGTH_MAX: usize = 128;
/// The longest type of event that is kept.
const EVENT_TYPE_LENGTH_MAX: usize = 128;

/// Why a notification was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// There is no such connector, it takes no notifications, or the signature is wrong. Nothing was kept.
    #[error("the notification is not believed")]
    Unauthentic,
    /// It could not be stored; it should be sent again.
    #[error("the notification cannot be stored now")]
    Unavailable,
}

/// Believes a notification and stores it, or does not. What it says is applied later.
///
/// # Errors
/// [`NotTaken`]; an unknown connector and a wrong signature are told apart by nobody.
pub async fn receive_notification(
    app: &Arc<App>,
    connector_id: &str,
    inbound: Inbound,
) -> Result<Acknowledgement, NotTaken> {
    let now = app.source().now();
    let found = match connector_id.parse::<ConnectorId>() {
        Ok(id) => {
            let system = SystemScope::new("a notification names a connector, not its tenant", now);
            stored_connectors::find_any(&app.store, &system, id).await.map_err(|error| unavailable(&error))?
        }
        Err(_) => None,
    };
    let Some(found) = found else { return Err(unknown(app, &inbound)) };
    let Ok(plugged) = plugged(app, &found) else { return Err(unknown(app, &inbound)) };
    let believed = app.host.notification(&plugged, &inbound);
    let told = believed.map_err(|error| refused(&found, &error))?;
    let ctx = app.acting_for(found.connector.tenant_id, found.connector.environment);
    let taken = match plugged.capabilities().notifications {
        Worth::Signed => keep(&ctx, &found, &inbound, &told).await,
        Worth::HintOnly => take_hints(&ctx, found.connector.id, &told).await,
        Worth::None => return Err(NotTaken::Unauthentic),
    };
    taken.map_err(|error| {
        tracing::warn!(connector = %found.connector.id, %error, "a notification was not stored");
        NotTaken::Unavailable
    })?;
    Ok(told.acknowledgement)
}

fn unavailable(error: &purser_storage::Error) -> NotTaken {
    tracing::warn!(%error, "the connector of a notification was not found out");
    NotTaken::Unavailable
}

/// For a connector that there is not: about as much work as a wrong signature is.
fn unknown(app: &App, inbound: &Inbound) -> NotTaken {
    let _tag = app.keyring.sign("notification", &inbound.body);
    NotTaken::Unauthentic
}

fn refused(found: &Sealed, error: &NotificationError) -> NotTaken {
    let connector = found.connector.id.to_string();
    match error {
        NotificationError::Unauthentic | NotificationError::Unsupported => {}
        // It is signed: somebody has to look at the plugin.
        NotificationError::Malformed { detail } => {
            tracing::warn!(connector, detail, "a notification cannot be read");
        }
    }
    NotTaken::Unauthentic
}

async fn keep(
    ctx: &Ctx,
    found: &Sealed,
    inbound: &Inbound,
    told: &connector::Notification,
) -> Result<(), Error> {
    let id = NotificationId::mint(ctx.source());
    let sealed = ctx.app.keyring.seal(place(ctx, id).aad(), &envelope::write(inbound));
    let now = ctx.source().now();
    let notification = Notification {
        id,
        connector_id: found.connector.id,
        tenant_id: found.connector.tenant_id,
        environment: found.connector.environment,
        dedupe_key: dedupe_key(ctx, &told.dedupe_key),
        event_type: told.event_type.chars().take(EVENT_TYPE_LENGTH_MAX).collect(),
        sealed,
        received_at: inbound.received_at,
        next_try_at: Some(now),
        tries: 0,
        done_at: None,
        failure: None,
    };
    let is_new = stored::insert(ctx.store(), ctx.scope(), &notification).await?;
    let result = if is_new { "new" } else { "duplicate" };
    metrics::counter!("purser_notifications_stored_total", "result" => result).increment(1);
    Ok(())
}

fn dedupe_key(ctx: &Ctx, key: &str) -> String {
    if key.len() <= DEDUPE_KEY_LENGTH_MAX {
        return key.to_owned();
    }
    let hash = ctx.app.keyring.sign("notification key", key.as_bytes());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Has the attempts looked up that an unsigned notification names.
async fn take_hints(
    ctx: &Ctx,
    connector_id: ConnectorId,
    told: &connector::Notification,
) -> Result<(), Error> {
    let named: HashSet<AttemptId> = told.observations.iter().filter_map(attempt_id).take(HINTS_MAX).collect();
    for id in named {
        let Some(attempt) = own_attempt(ctx, connector_id, id).await? else { continue };
        let now = ctx.source().now();
        if attempt.is_open() && attempt.review.is_none() && !is_in_flight(&attempt, now) {
            stored_payments::reschedule(ctx.store(), ctx.scope(), id, Some(now), attempt.checks).await?;
        }
    }
    Ok(())
}

/// Whether the first call of the attempt may still run, so that its own answer is nearer than a look-up's.
fn is_in_flight(attempt: &Attempt, now: Timestamp) -> bool {
    let is_due = attempt.next_check_at.is_none_or(|at| at <= now);
    attempt.status == AttemptStatus::Started && attempt.checks == 0 && !is_due
}

/// Applies what is stored and due at `now`: at most `limit` notifications, the oldest first.
///
/// # Errors
/// Faults of the storage while taking them. What goes wrong with one notification is counted and logged.
pub async fn notifications_tick(app: &Arc<App>, limit: u32, now: Timestamp) -> Result<Tick, Error> {
    let system = SystemScope::new("notifications of every tenant's processors", now);
    let lease_until = now.saturating_add(LEASE);
    let due = stored::lease_due(&app.store, &system, now, lease_until, limit).await?;
    let mut tick = Tick { leased: due.len(), ..Tick::default() };
    let mut tasks = JoinSet::new();
    for notification in due {
        let app = Arc::clone(app);
        tasks.spawn(async move { finish(&app, &notification).await });
    }
    while let Some(ended) = tasks.join_next().await {
        match ended {
            Ok(Ok(true)) => tick.repaired += 1,
            Ok(Ok(false)) => {}
            Ok(Err(error)) => {
                tick.failed += 1;
                tracing::error!(%error, "a notification was not put away");
            }
            Err(_panic) => tick.failed += 1,
        }
    }
    Ok(tick)
}

/// Applies one notification and notes how that went; true if it is done with.
async fn finish(app: &Arc<App>, notification: &Notification) -> Result<bool, Error> {
    let ctx = app.acting_for(notification.tenant_id, notification.environment);
    let now = app.source().now();
    let failure = match apply(&ctx, notification).await {
        Ok(Applied::Whole) => {
            stored::finish(ctx.store(), ctx.scope(), notification.id, now).await?;
            return Ok(true);
        }
        Ok(Applied::NotYet(reason)) => reason.to_owned(),
        Err(error) => error.to_string(),
    };
    let is_last = notification.tries >= TRIES_MAX;
    if is_last {
        metrics::counter!("purser_notifications_failed_total").increment(1);
        tracing::warn!(notification.id = %notification.id, failure, "a notification is given up");
    }
    let pause = patience::pause(notification.tries, app.source());
    let next = (!is_last).then(|| now.saturating_add(pause));
    stored::give_back(ctx.store(), ctx.scope(), notification.id, next, &failure).await?;
    Ok(false)
}

/// How much of a notification was applied.
enum Applied {
    /// All that concerns us.
    Whole,
    /// Something of it makes no sense yet.
    NotYet(&'static str),
}

async fn apply(ctx: &Ctx, notification: &Notification) -> Result<Applied, Error> {
    let found = stored_connectors::find(ctx.store(), ctx.scope(), notification.connector_id).await?;
    let Some(found) = found else { return Ok(Applied::NotYet("the connector is gone")) };
    let Ok(plugged) = plugged(&ctx.app, &found) else {
        return Ok(Applied::NotYet("the settings of the connector do not work"));
    };
    let opened = ctx.app.keyring.open(place(ctx, notification.id).aad(), &notification.sealed);
    let Some(inbound) = opened.ok().and_then(|bytes| envelope::read(&bytes)) else {
        return Ok(Applied::NotYet("what is stored does not open"));
    };
    let Ok(told) = ctx.app.host.notification(&plugged, &inbound) else {
        return Ok(Applied::NotYet("the connector no longer believes it"));
    };
    let mut applied = Applied::Whole;
    for observed in told.observations {
        let Some(id) = attempt_id(&observed) else {
            applied = Applied::NotYet("it names a reference that is not ours");
            continue;
        };
        let Some(attempt) = own_attempt(ctx, notification.connector_id, id).await? else {
            applied = Applied::NotYet("it names an attempt that the connector does not have");
            continue;
        };
        if !one(ctx, &attempt, observed).await? {
            applied = Applied::NotYet("the payment was not captured yet");
        }
    }
    Ok(applied)
}

/// Applies one thing that a notification says; false if it is too early for it.
async fn one(ctx: &Ctx, attempt: &Attempt, observed: connector::Observation) -> Result<bool, Error> {
    let Some(case) = Case::open(ctx, attempt.id, Asker::Reader).await? else { return Ok(false) };
    match findings::read(&case, observed, Origin::Notification) {
        Found::Attempt(learned) => {
            case.tell(ctx, &learned).await?;
            Ok(true)
        }
        Found::Dispute(dispute) => disputes::hear(ctx, attempt, &dispute, Origin::Notification).await,
        Found::Nothing => Ok(true),
    }
}

fn attempt_id(observed: &connector::Observation) -> Option<AttemptId> {
    observed.own.as_str().parse().ok()
}

/// An attempt of the connector's, of no other connector and no other tenant.
async fn own_attempt(ctx: &Ctx, connector_id: ConnectorId, id: AttemptId) -> Result<Option<Attempt>, Error> {
    let found = stored_payments::attempt(ctx.store(), ctx.scope(), id).await?;
    Ok(found.filter(|attempt| attempt.connector_id == connector_id))
}

/// Where a notification's bytes are sealed for.
struct Place {
    tenant: uuid::Uuid,
    row: uuid::Uuid,
}

fn place(ctx: &Ctx, id: NotificationId) -> Place {
    Place { tenant: ctx.viewer().tenant().uuid(), row: id.uuid() }
}

impl Place {
    fn aad(&self) -> Aad<'_> {
        let (tenant, row) = (self.tenant.as_bytes(), self.row.as_bytes());
        Aad { table: "notification", tenant, row, column: "sealed" }
    }
}
