//! Which connectors a payment tries, and why not the others.

use purser_connector::{
    Authentication, Capabilities, CaptureCapability, Idempotency, Method, MethodCapability, Notifications,
    OperationKind, RefundCapability, TokenScope,
};
use purser_domain::connector::ConnectorStatus;
use purser_domain::instrument::Origin;
use purser_domain::routing::{ATTEMPTS_MAX, Candidate, Route, RouteRequest, Verdict, select};
use purser_types::Money;
use purser_types::id::ConnectorId;
use uuid::Uuid;

fn connector(number: u128) -> ConnectorId {
    ConnectorId::from_uuid(Uuid::from_u128(number))
}

fn capabilities(processor: &str, currency: &str) -> Capabilities {
    Capabilities {
        processor: processor.to_owned(),
        methods: vec![MethodCapability {
            method: Method::Card,
            operations: [OperationKind::Sale].into_iter().collect(),
            currencies: vec![currency.parse().expect("currency")],
            countries: Vec::new(),
            capture: CaptureCapability::default(),
            refund: RefundCapability::default(),
            authentication: Authentication::None,
            token_scope: TokenScope::Processor,
        }],
        idempotency: Idempotency::OwnReference,
        notifications: Notifications::None,
        partial_authorization: false,
        in_flight_horizon: std::time::Duration::from_secs(300),
    }
}

fn candidate(number: u128, capabilities: Option<&Capabilities>) -> Candidate<'_> {
    Candidate {
        connector_id: connector(number),
        plugin_id: "sandbox",
        status: ConnectorStatus::Active,
        capabilities,
        is_healthy: true,
        container_id: None,
    }
}

fn request(origin: Option<&Origin>) -> RouteRequest<'_> {
    let amount = Money::try_new(999, "EUR".parse().expect("EUR")).expect("amount");
    RouteRequest {
        amount,
        operation: OperationKind::Sale,
        method: Some(Method::Card),
        origin,
        container_id: None,
    }
}

fn origin(token_scope: TokenScope) -> Origin {
    Origin {
        connector_id: connector(2),
        plugin_id: "sandbox".to_owned(),
        processor: "northbank".to_owned(),
        token_scope,
    }
}

fn verdicts(route: &Route) -> Vec<Verdict> {
    route.considered.iter().map(|considered| considered.verdict).collect()
}

#[test]
fn a_stored_instrument_goes_where_its_token_works_and_to_its_own_connector_first() {
    let (north, south) = (capabilities("northbank", "EUR"), capabilities("southpay", "EUR"));
    let candidates = [candidate(1, Some(&north)), candidate(2, Some(&north)), candidate(3, Some(&south))];
    let steps = |scope| select(&request(Some(&origin(scope))), &candidates).steps;

    assert_eq!(steps(TokenScope::Account), [connector(2)]);
    assert_eq!(steps(TokenScope::Processor), [connector(2), connector(1)]);
    assert_eq!(steps(TokenScope::Portable), [connector(2), connector(1), connector(3)]);
}

#[test]
fn each_connector_that_is_left_out_has_its_reason() {
    let (euro, yen) = (capabilities("northbank", "EUR"), capabilities("northbank", "JPY"));
    let mut sale_only_wallets = capabilities("northbank", "EUR");
    sale_only_wallets.methods[0].method = Method::Wallet;
    let mut register_only = capabilities("northbank", "EUR");
    register_only.methods[0].operations = [OperationKind::Register].into_iter().collect();
    let paused = Candidate { status: ConnectorStatus::Paused, ..candidate(1, Some(&euro)) };
    let candidates = [
        paused,
        candidate(2, None),
        candidate(3, Some(&yen)),
        candidate(4, Some(&sale_only_wallets)),
        candidate(5, Some(&register_only)),
        candidate(6, Some(&euro)),
    ];

    let route = select(&request(None), &candidates);

    assert_eq!(route.steps, [connector(6)]);
    assert_eq!(
        verdicts(&route),
        [
            Verdict::NotActive,
            Verdict::NotActive,
            Verdict::CurrencyUnsupported,
            Verdict::MethodUnsupported,
            Verdict::OperationUnsupported,
            Verdict::Eligible
        ]
    );
}

#[test]
fn the_unhealthy_come_last_and_the_attempts_are_bounded() {
    let euro = capabilities("northbank", "EUR");
    let mut candidates: Vec<Candidate<'_>> = (1..=6).map(|number| candidate(number, Some(&euro))).collect();
    candidates[0].is_healthy = false;

    let route = select(&request(None), &candidates);

    assert_eq!(route.steps, [2, 3, 4, 5].map(connector));
    assert_eq!(route.steps.len(), ATTEMPTS_MAX);
    assert_eq!(verdicts(&route).iter().filter(|it| **it == Verdict::BeyondAttemptBound).count(), 2);
}

#[test]
fn an_instrument_is_not_charged_through_a_connector_that_uses_another_container() {
    let euro = capabilities("northbank", "EUR");
    let home = purser_types::id::ContainerId::from_uuid(Uuid::from_u128(100));
    let candidates =
        [candidate(1, Some(&euro)), Candidate { container_id: Some(home), ..candidate(2, Some(&euro)) }];
    let request = RouteRequest { container_id: Some(home), ..request(None) };

    let route = select(&request, &candidates);

    assert_eq!(route.steps, [connector(2)]);
    assert_eq!(verdicts(&route), [Verdict::ContainerNotBound, Verdict::Eligible]);
}
