//! Routes: which connectors were considered for a payment, and why.

use async_graphql::{Context, Error, ID, InputObject, Object};
use purser_domain::routing;
use purser_services::payments;

use super::pay::target;
use crate::connectors::Connector;
use crate::context::enter;
use crate::error::{Code, Nullable, ServiceError, bad_input, nullable, told};
use crate::money::MoneyInput;
use crate::words::{PaymentKind, RouteVerdict};

/// A route.
pub(crate) struct Route(routing::Route);

impl Route {
    pub(crate) fn new(route: routing::Route) -> Self {
        Self(route)
    }
}

/// Which connectors are tried for a payment, and why not the others.
#[Object]
impl Route {
    /// The connectors to try, in order; null where you may not see one (`connectors:read`).
    async fn steps(&self, gql: &Context<'_>) -> Vec<Nullable<Connector>> {
        let steps = self.0.steps.iter().map(|id| crate::connectors::connector(gql, Some(*id)));
        futures::future::join_all(steps).await
    }

    /// Every connector that was considered, in the order of preference.
    async fn considered(&self) -> Vec<ConsideredConnector> {
        self.0.considered.iter().cloned().map(ConsideredConnector).collect()
    }
}

/// A connector that the router looked at.
pub(crate) struct ConsideredConnector(routing::Considered);

/// A connector that the router looked at, and what it found.
#[Object]
impl ConsideredConnector {
    /// The connector; null if it is gone, and without `connectors:read`.
    async fn connector(&self, gql: &Context<'_>) -> Nullable<Connector> {
        crate::connectors::connector(gql, Some(self.0.connector_id)).await
    }

    /// What the router found.
    async fn verdict(&self) -> RouteVerdict {
        self.0.verdict.into()
    }

    /// The verdict in an English sentence, for people.
    async fn reason(&self) -> &'static str {
        self.0.verdict.reason()
    }
}

/// A payment that is not made.
#[derive(InputObject)]
pub(crate) struct SimulateRouteInput {
    /// Through this connector, `con_…`; this or `routerId`.
    connector_id: Option<ID>,
    /// Through this router, `rtr_…`; this or `connectorId`.
    router_id: Option<ID>,
    /// The kind of payment; a debit if absent.
    kind: Option<PaymentKind>,
    /// How much.
    amount: MoneyInput,
    /// The stored instrument that would pay, `pt::…`; a fresh one if absent. Needs `instruments:read`.
    payment_token: Option<String>,
}

#[derive(Default)]
pub(crate) struct RouteQuery;

#[Object]
impl RouteQuery {
    /// Which connectors a payment would try, without making it; null if there is no such connector,
    /// router or instrument that you can see. Needs `routing:read`.
    async fn simulate_route(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The payment that is not made.")] input: SimulateRouteInput,
    ) -> Nullable<Route> {
        nullable(simulate(gql, input).await)
    }
}

async fn simulate(gql: &Context<'_>, input: SimulateRouteInput) -> Result<Option<Route>, Error> {
    let session = enter(gql, "Query.simulateRoute")?;
    if input.payment_token.is_some() {
        enter(gql, "SimulateRouteInput.paymentToken")?;
    }
    let asked = target(input.connector_id.as_ref(), input.router_id.as_ref());
    let route = match asked.and_then(|target| Ok((target, input.amount.read()?))) {
        Ok((target, amount)) => {
            let kind = input.kind.map_or(purser_domain::payment::PaymentKind::Debit, Into::into);
            payments::simulate(session.ctx(), target, kind, amount, input.payment_token).await
        }
        Err(error) => Err(error),
    };
    match route {
        Ok(route) => Ok(Some(Route(route))),
        Err(ServiceError::Refused(refusal)) => match refusal.code {
            Code::ConnectorNotFound | Code::RouterNotFound | Code::InstrumentNotFound => Ok(None),
            _ => Err(bad_input(refusal.message)),
        },
        Err(fault) => Err(told(&fault)),
    }
}
