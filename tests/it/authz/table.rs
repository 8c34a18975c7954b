//! Who gets what: each root field of the graph, asked by everybody about the owner's things.
//!
//! A row is a field, a document that asks it about what belongs to the owner, and what comes of it for the
//! owner, the granted sibling, the one whose share was revoked, the tenant above them, and a stranger of
//! another tree. Without a credential everything is `401`; a publishable key gets `403` but for `viewer`.
//!
//! | word | what comes back |
//! |---|---|
//! | `SHOWN` | something of the owner's |
//! | `OWN` | an answer with nothing of the owner's in it |
//! | `NULL` | null |
//! | `DONE` | the mutation was carried out |
//! | another | the code of the refusal |

pub(super) struct Row {
    /// The field as the schema has it.
    pub(super) field: &'static str,
    /// The document's one field; `$name` stands for a thing of the owner's, see `Things`.
    pub(super) ask: &'static str,
    /// What comes of it for the owner, the sibling, the revoked one, the parent and the stranger.
    pub(super) outcomes: [&'static str; 5],
}

const fn row(field: &'static str, ask: &'static str, outcomes: [&'static str; 5]) -> Row {
    Row { field, ask, outcomes }
}

/// Everybody with a secret key gets the same.
const fn all(field: &'static str, ask: &'static str, outcome: &'static str) -> Row {
    row(field, ask, [outcome; 5])
}

/// The owner gets something, nobody else does.
const fn owners(field: &'static str, ask: &'static str, outcome: &'static str, other: &'static str) -> Row {
    row(field, ask, [outcome, other, other, other, other])
}

/// Owner and sibling get something, nobody else does.
const fn shared(field: &'static str, ask: &'static str, outcome: &'static str, other: &'static str) -> Row {
    row(field, ask, [outcome, outcome, other, other, other])
}

/// Owner and parent get something, nobody else does.
const fn branch(field: &'static str, ask: &'static str, outcome: &'static str, other: &'static str) -> Row {
    row(field, ask, [outcome, other, other, outcome, other])
}

const SHOWN: &str = "SHOWN";
const OWN: &str = "OWN";
const NULL: &str = "NULL";
const DONE: &str = "DONE";

/// Look-ups and lists.
pub(super) const QUERIES: &[Row] = &[
    row("viewer", "viewer { kind tenant { id } }", [SHOWN, OWN, OWN, OWN, OWN]),
    row("tenant", "tenant(by: {id: \"$tenant\"}) { id }", [SHOWN, SHOWN, NULL, SHOWN, NULL]),
    branch("tenant", "tenant(by: {slug: \"$slug\"}) { id }", SHOWN, NULL),
    row("tenants", "tenants { nodes { id } }", [OWN, OWN, OWN, SHOWN, OWN]),
    row(
        "tenants",
        "tenants(parentId: \"$tenant\") { nodes { id parent { id } } }",
        [SHOWN, OWN, OWN, SHOWN, OWN],
    ),
    shared("node", "node(id: \"$container\") { id }", SHOWN, NULL),
    shared("node", "node(id: \"$profile\") { id }", SHOWN, NULL),
    shared("node", "node(id: \"$instrument\") { id }", SHOWN, NULL),
    owners("node", "node(id: \"$payment\") { id }", SHOWN, NULL),
    owners("node", "node(id: \"$connector\") { id }", SHOWN, NULL),
    owners("node", "node(id: \"$router\") { id }", SHOWN, NULL),
    owners("node", "node(id: \"$attempt\") { id }", SHOWN, NULL),
    owners("node", "node(id: \"$event\") { id }", SHOWN, NULL),
    owners("node", "node(id: \"$sale\") { id }", SHOWN, NULL),
    row("node", "node(id: \"$tenant\") { id }", [SHOWN, SHOWN, NULL, SHOWN, NULL]),
    all("node", "node(id: \"$key\") { id }", NULL),
    all("node", "node(id: \"$share\") { id }", NULL),
    shared("nodes", "nodes(ids: [\"$container\", \"$profile\", \"$instrument\"]) { id }", SHOWN, OWN),
    owners("nodes", "nodes(ids: [\"$payment\", \"$connector\", \"$router\"]) { id }", SHOWN, OWN),
    shared("container", "container(id: \"$container\") { id name }", SHOWN, NULL),
    shared("containers", "containers { nodes { id } }", SHOWN, OWN),
    owners("containerOptOuts", "containerOptOuts { nodes { id } }", SHOWN, OWN),
    owners("containerBindings", "containerBindings { nodes { id connector { id } } }", SHOWN, OWN),
    owners(
        "effectiveContainer",
        "effectiveContainer(connectorId: \"$connector\") { container { id } }",
        SHOWN,
        NULL,
    ),
    shared("profile", "profile(by: {id: \"$profile\"}) { id name }", SHOWN, NULL),
    shared("profile", "profile(by: {guid: \"$guid\"}) { id name }", SHOWN, NULL),
    shared(
        "profile",
        "profile(by: {customerIdentification: {containerId: \"$container\", customerIdentification: \"$identification\"}}) { id }",
        SHOWN,
        NULL,
    ),
    owners("profile", "profile(by: {externalId: \"$externalId\"}) { id }", SHOWN, NULL),
    shared("profiles", "profiles { nodes { id } }", SHOWN, OWN),
    shared(
        "profiles",
        "profiles(filter: {containerId: \"$container\"}) { totalCount nodes { id } }",
        SHOWN,
        OWN,
    ),
    owners("profiles", "profiles(filter: {tag: \"$tag\"}) { totalCount nodes { id } }", SHOWN, OWN),
    shared("instrument", "instrument(by: {id: \"$instrument\"}) { id }", SHOWN, NULL),
    shared("instrument", "instrument(by: {paymentToken: \"$token\"}) { id }", SHOWN, NULL),
    row(
        "chargeableInstruments",
        "chargeableInstruments(profileId: \"$profile\", connectorId: \"$connector\") { instrument { id } }",
        [SHOWN, OWN, NULL, NULL, NULL],
    ),
    owners("payment", "payment(by: {id: \"$payment\"}) { id }", SHOWN, NULL),
    owners("payment", "payment(by: {merchantTransactionId: \"$order\"}) { id }", SHOWN, NULL),
    owners("payments", "payments { nodes { id } }", SHOWN, OWN),
    owners("payments", "payments(filter: {profileId: \"$profile\"}) { totalCount nodes { id } }", SHOWN, OWN),
    owners("attemptsInReview", "attemptsInReview { totalCount nodes { id } }", SHOWN, OWN),
    owners("order", "order(by: {id: \"$sale\"}) { id }", SHOWN, NULL),
    owners("order", "order(by: {externalId: \"$cart\"}) { id }", SHOWN, NULL),
    owners("orders", "orders { totalCount nodes { id } }", SHOWN, OWN),
    owners(
        "simulateRoute",
        "simulateRoute(input: {connectorId: \"$connector\", amount: {amount: \"1.00\", currency: \"EUR\"}}) { steps { id } }",
        SHOWN,
        NULL,
    ),
    owners("connector", "connector(id: \"$connector\") { id name }", SHOWN, NULL),
    owners("connectors", "connectors { nodes { id } }", SHOWN, OWN),
    all("connectorPlugins", "connectorPlugins { id }", OWN),
    owners("router", "router(id: \"$router\") { id name }", SHOWN, NULL),
    owners("routers", "routers { nodes { id } }", SHOWN, OWN),
];

/// Changes. Each is asked for by the others first and by the owner last.
pub(super) const MUTATIONS: &[Row] = &[
    branch(
        "createTenant",
        "createTenant(input: {parentId: \"$tenant\", slug: \"$new\", name: \"new\"})",
        DONE,
        "TENANT_NOT_FOUND",
    ),
    branch(
        "updateTenant",
        "updateTenant(input: {id: \"$tenant\", name: \"touched\"})",
        DONE,
        "TENANT_NOT_FOUND",
    ),
    branch(
        "createApiKey",
        "createApiKey(input: {tenantId: \"$tenant\", kind: SECRET, name: \"k\"})",
        DONE,
        "TENANT_NOT_FOUND",
    ),
    branch("revokeApiKey", "revokeApiKey(input: {id: \"$key\"})", DONE, "API_KEY_NOT_FOUND"),
    all("createContainer", "createContainer(input: {name: \"$new\"})", DONE),
    owners(
        "updateContainer",
        "updateContainer(input: {id: \"$container\", description: \"touched\"})",
        DONE,
        "CONTAINER_NOT_FOUND",
    ),
    owners(
        "shareContainer",
        "shareContainer(input: {containerId: \"$container\", granteeTenantId: \"$spare\", permissions: [READ_PROFILE]})",
        DONE,
        "CONTAINER_NOT_FOUND",
    ),
    owners("revokeContainerShare", "revokeContainerShare(input: {id: \"$share\"})", DONE, "SHARE_NOT_FOUND"),
    shared(
        "disableContainers",
        "disableContainers(input: {containerId: \"$container\", reach: SUB_TENANTS})",
        DONE,
        "CONTAINER_NOT_FOUND",
    ),
    owners("enableContainers", "enableContainers(input: {optOutId: \"$optOut\"})", DONE, "OPT_OUT_NOT_FOUND"),
    shared(
        "bindContainer",
        "bindContainer(input: {containerId: \"$container\"})",
        DONE,
        "CONTAINER_NOT_FOUND",
    ),
    row(
        "bindContainer",
        "bindContainer(input: {containerId: \"$container\", connectorId: \"$connector\"})",
        [DONE, "CONNECTOR_NOT_FOUND", "CONTAINER_NOT_FOUND", "CONTAINER_NOT_FOUND", "CONTAINER_NOT_FOUND"],
    ),
    owners(
        "unbindContainer",
        "unbindContainer(input: {connectorId: \"$connector\"})",
        DONE,
        "CONNECTOR_NOT_FOUND",
    ),
    shared(
        "createProfile",
        "createProfile(input: {containerId: \"$container\"})",
        DONE,
        "CONTAINER_NOT_FOUND",
    ),
    shared(
        "upsertProfile",
        "upsertProfile(input: {containerId: \"$container\", customerIdentification: \"$identification\", name: \"upserted\"})",
        DONE,
        "CONTAINER_NOT_FOUND",
    ),
    shared(
        "updateProfile",
        "updateProfile(input: {by: {id: \"$profile\"}, name: \"touched\"})",
        DONE,
        "PROFILE_NOT_FOUND",
    ),
    shared(
        "updateProfile",
        "updateProfile(input: {by: {guid: \"$guid\"}, name: \"again\"})",
        DONE,
        "PROFILE_NOT_FOUND",
    ),
    shared(
        "setPreferredInstrument",
        "setPreferredInstrument(input: {profileId: \"$profile\", instrumentId: \"$instrument\"})",
        DONE,
        "PROFILE_NOT_FOUND",
    ),
    shared(
        "deleteProfile",
        "deleteProfile(input: {by: {id: \"$profile\"}, dryRun: true})",
        DONE,
        "PROFILE_NOT_FOUND",
    ),
    row(
        "deleteProfile",
        "deleteProfile(input: {by: {id: \"$profile\"}, confirm: \"no\"})",
        [
            "CONFIRMATION_REQUIRED",
            "CONFIRMATION_REQUIRED",
            "PROFILE_NOT_FOUND",
            "PROFILE_NOT_FOUND",
            "PROFILE_NOT_FOUND",
        ],
    ),
    row(
        "deleteInstrument",
        "deleteInstrument(input: {instrumentId: \"$spareInstrument\"})",
        [
            DONE,
            "CONTAINER_PERMISSION_MISSING",
            "INSTRUMENT_NOT_FOUND",
            "INSTRUMENT_NOT_FOUND",
            "INSTRUMENT_NOT_FOUND",
        ],
    ),
    owners(
        "debitPayment",
        "debitPayment(input: {merchantTransactionId: \"$new\", connectorId: \"$connector\", payWith: {paymentToken: \"$token\"}, amount: {amount: \"1.00\", currency: \"EUR\"}})",
        DONE,
        "CONNECTOR_NOT_FOUND",
    ),
    owners(
        "preauthorizePayment",
        "preauthorizePayment(input: {merchantTransactionId: \"$new\", routerId: \"$router\", payWith: {paymentToken: \"$token\"}, amount: {amount: \"1.00\", currency: \"EUR\"}})",
        DONE,
        "ROUTER_NOT_FOUND",
    ),
    owners(
        "registerInstrument",
        "registerInstrument(input: {merchantTransactionId: \"$new\", connectorId: \"$connector\", payWith: {transactionToken: \"tok_amex\"}, customerProfileData: {profileGuid: \"$guid\"}})",
        DONE,
        "CONNECTOR_NOT_FOUND",
    ),
    owners(
        "createPayment",
        "createPayment(input: {merchantTransactionId: \"$new\", connectorId: \"$connector\", amount: {amount: \"1.00\", currency: \"EUR\"}})",
        DONE,
        "CONNECTOR_NOT_FOUND",
    ),
    owners(
        "commitPayment",
        "commitPayment(input: {paymentId: \"$waiting\", payWith: {transactionToken: \"tok_visa\"}})",
        DONE,
        "PAYMENT_NOT_FOUND",
    ),
    owners(
        "resumePayment",
        "resumePayment(input: {paymentId: \"$acting\", parameters: [{name: \"code\", value: \"123456\"}]})",
        DONE,
        "PAYMENT_NOT_FOUND",
    ),
    owners("cancelPayment", "cancelPayment(input: {paymentId: \"$idle\"})", DONE, "PAYMENT_NOT_FOUND"),
    owners(
        "incrementAuthorization",
        "incrementAuthorization(input: {paymentId: \"$reserved\", amount: {amount: \"1.00\", currency: \"EUR\"}})",
        DONE,
        "PAYMENT_NOT_FOUND",
    ),
    owners("syncPayment", "syncPayment(input: {paymentId: \"$payment\"})", DONE, "PAYMENT_NOT_FOUND"),
    owners(
        "resolveAttempt",
        "resolveAttempt(input: {attemptId: \"$doubt\", outcome: FAILED, reason: \"seen\"})",
        DONE,
        "ATTEMPT_NOT_FOUND",
    ),
    shared(
        "submitOrder",
        "submitOrder(input: {externalId: \"$new\", profileId: \"$profile\", lines: [{name: \"tea\", unitAmount: {amount: \"1.00\", currency: \"EUR\"}}], total: {amount: \"1.00\", currency: \"EUR\"}})",
        DONE,
        "PROFILE_NOT_FOUND",
    ),
    owners(
        "fulfilOrder",
        "fulfilOrder(input: {orderId: \"$sale\", carrier: \"Post\"})",
        DONE,
        "ORDER_NOT_FOUND",
    ),
    owners("cancelOrder", "cancelOrder(input: {orderId: \"$sale\"})", DONE, "ORDER_NOT_FOUND"),
    owners(
        "capturePayment",
        "capturePayment(input: {paymentId: \"$reserved\", amount: {amount: \"1.00\", currency: \"EUR\"}})",
        DONE,
        "PAYMENT_NOT_FOUND",
    ),
    owners("voidPayment", "voidPayment(input: {paymentId: \"$reserved\"})", DONE, "PAYMENT_NOT_FOUND"),
    owners(
        "refundPayment",
        "refundPayment(input: {paymentId: \"$payment\", amount: {amount: \"1.00\", currency: \"EUR\"}})",
        DONE,
        "PAYMENT_NOT_FOUND",
    ),
    all(
        "createConnector",
        "createConnector(input: {pluginId: \"sandbox\", name: \"$new\", settings: {processor: \"x\", account: \"a\", api_key: \"sbx_k\"}})",
        DONE,
    ),
    owners(
        "updateConnector",
        "updateConnector(input: {id: \"$connector\", name: \"touched\"})",
        DONE,
        "CONNECTOR_NOT_FOUND",
    ),
    owners("testConnector", "testConnector(input: {id: \"$connector\"})", DONE, "CONNECTOR_NOT_FOUND"),
    owners(
        "createRouter",
        "createRouter(input: {name: \"$new\", connectorIds: [\"$connector\"]})",
        DONE,
        "CONNECTOR_NOT_FOUND",
    ),
    owners(
        "updateRouter",
        "updateRouter(input: {id: \"$router\", name: \"touched\"})",
        DONE,
        "ROUTER_NOT_FOUND",
    ),
];
