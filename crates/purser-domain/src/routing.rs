//! Which connectors may serve a payment, in which order, and why not the others.

use purser_connector::{Capabilities, Method, OperationKind, TokenScope};
use purser_types::Money;
use purser_types::id::{ConnectorId, ContainerId};
use serde::{Deserialize, Serialize};

use crate::connector::ConnectorStatus;
use crate::instrument::Origin;
use purser_types::spelled;

/// The most connectors that one payment tries.
pub const ATTEMPTS_MAX: usize = 4;

/// What is to be routed.
#[derive(Debug, Clone)]
pub struct RouteRequest<'a> {
    /// The amount; zero for a registration.
    pub amount: Money,
    /// Authorize, sale or register.
    pub operation: OperationKind,
    /// The kind of instrument, if it is known before the processor tells.
    pub method: Option<Method>,
    /// Where a stored instrument came from; none for a fresh token.
    pub origin: Option<&'a Origin>,
    /// The container that a stored instrument lives in; none for a fresh token.
    pub container_id: Option<ContainerId>,
}

/// A connector that could serve the request.
#[derive(Debug, Clone)]
pub struct Candidate<'a> {
    /// The connector.
    pub connector_id: ConnectorId,
    /// Its plugin.
    pub plugin_id: &'a str,
    /// Whether it takes payments.
    pub status: ConnectorStatus,
    /// What it can do; none if its settings do not work.
    pub capabilities: Option<&'a Capabilities>,
    /// Whether its circuit breaker is closed; an unhealthy connector is tried last.
    pub is_healthy: bool,
    /// The container that it uses and may use.
    pub container_id: Option<ContainerId>,
}

spelled! {
    /// What the router found about one connector.
    pub enum Verdict {
        /// It can serve the request.
        Eligible = "ELIGIBLE",
        /// Its owner paused it, or its settings do not work.
        NotActive = "NOT_ACTIVE",
        /// The stored instrument belongs to another connector.
        InstrumentElsewhere = "INSTRUMENT_ELSEWHERE",
        /// It does not use the container that the stored instrument lives in.
        ContainerNotBound = "CONTAINER_NOT_BOUND",
        /// It does not take the kind of instrument.
        MethodUnsupported = "METHOD_UNSUPPORTED",
        /// It cannot do the operation.
        OperationUnsupported = "OPERATION_UNSUPPORTED",
        /// It does not take the currency.
        CurrencyUnsupported = "CURRENCY_UNSUPPORTED",
        /// It could, but enough others come first.
        BeyondAttemptBound = "BEYOND_ATTEMPT_BOUND",
    }
}

impl Verdict {
    /// The verdict in a sentence, for people.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Eligible => "The connector can serve the payment.",
            Self::NotActive => "The connector is paused or its settings do not work.",
            Self::InstrumentElsewhere => {
                "The stored instrument belongs to another connector, and its token does not work at this one."
            }
            Self::ContainerNotBound => "The connector does not use the container of the stored instrument.",
            Self::MethodUnsupported => "The connector does not take this kind of instrument.",
            Self::OperationUnsupported => "The connector cannot do this operation.",
            Self::CurrencyUnsupported => "The connector does not take this currency.",
            Self::BeyondAttemptBound => "The connector could serve the payment, but others come first.",
        }
    }
}

/// One connector that was considered, and the verdict on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Considered {
    /// The connector.
    pub connector_id: ConnectorId,
    /// The verdict.
    pub verdict: Verdict,
}

/// The connectors to try, in order, and everything that was considered. Kept with the payment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Route {
    /// The connectors to try, in order.
    pub steps: Vec<ConnectorId>,
    /// Every connector that was considered.
    pub considered: Vec<Considered>,
}

/// Whether a stored token works at a connector: where it came from, at another account of the same
/// processor, or anywhere, as the token's scope says. [003: an instrument is tied to its connector]
#[must_use]
pub fn token_works_at(origin: &Origin, connector_id: ConnectorId, plugin_id: &str, processor: &str) -> bool {
    let is_same_processor = origin.plugin_id == plugin_id && origin.processor == processor;
    match origin.token_scope {
        TokenScope::Account => origin.connector_id == connector_id,
        TokenScope::Processor => is_same_processor,
        TokenScope::Portable => true,
    }
}

/// Picks the connectors for a request: pins a stored instrument, drops those that cannot serve it,
/// keeps the order of preference with the instrument's own connector first and unhealthy ones last.
#[must_use]
pub fn select(request: &RouteRequest<'_>, candidates: &[Candidate<'_>]) -> Route {
    let mut eligible: Vec<&Candidate<'_>> =
        candidates.iter().filter(|candidate| judge(request, candidate) == Verdict::Eligible).collect();
    let is_origin = |candidate: &Candidate<'_>| {
        request.origin.is_some_and(|origin| origin.connector_id == candidate.connector_id)
    };
    eligible.sort_by_key(|candidate| (!candidate.is_healthy, !is_origin(candidate)));
    let steps: Vec<ConnectorId> =
        eligible.iter().take(ATTEMPTS_MAX).map(|candidate| candidate.connector_id).collect();
    let considered = candidates.iter().map(|candidate| {
        let verdict = match judge(request, candidate) {
            Verdict::Eligible if !steps.contains(&candidate.connector_id) => Verdict::BeyondAttemptBound,
            verdict => verdict,
        };
        Considered { connector_id: candidate.connector_id, verdict }
    });
    Route { considered: considered.collect(), steps }
}

fn judge(request: &RouteRequest<'_>, candidate: &Candidate<'_>) -> Verdict {
    let Some(capabilities) = candidate.capabilities.filter(|_| candidate.status == ConnectorStatus::Active)
    else {
        return Verdict::NotActive;
    };
    let is_pinned_elsewhere = request.origin.is_some_and(|origin| {
        !token_works_at(origin, candidate.connector_id, candidate.plugin_id, &capabilities.processor)
    });
    if is_pinned_elsewhere {
        return Verdict::InstrumentElsewhere;
    }
    if request.container_id.is_some() && candidate.container_id != request.container_id {
        return Verdict::ContainerNotBound;
    }
    let methods = capabilities.methods.iter();
    let mut methods = methods
        .filter(|capability| request.method.is_none_or(|method| method == capability.method))
        .peekable();
    if methods.peek().is_none() {
        return Verdict::MethodUnsupported;
    }
    let mut methods = methods.filter(|capability| capability.supports(request.operation)).peekable();
    if methods.peek().is_none() {
        return Verdict::OperationUnsupported;
    }
    if methods.any(|capability| capability.accepts_currency(request.amount.currency())) {
        Verdict::Eligible
    } else {
        Verdict::CurrencyUnsupported
    }
}
