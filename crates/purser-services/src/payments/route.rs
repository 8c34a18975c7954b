//! Which connectors a payment tries: the target's, as far as they can use what pays.

use std::collections::HashMap;

use purser_connector::OperationKind;
use purser_domain::payment::PaymentKind;
use purser_domain::routing::{self, Candidate, Route, RouteRequest, Verdict};
use purser_storage::{Read, connectors as stored_connectors};
use purser_types::Money;
use purser_types::id::{ConnectorId, ContainerId};

use super::paying::{self, Paying};
use super::{Pay, PayWith, Target};
use crate::app::Ctx;
use crate::connectors::Opened;
use crate::containers::{EffectiveContainer, effective_on};
use crate::error::{Code, Error};

/// The operation that a connector is asked for first.
pub(super) fn operation(kind: PaymentKind) -> OperationKind {
    match kind {
        PaymentKind::Register => OperationKind::Register,
        PaymentKind::Debit | PaymentKind::Preauthorize => kind.capture_method().operation(),
    }
}

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

/// The connectors to try, in order. A stored instrument may only be charged through a connector that
/// uses the container which the instrument lives in.
pub(super) async fn find(
    ctx: &Ctx,
    on: &impl Read,
    asked: &Pay,
    paying: &Paying,
    opened: Vec<Opened>,
) -> Result<(Vec<Opened>, Route), Error> {
    let request = RouteRequest {
        amount: asked.amount,
        operation: operation(asked.kind),
        method: paying.stored.as_ref().map(|view| view.instrument.kind),
        origin: paying.origin(),
        container_id: paying.stored.as_ref().map(|view| view.instrument.container_id),
    };
    let needs_container = request.container_id.is_some() || asked.customer_profile_data.is_some();
    let mut bound = Vec::with_capacity(opened.len());
    for opened in &opened {
        let effective = match needs_container {
            true => effective_on(ctx, on, opened.connector.id).await?,
            false => EffectiveContainer::default(),
        };
        bound.push(effective.usable());
    }
    let container_of: HashMap<ConnectorId, Option<ContainerId>> =
        opened.iter().map(|opened| opened.connector.id).zip(bound.iter().copied()).collect();
    let candidates: Vec<Candidate<'_>> = opened
        .iter()
        .zip(bound)
        .map(|(opened, container_id)| Candidate { container_id, ..opened.candidate() })
        .collect();
    let mut route = routing::select(&request, &candidates);
    // A profile needs a container: a connector that has one comes before those that do not.
    let has_container = |id: &&ConnectorId| container_of.get(*id).is_some_and(Option::is_some);
    let first = route.steps.iter().find(has_container).or(route.steps.first()).copied();
    let Some(first) = first else {
        return Err(no_eligible(asked, &route, &opened));
    };
    // All steps of one payment store into one profile, so they use one container.
    route.steps.retain(|id| container_of.get(id) == container_of.get(&first));
    let mut opened: Vec<Option<Opened>> = opened.into_iter().map(Some).collect();
    let mut steps = Vec::with_capacity(route.steps.len());
    for id in &route.steps {
        let slot = opened.iter_mut().find(|slot| slot.as_ref().is_some_and(|it| it.connector.id == *id));
        steps.extend(slot.and_then(Option::take));
    }
    Ok((steps, route))
}

/// Why nothing can serve the payment: for one connector its own reason, for a router all of them.
fn no_eligible(asked: &Pay, route: &Route, opened: &[Opened]) -> Error {
    let name = |id| {
        let found = opened.iter().find(|opened| opened.connector.id == id);
        found.map_or("?", |opened| opened.connector.name.as_str())
    };
    if let (Target::Connector(_), Some(only)) = (asked.target, route.considered.first()) {
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
        Some(token) => Some(paying::find(ctx, ctx.store(), &PayWith::PaymentToken(token)).await?),
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
        let effective = effective_on(ctx, ctx.store(), opened.connector.id).await?;
        candidates.push(Candidate { container_id: effective.usable(), ..opened.candidate() });
    }
    Ok(routing::select(&request, &candidates))
}
