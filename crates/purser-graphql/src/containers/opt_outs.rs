//! Opt-outs: containers disabled for the tenants below.

use std::sync::Arc;

use async_graphql::{Context, Error, ID, InputObject, Object, SimpleObject};
use purser_domain::container;
use purser_services::{containers, reads};
use purser_types::page::Position;

use super::Container;
use crate::context::enter;
use crate::error::{Code, Nullable, nullable};
use crate::page::{Connection, Listed, PageArguments, asks_for_total, listed};
use crate::payload::{self, Codes, UserError, settle};
use crate::scalars::DateTime;
use crate::words::OptOutReach;

/// One of the viewer's own opt-outs.
#[derive(Clone)]
pub(crate) struct ContainerOptOut(Arc<container::OptOut>);

impl ContainerOptOut {
    pub(crate) fn new(opt_out: container::OptOut) -> Self {
        Self(Arc::new(opt_out))
    }
}

impl Listed for ContainerOptOut {
    const LIST: &'static str = "optOuts";

    fn position(&self) -> Position {
        Position { created_at: self.0.created_at, id: self.0.id.uuid() }
    }
}

/// Your decision that containers are disabled for the tenants below yours. It beats every share, and
/// ownership.
#[Object]
impl ContainerOptOut {
    /// The id, `opt_…`; `enableContainers` takes it.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Whom it reaches.
    async fn reach(&self) -> OptOutReach {
        self.0.reach.into()
    }

    /// The one container it is about; null if it is about all of them, or you see it no longer.
    async fn container(&self, gql: &Context<'_>) -> Nullable<Container> {
        super::container(gql, self.0.container_id).await
    }

    /// Whether it is about all containers, those of the future included.
    async fn is_for_all(&self) -> bool {
        self.0.container_id.is_none()
    }

    /// Why, in your words; null if you did not say.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// When you decided.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}

#[derive(Default)]
pub(crate) struct OptOutQuery;

#[Object]
impl OptOutQuery {
    /// Your own opt-outs, newest first. Needs `containers:read`.
    async fn container_opt_outs(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "How many, from the newest: 1 to 100, 20 if absent.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, from the oldest: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Nullable<Connection<ContainerOptOut>> {
        let arguments = PageArguments::new(first, after, last, before);
        nullable(
            async {
                let ctx = enter(gql, "Query.containerOptOuts")?.ctx();
                let page = arguments.page::<ContainerOptOut>(ctx, asks_for_total(gql))?;
                listed(reads::opt_outs(ctx, page).await, ContainerOptOut::new).map(Some)
            }
            .await,
        )
    }
}

/// A decision that containers are disabled below your tenant.
#[derive(InputObject)]
pub(crate) struct DisableContainersInput {
    /// The one container it is about; all of them if absent.
    container_id: Option<ID>,
    /// Whom it reaches.
    reach: OptOutReach,
    /// Why, at most 500 characters.
    reason: Option<String>,
}

/// The codes of `disableContainers`.
pub(crate) enum DisableContainers {}
impl Codes for DisableContainers {
    const MUTATION: &'static str = "DisableContainers";
    const CODES: &'static [Code] =
        &[Code::ContainerNotFound, Code::TenantNotFound, Code::AlreadyDisabled, Code::InvalidInput];
}

/// What became of `disableContainers`.
#[derive(SimpleObject)]
pub(crate) struct DisableContainersPayload {
    /// The opt-out; null if it was refused.
    opt_out: Option<ContainerOptOut>,
    /// Why it was refused; empty if it was not.
    user_errors: Vec<UserError<DisableContainers>>,
}

/// The opt-out that is taken back.
#[derive(InputObject)]
pub(crate) struct EnableContainersInput {
    /// Which one: yours.
    opt_out_id: ID,
}

/// The codes of `enableContainers`.
pub(crate) enum EnableContainers {}
impl Codes for EnableContainers {
    const MUTATION: &'static str = "EnableContainers";
    const CODES: &'static [Code] = &[Code::OptOutNotFound, Code::TenantNotFound];
}

/// What became of `enableContainers`.
#[derive(SimpleObject)]
pub(crate) struct EnableContainersPayload {
    /// The opt-out that is no more; null if it was refused.
    opt_out: Option<ContainerOptOut>,
    /// Why it was refused; empty if it was not.
    user_errors: Vec<UserError<EnableContainers>>,
}

#[derive(Default)]
pub(crate) struct OptOutMutation;

#[Object]
impl OptOutMutation {
    /// Disables one container or all of them for the tenants below yours, and for yourself if you say
    /// so. Needs `containers:admin`.
    async fn disable_containers(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The decision.")] input: DisableContainersInput,
    ) -> Nullable<DisableContainersPayload> {
        Some(disable(gql, input).await)
    }

    /// Takes such a decision back: what was shared before is so again. Needs `containers:admin`.
    async fn enable_containers(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Which decision.")] input: EnableContainersInput,
    ) -> Nullable<EnableContainersPayload> {
        Some(enable(gql, input).await)
    }
}

async fn disable(
    gql: &Context<'_>,
    input: DisableContainersInput,
) -> Result<DisableContainersPayload, Error> {
    let session = enter(gql, "Mutation.disableContainers")?;
    let done = session.write(|ctx| async move {
        let id = input.container_id.as_ref();
        let input = containers::DisableContainers {
            container_id: payload::optional_id(id, Code::ContainerNotFound, "containerId")?,
            reach: input.reach.into(),
            reason: input.reason,
        };
        containers::disable(&ctx, input).await
    });
    let (opt_out, user_errors) = settle(done.await)?;
    Ok(DisableContainersPayload { opt_out: opt_out.map(ContainerOptOut::new), user_errors })
}

async fn enable(gql: &Context<'_>, input: EnableContainersInput) -> Result<EnableContainersPayload, Error> {
    let session = enter(gql, "Mutation.enableContainers")?;
    let done = session.write(|ctx| async move {
        let id = payload::id(&input.opt_out_id, Code::OptOutNotFound, "optOutId")?;
        containers::enable(&ctx, id).await
    });
    let (opt_out, user_errors) = settle(done.await)?;
    Ok(EnableContainersPayload { opt_out: opt_out.map(ContainerOptOut::new), user_errors })
}
