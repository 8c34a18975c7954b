//! The connector: one account at a simulated processor.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, StatusCode};
use purser_connector::{
    Authentication, Authorize, CODE_PARAMETER, Call, Capabilities, Capture, CaptureCapability, Connector,
    Deregister, Failure, Idempotency, Inbound, Increment, Lookup, Method, MethodCapability, Notification,
    NotificationError, Notifications, Observation, OperationKind, Payout, Refund, RefundCapability, Register,
    Reply, Resume, Settled, StoredInstrument, TokenScope, Verify, Void,
};
use purser_types::Money;
use serde::Serialize;

use crate::config::Settings;
use crate::wire::{Completion, Operation, TokenDeletion, TokenRequest};
use crate::{notification, request, response};

pub(crate) struct Account {
    settings: Settings,
    capabilities: Capabilities,
    hosts: [String; 1],
}

impl Account {
    pub(crate) fn new(settings: Settings) -> Self {
        let capabilities = capabilities(&settings);
        let hosts = [settings.host()];
        Self { settings, capabilities, hosts }
    }

    /// Refuses what no method of the account can do, before anything is sent.
    fn supported(&self, kind: OperationKind) -> Result<OperationKind, Failure> {
        if self.capabilities.supports(kind) { Ok(kind) } else { Err(Failure::unsupported(kind)) }
    }

    /// Refuses amounts that the account is not set up for, before anything is sent.
    fn check(&self, kind: OperationKind, amount: Money) -> Result<(), Failure> {
        let currency = amount.currency();
        let is_listed = self.settings.currencies.is_empty() || self.settings.currencies.contains(&currency);
        if !is_listed {
            return Err(Failure::invalid_request(kind, format!("the account does not take {currency}")));
        }
        if amount.is_zero() {
            return Err(Failure::invalid_request(kind, "the amount is zero"));
        }
        Ok(())
    }

    /// Sends `document` and reads the operation that the processor made of it.
    async fn post(
        &self,
        call: &Call<'_>,
        kind: OperationKind,
        path: &str,
        document: &(impl Serialize + Sync),
    ) -> Result<Operation, Failure> {
        let request = request::post(&self.settings, kind, call, path, document)?;
        let response = self.send(call, kind, request).await?;
        response::operation(kind, call.own, &response)
    }

    async fn send(
        &self,
        call: &Call<'_>,
        kind: OperationKind,
        request: Request<Bytes>,
    ) -> Result<http::Response<Bytes>, Failure> {
        call.http.send(request).await.map_err(|error| Failure::no_answer(kind, &error))
    }

    /// Capture, increment, void and refund.
    async fn follow_up(
        &self,
        call: &Call<'_>,
        kind: OperationKind,
        path: &str,
        amount: Option<Money>,
        is_final: bool,
    ) -> Reply<Settled> {
        if let Some(amount) = amount {
            self.check(kind, amount)?;
        }
        let operation = self.post(call, kind, path, &request::follow_up(call, amount, is_final)).await?;
        response::outcome(kind, operation, response::settled)
    }
}

#[async_trait]
impl Connector for Account {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn hosts(&self) -> &[String] {
        &self.hosts
    }

    async fn probe(&self, call: &Call<'_>) -> Result<(), Failure> {
        let kind = OperationKind::Probe;
        let response = self.send(call, kind, request::get(&self.settings, kind, "/v1/account")?).await?;
        if response.status() == StatusCode::OK { Ok(()) } else { Err(response::refusal(kind, &response)) }
    }

    async fn authorize(&self, call: &Call<'_>, request: Authorize) -> Reply<Settled> {
        let kind = self.supported(request.operation())?;
        self.check(kind, request.amount)?;
        let document = request::payment(&self.settings, call, &request);
        let operation = self.post(call, kind, "/v1/payments", &document).await?;
        response::outcome(kind, operation, response::settled)
    }

    async fn lookup(&self, call: &Call<'_>, request: Lookup) -> Result<Vec<Observation>, Failure> {
        let kind = OperationKind::Lookup;
        let path = format!("/v1/operations/{}", request.own);
        let response = self.send(call, kind, request::get(&self.settings, kind, &path)?).await?;
        if response.status() == StatusCode::NOT_FOUND {
            let refusal = response::refusal(kind, &response);
            // Only the processor's own words mean that it does not know the reference.
            return if refusal.detail == "unknown_reference" { Ok(Vec::new()) } else { Err(refusal) };
        }
        let operation = response::operation(kind, &request.own, &response)?;
        let observations = response::observations(operation);
        // An empty list would mean that the processor does not know the reference.
        if observations.is_empty() {
            return Err(Failure::protocol(kind, "the answer says nothing"));
        }
        Ok(observations)
    }

    fn notification(&self, inbound: &Inbound) -> Result<Notification, NotificationError> {
        notification::read(&self.settings.api_key, inbound)
    }

    async fn register(&self, call: &Call<'_>, request: Register) -> Reply<StoredInstrument> {
        let kind = self.supported(OperationKind::Register)?;
        let document = TokenRequest {
            reference: call.own.to_string(),
            source: request::source(&request.instrument),
            methods: self.settings.methods.clone(),
        };
        let operation = self.post(call, kind, "/v1/tokens", &document).await?;
        response::outcome(kind, operation, |operation| response::stored(&operation))
    }

    async fn deregister(&self, call: &Call<'_>, request: Deregister) -> Reply<()> {
        let kind = self.supported(OperationKind::Deregister)?;
        let document =
            TokenDeletion { reference: call.own.to_string(), token: request.token.expose().to_owned() };
        let operation = self.post(call, kind, "/v1/token-deletions", &document).await?;
        response::outcome(kind, operation, |_| Some(()))
    }

    async fn verify(&self, call: &Call<'_>, request: Verify) -> Reply<()> {
        let kind = self.supported(OperationKind::Verify)?;
        let document = TokenRequest {
            reference: call.own.to_string(),
            source: request::source(&request.instrument),
            methods: self.settings.methods.clone(),
        };
        let operation = self.post(call, kind, "/v1/verifications", &document).await?;
        response::outcome(kind, operation, |_| Some(()))
    }

    async fn resume(&self, call: &Call<'_>, request: Resume) -> Reply<Settled> {
        let kind = self.supported(OperationKind::Resume)?;
        let tampered = || Failure::invalid_request(kind, "the state is not one of this connector");
        let authentication = std::str::from_utf8(&request.state).map_err(|_| tampered())?;
        let authentication = request::segment(kind, authentication)?;
        let path = format!("/v1/authentications/{authentication}/completions");
        let parameter = |name: &str| request.parameters.get(name).cloned();
        let document = Completion { result: parameter("result"), code: parameter(CODE_PARAMETER) };
        let sent = request::post(&self.settings, kind, call, &path, &document)?;
        let response = self.send(call, kind, sent).await?;
        let operation = response::operation(kind, call.own, &response)?;
        response::outcome(kind, operation, response::settled)
    }

    async fn capture(&self, call: &Call<'_>, request: Capture) -> Reply<Settled> {
        let kind = self.supported(OperationKind::Capture)?;
        let path = format!("/v1/payments/{}/captures", request::segment(kind, &request.reference)?);
        self.follow_up(call, kind, &path, Some(request.amount), request.is_final).await
    }

    async fn increment(&self, call: &Call<'_>, request: Increment) -> Reply<Settled> {
        let kind = self.supported(OperationKind::Increment)?;
        let path = format!("/v1/payments/{}/increments", request::segment(kind, &request.reference)?);
        self.follow_up(call, kind, &path, Some(request.amount), false).await
    }

    async fn void(&self, call: &Call<'_>, request: Void) -> Reply<Settled> {
        let kind = self.supported(OperationKind::Void)?;
        let path = format!("/v1/payments/{}/voids", request::segment(kind, &request.reference)?);
        self.follow_up(call, kind, &path, None, true).await
    }

    async fn refund(&self, call: &Call<'_>, request: Refund) -> Reply<Settled> {
        let kind = self.supported(OperationKind::Refund)?;
        let path = format!("/v1/payments/{}/refunds", request::segment(kind, &request.reference)?);
        self.follow_up(call, kind, &path, Some(request.amount), false).await
    }

    async fn payout(&self, call: &Call<'_>, request: Payout) -> Reply<Settled> {
        let kind = self.supported(OperationKind::Payout)?;
        self.check(kind, request.amount)?;
        let document = request::payout(&self.settings, call, &request);
        let operation = self.post(call, kind, "/v1/payouts", &document).await?;
        response::outcome(kind, operation, response::settled)
    }
}

fn capabilities(settings: &Settings) -> Capabilities {
    Capabilities {
        processor: settings.processor.clone(),
        methods: settings.methods.iter().filter_map(|method| capability(settings, *method)).collect(),
        idempotency: Idempotency::Native { ttl: Duration::from_secs(365 * 24 * 60 * 60) },
        notifications: Notifications::Signed,
        partial_authorization: true,
        in_flight_horizon: Duration::from_secs(5 * 60),
    }
}

/// What is possible with a method; nothing with those that no test instrument has.
fn capability(settings: &Settings, method: Method) -> Option<MethodCapability> {
    use OperationKind as Op;
    const ALWAYS: &[Op] = &[Op::Probe, Op::Lookup, Op::Sale, Op::Refund, Op::Void];
    const STORED: &[Op] = &[Op::Register, Op::Deregister, Op::Verify];
    let more: &[&[Op]] = match method {
        Method::Card => &[STORED, &[Op::Authorize, Op::Capture, Op::Increment, Op::Resume, Op::Payout]],
        Method::Wallet => &[STORED, &[Op::Authorize, Op::Capture, Op::Payout]],
        Method::Iban | Method::MobileMoney => &[STORED, &[Op::Payout]],
        Method::MealVoucher => &[STORED],
        Method::BankTransfer => &[],
        Method::Other => return None,
    };
    let authentication = if method == Method::Card { Authentication::Redirect } else { Authentication::None };
    Some(MethodCapability {
        method,
        operations: ALWAYS.iter().chain(more.iter().copied().flatten()).copied().collect(),
        currencies: settings.currencies.clone(),
        countries: Vec::new(),
        capture: CaptureCapability { partial: true, multiple: true },
        refund: RefundCapability { partial: true, multiple: true, window: None },
        authentication,
        token_scope: TokenScope::Processor,
    })
}
