//! What resolvers get from the request: who asks, and the net of loaders.

use std::future::Future;

use async_graphql::{Context, Error};
use purser_services::{Ctx, task};
use purser_types::Money;

use crate::error::{ServiceError, coded, internal};
use crate::loaders::Loaders;
use crate::security::{self, DeniedCode};

/// One request of one viewer: the services' context, and loaders that never outlive it.
pub(crate) struct Session {
    ctx: Ctx,
    loaders: Loaders,
}

impl Session {
    pub(crate) fn new(ctx: Ctx) -> Self {
        Self { loaders: Loaders::new(&ctx), ctx }
    }

    /// The services' context.
    pub(crate) fn ctx(&self) -> &Ctx {
        &self.ctx
    }

    /// The net for whatever was not fetched ahead.
    pub(crate) fn loaders(&self) -> &Loaders {
        &self.loaders
    }

    /// Whether the table lets the viewer see a kind of object, or a sensitive field.
    pub(crate) fn may(&self, subject: &str) -> bool {
        security::may(self.ctx.viewer(), subject)
    }

    /// Nothing, in the default currency of the viewer's tenant.
    ///
    /// # Errors
    /// `INTERNAL`.
    pub(crate) async fn zero(&self) -> Result<Money, Error> {
        let own = self.loaders.tenants.load(self.ctx.viewer().tenant()).await?;
        own.map(|view| Money::zero(view.tenant.default_currency)).ok_or_else(internal)
    }

    /// Carries out a write in a task of its own, so that a client that hangs up does not cut a
    /// transaction in half. What was loaded before it is forgotten.
    pub(crate) async fn write<T, W>(&self, work: impl FnOnce(Ctx) -> W) -> Result<T, ServiceError>
    where
        T: Send + 'static,
        W: Future<Output = Result<T, ServiceError>> + Send + 'static,
    {
        use tracing::Instrument as _;
        let work = work(self.ctx.clone()).in_current_span();
        let done = task::own("running a mutation", work).await;
        self.loaders.clear().await;
        done
    }
}

/// The session of a request that a viewer makes.
///
/// # Errors
/// `UNAUTHENTICATED` if nobody put one there; the guard in front of the executor has then failed.
pub(crate) fn session<'a>(gql: &Context<'a>) -> Result<&'a Session, Error> {
    gql.data_opt::<Session>()
        .ok_or_else(|| coded(DeniedCode::Unauthenticated.as_str(), "A valid credential is needed."))
}

/// The session, if the table lets its viewer ask for a root field. The guard in front of the executor
/// has asked the same; a resolver does not rely on it.
///
/// # Errors
/// `UNAUTHENTICATED` or `FORBIDDEN`.
pub(crate) fn enter<'a>(gql: &Context<'a>, subject: &'static str) -> Result<&'a Session, Error> {
    let session = session(gql)?;
    security::allow(session.ctx.viewer(), subject)
        .map_err(|denied| coded(denied.code.as_str(), denied.message()))?;
    Ok(session)
}
