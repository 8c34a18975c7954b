//! Which connectors a payment tries: the target's, as far as they can use what pays.

use std::collections::HashMap;

use purser_connector::{Initiator, OperationKind};
use purser_domain::payment::PaymentKind;
use purser_domain::routing::{self, Candidate, Route, RouteRequest, Verdict};
use purser_storage::{Read, connectors as stored_connectors};
use purser_types::Money;
use purser_types::id::{ConnectorId, ContainerId};

use super::paying::{self, Paying};
use super::{PayWith, Target};
use crate::app::Ctx;
use crate::connectors::Opened;
use crate::containers::{EffectiveContainer, effective_of};
use crate::error::{Code, Error};

/// The operation that a connector is asked for first.
pub(super) fn operation(kind: PaymentKind) -> OperationKind {
    match kind {
        PaymentKind::Register => OperationKind::Register,
        PaymentKind::Debit | PaymentKind::Preauthorize => kind.capture_method().operation(),
    }
}

/// The connectors that a payment may be sent to.
pub(super) async fn open_target(ctx: &Ctx, on: &impl Read, target: Target) -> Result<Vec<Opened>, Error> {
    match target {
        Target::Connector(id) => {
            let found = stored_connectors::find(on, ctx.scope(), id).await?;
            let found = found.ok_or_else(|| Error::not_found(Code::ConnectorNotFound, "connectorId"))?;
            Ok(vec![Opened::new(&ctx.app, found)])
        }
        Target::Router(id) => {
            let router = stored_connectors::find_router(on, ctx.scope(), id).await?;
            let router = router.ok_or_else(|| Error::not_found(Code::RouterNotFound, "routerId"))?;
            let mut found = stored_connectors::find_many(on, ctx.scope(), &router.connector_ids).await?;
            let preference = |id| router.connector_ids.iter().position(|other| *other == id);
            found.sort_by_key(|found| preference(found.connector.id));
            Ok(found.into_iter().map(|found| Opened::new(&ctx.app, found)).collect())
        }
    }
}

/// What is to be routed.
pub(super) struct Wanted<'a> {
    pub(super) target: Target,
    /// The connectors of the target.
    pub(super) opened: Vec<Opened>,
    pub(super) kind: PaymentKind,
    pub(super) amount: Money,
    /// What pays, if that is known.
    pub(super) paying: Option<&'a Paying>,
    /// Whether a profile is to be found or made.
    pub(super) needs_profile: bool,
}

/// The connectors to try, in order, with the container that the first one uses.
pub(super) struct Routed {
    pub(super) steps: Vec<Opened>,
    pub(super) route: Route,
    pub(super) effective: EffectiveContainer,
}

/// The connectors to try. A stored instrument may only be charged through a connector that uses the
/// container which the instrument lives in.
pub(super) async fn find(ctx: &Ctx, on: &impl Read, mut wanted: Wanted<'_>) -> Result<Routed, Error> {
    let opened = std::mem::take(&mut wanted.opened);
    let stored = wanted.paying.and_then(|paying| paying.stored.as_ref());
    let request = RouteRequest {
        amount: wanted.amount,
        operation: operation(wanted.kind),
        method: stored.map(|view| view.instrument.kind),
        origin: wanted.paying.and_then(Paying::origin),
        container_id: stored.map(|view| view.instrument.container_id),
    };
    let needs_container = request.container_id.is_some() || wanted.needs_profile;
    let granted = stored.map(|view| (view.instrument.container_id, view.grant.permissions));
    let mut effective = Vec::with_capacity(opened.len());
    for opened in &opened {
        effective.push(match needs_container {
            true => effective_of(ctx, on, &opened.connector, granted).await?,
            false => EffectiveContainer::default(),
        });
    }
    let bound = effective.iter().map(EffectiveContainer::usable);
    picked(wanted.target, &request, opened, bound.collect(), effective)
}

fn picked(
    target: Target,
    request: &RouteRequest<'_>,
    opened: Vec<Opened>,
    bound: Vec<Option<ContainerId>>,
    effective: Vec<EffectiveContainer>,
) -> Result<Routed, Error> {
    let place = |id| opened.iter().position(|opened| opened.connector.id == id);
    let container_of: HashMap<ConnectorId, Option<ContainerId>> =
        opened.iter().map(|opened| opened.connector.id).zip(bound.iter().copied()).collect();
    let candidates: Vec<Candidate<'_>> = opened
        .iter()
        .zip(bound)
        .map(|(opened, container_id)| Candidate { container_id, ..opened.candidate() })
        .collect();
    let mut route = routing::select(request, &candidates);
    // A profile needs a container: a connector that has one comes before those that do not.
    let has_container = |id: &&ConnectorId| container_of.get(*id).is_some_and(Option::is_some);
    let first = route.steps.iter().find(has_container).or(route.steps.first()).copied();
    let Some(first) = first else {
        return Err(no_eligible(target, &route, &opened));
    };
    let effective = place(first).and_then(|at| effective.into_iter().nth(at)).unwrap_or_default();
    // All steps of one payment store into one profile, so they use one container.
    route.steps.retain(|id| container_of.get(id) == container_of.get(&first));
    let mut opened: Vec<Option<Opened>> = opened.into_iter().map(Some).collect();
    let mut steps = Vec::with_capacity(route.steps.len());
    for id in &route.steps {
        let slot = opened.iter_mut().find(|slot| slot.as_ref().is_some_and(|it| it.connector.id == *id));
        steps.extend(slot.and_then(Option::take));
    }
    Ok(Routed { steps, route, effective })
}

/// Why nothing can serve the payment: for one connector its own reason, for a router all of them.
fn no_eligible(target: Target, route: &Route, opened: &[Opened]) -> Error {
    let name = |id| {
        let found = opened.iter().find(|opened| opened.connector.id == id);
        found.map_or("?", |opened| opened.connector.name.as_str())
    };
    if let (Target::Connector(_), Some(only)) = (target, route.considered.first()) {
        let code = match only.verdict {
            Verdict::InstrumentElsewhere => Code::InstrumentConnectorMismatch,
            Verdict::ContainerNotBound => Code::NoContainerBound,
            Verdict::NotActive => Code::ConnectorDisabled,
            _ => Code::CapabilityUnsupported,
        };
        return Error::refused(code, "connectorId", only.verdict.reason());
    }
    let reasons: Vec<String> =
        route.considered.iter().map(|it| format!("{}: {}", name(it.connector_id), it.verdict)).collect();
    let message = format!("No connector of the router can serve this. {}.", reasons.join(", "));
    Error::refused(Code::NoEligibleConnector, "routerId", message)
}

async fn found(ctx: &Ctx, token: String) -> Result<Paying, Error> {
    paying::find(ctx, ctx.store(), &PayWith::PaymentToken(token), Initiator::Customer).await
}

/// What the router would do, without doing it.
///
/// # Errors
/// Those of a payment that concern its target and its instrument.
pub async fn simulate(
    ctx: &Ctx,
    target: Target,
    kind: PaymentKind,
    amount: Money,
    payment_token: Option<String>,
) -> Result<Route, Error> {
    let opened = open_target(ctx, ctx.store(), target).await?;
    let stored = match payment_token {
        Some(token) => Some(found(ctx, token).await?),
        None => None,
    };
    let instrument = stored.as_ref().and_then(|paying| paying.stored.as_ref());
    let request = RouteRequest {
        amount,
        operation: operation(kind),
        method: instrument.map(|view| view.instrument.kind),
        origin: instrument.map(|view| &view.instrument.origin),
        container_id: instrument.map(|view| view.instrument.container_id),
    };
    let mut candidates = Vec::with_capacity(opened.len());
    for opened in &opened {
        let effective = effective_of(ctx, ctx.store(), &opened.connector, None).await?;
        candidates.push(Candidate { container_id: effective.usable(), ..opened.candidate() });
    }
    Ok(routing::select(&request, &candidates))
}
