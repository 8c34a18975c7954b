//! What this layer asks of the rest of the program.
//!
//! HTTP knows no tenant, no table and no rule. Whoever wires the server implements these traits
//! over the services and hands them in; the tests of this directory implement them over a toy schema.

use std::future::Future;

use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{Request, Response, ServerError, Variables};
use purser_connector::{Acknowledgement, Inbound};
use purser_graphql::Plan;
use url::Url;

use super::jwt::Claims;

/// The store of credentials could not be asked; the client should try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the store of credentials is not available")]
pub struct CredentialsUnavailable;

/// Turns a credential into somebody.
pub trait Authenticate: Send + Sync + 'static {
    /// Who is asking; cloned into the task that executes.
    type Viewer: Clone + Send + Sync + 'static;

    /// Nobody in particular.
    fn anonymous(&self) -> Self::Viewer;

    /// Looks an API key up. `None` if there is no such key, or it is revoked: the two look alike. Keys
    /// hold no dot; whatever holds one is taken for a token.
    fn api_key(
        &self,
        presented: &str,
    ) -> impl Future<Output = Result<Option<Self::Viewer>, CredentialsUnavailable>> + Send;

    /// Maps the claims of a token whose signature, times and audience were verified.
    fn jwt(
        &self,
        claims: Claims,
    ) -> impl Future<Output = Result<Option<Self::Viewer>, CredentialsUnavailable>> + Send;

    /// The tenant's id for the request log, if the viewer has one.
    fn tenant(&self, viewer: &Self::Viewer) -> Option<String>;
}

/// Executes an operation that has passed every check of this layer.
pub trait Execute: Send + Sync + 'static {
    /// The same as [`Authenticate::Viewer`].
    type Viewer: Clone + Send + Sync + 'static;

    /// Says no before anything is executed. The error's `extensions.code` decides the status: 401 for
    /// `UNAUTHENTICATED`, 403 for `FORBIDDEN`, 429 for `RATE_LIMITED`, a request error otherwise.
    ///
    /// An anonymous viewer comes here too; introspection and `__typename` are usually let through.
    ///
    /// # Errors
    /// With a message that may be shown.
    fn authorize(&self, viewer: &Self::Viewer, operation: &Operation) -> Result<(), ServerError>;

    /// The request with the `Idempotency-Key` that came along, well-formed, with a mutation of one field.
    fn once(&self, request: Request, key: String) -> Request;

    /// Executes. `request` has its document parsed; the implementation adds the viewer to `request.data`.
    /// It runs in a task of its own that nobody cancels.
    fn execute(&self, request: Request, viewer: Self::Viewer) -> impl Future<Output = Response> + Send;

    /// The plan of a query that [`Execute::execute`] has answered without an error, if it can be run as one.
    fn plan(&self, _document: &ExecutableDocument, _operation_name: Option<&str>) -> Option<Plan> {
        None
    }

    /// Runs a plan: the bytes of the whole answer, or none if the operation has to be executed after all.
    fn run(
        &self,
        _plan: &Plan,
        _variables: &Variables,
        _viewer: Self::Viewer,
    ) -> impl Future<Output = Option<Vec<u8>>> + Send {
        std::future::ready(None)
    }
}

/// Takes what processors send on their own.
pub trait Receive: Send + Sync + 'static {
    /// Believes a notification and stores it, or does not. It runs in a task of its own that nobody cancels.
    fn receive(&self, connector_id: &str, inbound: Inbound) -> impl Future<Output = Received> + Send;
}

/// What became of a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// It is stored, now or earlier, and this is what the processor wants to hear.
    Acknowledged(Acknowledgement),
    /// There is no such connector, it takes no notifications, or the signature is wrong. Nothing was kept.
    Refused,
    /// It could not be stored; the processor should send it again.
    Unavailable,
}

/// Goes on with a payment whose customer comes back.
pub trait ComeBack: Send + Sync + 'static {
    /// What the browser brought along, and under which token. It runs in a task of its own.
    fn come_back(
        &self,
        token: &str,
        parameters: Vec<(String, String)>,
    ) -> impl Future<Output = CameBack> + Send;
}

/// Where a customer goes who came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CameBack {
    /// To one of the merchant's addresses.
    To(Url),
    /// The merchant gave no address.
    Nowhere,
    /// There is no such token, or no longer.
    Unknown,
    /// It could not be found out; the customer should try again.
    Unavailable,
}

/// What `/readyz` and `doctor` ask the database.
pub trait Ready: Send + Sync + 'static {
    /// A round trip; the text says what is wrong, without credentials.
    fn ping(&self) -> impl Future<Output = Result<(), String>> + Send;

    /// Called before `/metrics` is rendered: brings figures up to date that are read, not counted.
    fn observe(&self) {}
}

/// What is known of an operation before it is executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Its name in the document. Chosen by the client: never log it.
    pub name: Option<String>,
    /// Query or mutation; subscriptions do not get here.
    pub kind: OperationType,
    /// Names of the fields at the root, through fragments, without aliases, each once.
    pub root_fields: Vec<String>,
    /// How often the root is asked for something: aliases of one field count each.
    pub root_field_count: u64,
    /// It asks for `__schema`, `__type` or `_service`.
    pub introspects: bool,
    /// Points.
    pub cost: u64,
    /// Fields inside each other.
    pub depth: u32,
    /// The first 16 hexadecimal digits of the document's BLAKE3 hash; safe to log.
    pub hash: String,
}
