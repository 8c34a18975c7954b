//! The schema: the services' use cases and reads as one graph.
//!
//! This crate knows GraphQL and the services, and nothing of SQL, HTTP or processors. It turns a
//! document's selection into few reads, catches the rest with batched loaders, decides by one table who
//! may ask for what, and turns errors into payloads. It holds no business rule and opens no transaction.
//!
//! How a request goes:
//! 1. The HTTP layer names the root fields of the document ([`root_fields`]) and asks
//!    [`security::authorize`]; what is denied is not executed.
//! 2. [`with_context`] gives the request a session: the services' context and a set of loaders. Both end
//!    with the request, and both belong to its one viewer.
//! 3. A root resolver asks the table once more, has `lookahead` read the selection below it, and
//!    fetches the surroundings in one flush.
//! 4. Child resolvers take what is there, or load it by id; an object of a kind that the viewer may not
//!    see is null, wherever it is reached from.
//! 5. A document that asks for customers and nothing out of the ordinary is run as a [`Plan`] from then on,
//!    which reads and answers the same without the executor.
//!
//! House rules:
//! - A nullable field that may fail is `Option<Result<T>>`, written `Nullable<T>`. The other way round
//!   the library nulls the parent; a test reads our sources for it.
//! - What the business declines is a user error in the payload; `errors[]` is for faults and for
//!   questions that cannot be answered as they are put, with a code of the closed set.
//! - No extension of the library on this schema: even an empty one moves every field to a slow path.
//! - Descriptions are product text. A type's description stands on its `impl` block.
//!
//! How to add a field: write the resolver with its description; if it shows something sensitive, give it a
//! row in the table and say in the description what makes it null. A root field needs a row, or the schema
//! does not build, and its description ends with the row's sentence. A mutation names its codes in
//! `impl Codes`. Then let `cargo xtask schema` write `schema.graphql` anew.
#![warn(missing_docs)]
// The executor's futures of sixteen merged roots are laid out inside each other.
#![recursion_limit = "256"]

mod connectors;
mod containers;
mod context;
mod error;
mod instruments;
mod loaders;
mod lookahead;
mod money;
mod node;
mod once;
mod orders;
mod page;
mod payload;
mod payments;
mod plan;
mod profiles;
mod roots;
mod scalars;
pub mod security;
mod tenants;
mod viewer;
mod words;

use async_graphql::{EmptySubscription, MergedObject, Request, Response, SDLExportOptions, SchemaBuilder};
use futures::future::BoxFuture;
use purser_services::Ctx;

pub use plan::Plan;
pub use roots::root_fields;

/// The schema, ready to execute.
pub type Schema = async_graphql::Schema<Query, Mutation, EmptySubscription>;

/// What can be read. Every field says which scopes it needs; what you may not see does not exist.
#[derive(MergedObject, Default)]
pub struct Query(
    viewer::ViewerQuery,
    node::NodeQuery,
    tenants::TenantQuery,
    containers::ContainerQuery,
    containers::OptOutQuery,
    containers::BindingQuery,
    profiles::ProfileQuery,
    instruments::InstrumentQuery,
    instruments::ChargeableQuery,
    payments::PaymentQuery,
    payments::RouteQuery,
    payments::ReviewQuery,
    orders::OrderQuery,
    connectors::ConnectorQuery,
    connectors::PluginQuery,
    connectors::RouterQuery,
);

/// What can be done. Every mutation takes one `input` and answers a payload: the object, or the reasons why
/// nothing was done.
#[derive(MergedObject, Default)]
pub struct Mutation(
    tenants::TenantMutation,
    tenants::KeyMutation,
    containers::ContainerMutation,
    containers::ShareMutation,
    containers::OptOutMutation,
    containers::BindingMutation,
    profiles::ProfileMutation,
    instruments::InstrumentMutation,
    payments::PayMutation,
    payments::ProgressMutation,
    payments::FollowUpMutation,
    payments::ReviewMutation,
    orders::OrderMutation,
    connectors::ConnectorMutation,
    connectors::RouterMutation,
);

fn builder() -> SchemaBuilder<Query, Mutation, EmptySubscription> {
    // Suggestions would tell names to those who may not read the schema.
    async_graphql::Schema::build(Query::default(), Mutation::default(), EmptySubscription)
        .disable_suggestions()
}

/// The schema.
///
/// # Panics
/// If a root field, or an object with an id, has no row in [`security::TABLE`], or a row has no field:
/// better no server than an unguarded one.
#[must_use]
pub fn schema() -> Schema {
    let schema = builder().finish();
    let differences = security::differences(&schema.sdl());
    assert!(differences.is_empty(), "the security table does not fit the schema: {}", differences.join("; "));
    schema
}

/// The schema as text, the same from run to run; `schema.graphql` is this.
#[must_use]
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .include_specified_by()
        .prefer_single_line_descriptions()
        .use_space_ident()
        .indent_width(2);
    let sdl = schema().sdl_with_options(options);
    format!(
        "# Generated by `purser schema`; do not edit. `cargo xtask schema` writes it anew.\n\n{}\n",
        sdl.trim()
    )
}

/// Executes a request. Boxed here, so that no crate above has to lay out the executor's future.
pub fn execute(schema: &Schema, request: Request) -> BoxFuture<'_, Response> {
    Box::pin(schema.execute(request))
}

/// The request with what resolvers need: the viewer's context, and loaders that end with the request.
#[must_use]
pub fn with_context(mut request: Request, ctx: Ctx) -> Request {
    roots::fill_defaults(&mut request);
    request.data(context::Session::new(ctx))
}

/// The key with which a client may send one mutation again: the `Idempotency-Key` header of HTTP, or
/// whatever another transport has in its place. The field's own `idempotencyKey` says the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(pub String);

/// The request with the key that came along with it; only for a mutation with one root field.
#[must_use]
pub fn with_idempotency_key(request: Request, key: String) -> Request {
    request.data(IdempotencyKey(key))
}
