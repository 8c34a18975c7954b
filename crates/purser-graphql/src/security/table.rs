//! The rows, in the order of their subjects so that they can be searched by halves.

use purser_domain::KeyScope;
use purser_domain::container::Permission;
use purser_domain::scope::ViewerKind;

use super::Row;

/// Whoever holds a secret: a tenant's server, a verified token, the operator.
const SERVERS: &[ViewerKind] = &[ViewerKind::SecretKey, ViewerKind::Token, ViewerKind::Operator];
/// Every verified credential, the one in a page's source included.
const ANYONE: &[ViewerKind] = ViewerKind::ALL;

/// A row whose subject is asked for by whoever holds a secret.
const fn servers(subject: &'static str, scopes: &'static [KeyScope]) -> Row {
    Row { subject, kinds: SERVERS, scopes, permission: None }
}

/// A row that any verified credential satisfies.
const fn anyone(subject: &'static str) -> Row {
    Row { subject, kinds: ANYONE, scopes: &[], permission: None }
}

/// A row about the person behind a profile.
const fn person(subject: &'static str) -> Row {
    Row { subject, kinds: SERVERS, scopes: &[KeyScope::ProfilesPii], permission: Some(Permission::ReadPii) }
}

/// The table.
pub const TABLE: &[Row] = &[
    servers("ApiKey", &[KeyScope::KeysAdmin]),
    person("CardDetails.holder"),
    servers("Connector", &[KeyScope::ConnectorsRead]),
    servers("Container", &[KeyScope::ContainersRead]),
    servers("ContainerBinding", &[KeyScope::ContainersRead]),
    servers("ContainerOptOut", &[KeyScope::ContainersRead]),
    servers("ContainerShare", &[KeyScope::ContainersRead]),
    servers("CreatePaymentInput.metadata", &[KeyScope::MetadataWrite]),
    servers("DebitPaymentInput.metadata", &[KeyScope::MetadataWrite]),
    servers("Dispute", &[KeyScope::PaymentsRead]),
    servers("Event", &[KeyScope::PaymentsRead]),
    person("IbanDetails.holder"),
    servers("Instrument", &[KeyScope::InstrumentsRead]),
    servers("Instrument.paymentToken", &[KeyScope::InstrumentsUse]),
    servers("Mutation.bindContainer", &[KeyScope::ContainersAdmin]),
    servers("Mutation.cancelOrder", &[KeyScope::OrdersWrite]),
    servers("Mutation.cancelPayment", &[KeyScope::PaymentsWrite]),
    servers("Mutation.capturePayment", &[KeyScope::PaymentsWrite]),
    servers("Mutation.commitPayment", &[KeyScope::PaymentsWrite]),
    servers("Mutation.createApiKey", &[KeyScope::KeysAdmin]),
    servers("Mutation.createConnector", &[KeyScope::ConnectorsAdmin]),
    servers("Mutation.createContainer", &[KeyScope::ContainersAdmin]),
    servers("Mutation.createPayment", &[KeyScope::PaymentsWrite]),
    servers("Mutation.createProfile", &[KeyScope::ProfilesWrite]),
    servers("Mutation.createRouter", &[KeyScope::RoutingWrite]),
    servers("Mutation.createTenant", &[KeyScope::TenantsAdmin]),
    servers("Mutation.debitPayment", &[KeyScope::PaymentsWrite]),
    servers("Mutation.deleteInstrument", &[KeyScope::InstrumentsWrite]),
    servers("Mutation.deleteProfile", &[KeyScope::ProfilesDelete]),
    servers("Mutation.disableContainers", &[KeyScope::ContainersAdmin]),
    servers("Mutation.enableContainers", &[KeyScope::ContainersAdmin]),
    servers("Mutation.fulfilOrder", &[KeyScope::OrdersWrite]),
    servers("Mutation.incrementAuthorization", &[KeyScope::PaymentsWrite]),
    servers("Mutation.preauthorizePayment", &[KeyScope::PaymentsWrite]),
    servers("Mutation.refundPayment", &[KeyScope::PaymentsRefund]),
    servers("Mutation.registerInstrument", &[KeyScope::PaymentsWrite]),
    servers("Mutation.resolveAttempt", &[KeyScope::PaymentsResolve]),
    servers("Mutation.resumePayment", &[KeyScope::PaymentsWrite]),
    servers("Mutation.revokeApiKey", &[KeyScope::KeysAdmin]),
    servers("Mutation.revokeContainerShare", &[KeyScope::ContainersAdmin]),
    servers("Mutation.setPreferredInstrument", &[KeyScope::ProfilesWrite]),
    servers("Mutation.shareContainer", &[KeyScope::ContainersAdmin]),
    servers("Mutation.submitOrder", &[KeyScope::OrdersWrite]),
    servers("Mutation.syncPayment", &[KeyScope::PaymentsWrite]),
    servers("Mutation.testConnector", &[KeyScope::ConnectorsAdmin]),
    servers("Mutation.unbindContainer", &[KeyScope::ContainersAdmin]),
    servers("Mutation.updateConnector", &[KeyScope::ConnectorsAdmin]),
    servers("Mutation.updateContainer", &[KeyScope::ContainersAdmin]),
    servers("Mutation.updateProfile", &[KeyScope::ProfilesWrite]),
    servers("Mutation.updateRouter", &[KeyScope::RoutingWrite]),
    servers("Mutation.updateTenant", &[KeyScope::TenantsAdmin]),
    servers("Mutation.upsertProfile", &[KeyScope::ProfilesWrite]),
    servers("Mutation.voidPayment", &[KeyScope::PaymentsVoid]),
    servers("Order", &[KeyScope::OrdersRead]),
    servers("PayWithInput.paymentToken", &[KeyScope::InstrumentsUse]),
    servers("PayWithInput.referencePaymentId", &[KeyScope::InstrumentsUse]),
    servers("Payment", &[KeyScope::PaymentsRead]),
    servers("Payment.metadata", &[KeyScope::MetadataRead]),
    servers("PaymentAttempt", &[KeyScope::PaymentsRead]),
    servers("PreauthorizePaymentInput.metadata", &[KeyScope::MetadataWrite]),
    servers("Profile", &[KeyScope::ProfilesRead]),
    person("Profile.addresses"),
    person("Profile.birthDate"),
    person("Profile.email"),
    servers("Profile.metadata", &[KeyScope::MetadataRead]),
    person("Profile.phone"),
    servers("Query.attemptsInReview", &[KeyScope::PaymentsRead]),
    servers("Query.chargeableInstruments", &[KeyScope::InstrumentsRead, KeyScope::ProfilesRead]),
    servers("Query.connector", &[KeyScope::ConnectorsRead]),
    servers("Query.connectorPlugins", &[KeyScope::ConnectorsRead]),
    servers("Query.connectors", &[KeyScope::ConnectorsRead]),
    servers("Query.container", &[KeyScope::ContainersRead]),
    servers("Query.containerBindings", &[KeyScope::ContainersRead]),
    servers("Query.containerOptOuts", &[KeyScope::ContainersRead]),
    servers("Query.containers", &[KeyScope::ContainersRead]),
    servers("Query.effectiveContainer", &[KeyScope::ContainersRead]),
    servers("Query.instrument", &[KeyScope::InstrumentsRead]),
    servers("Query.node", &[]),
    servers("Query.nodes", &[]),
    servers("Query.order", &[KeyScope::OrdersRead]),
    servers("Query.orders", &[KeyScope::OrdersRead]),
    servers("Query.payment", &[KeyScope::PaymentsRead]),
    servers("Query.payments", &[KeyScope::PaymentsRead]),
    servers("Query.profile", &[KeyScope::ProfilesRead]),
    servers("Query.profiles", &[KeyScope::ProfilesRead]),
    servers("Query.router", &[KeyScope::RoutingRead]),
    servers("Query.routers", &[KeyScope::RoutingRead]),
    servers("Query.simulateRoute", &[KeyScope::RoutingRead]),
    servers("Query.tenant", &[KeyScope::TenantsRead]),
    servers("Query.tenants", &[KeyScope::TenantsRead]),
    anyone("Query.viewer"),
    servers("RegisterInstrumentInput.metadata", &[KeyScope::MetadataWrite]),
    servers("Router", &[KeyScope::RoutingRead]),
    servers("SimulateRouteInput.paymentToken", &[KeyScope::InstrumentsRead]),
    anyone("Tenant"),
    servers("Tenant.apiKeys", &[KeyScope::KeysAdmin]),
    servers("Tenant.children", &[KeyScope::TenantsRead]),
    servers("Tenant.createdAt", &[KeyScope::TenantsRead]),
    servers("Tenant.defaultContainer", &[KeyScope::ContainersRead]),
    servers("Tenant.defaultCurrency", &[KeyScope::TenantsRead]),
    servers("Tenant.features", &[KeyScope::TenantsRead]),
    servers("Tenant.parent", &[KeyScope::TenantsRead]),
    servers("Tenant.status", &[KeyScope::TenantsRead]),
    servers("Tenant.version", &[KeyScope::TenantsRead]),
];
