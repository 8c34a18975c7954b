//! Bindings: which container a connector uses.

use std::sync::Arc;

use async_graphql::{Context, Error, ID, InputObject, Object, SimpleObject};
use purser_domain::container;
use purser_services::{containers, reads};
use purser_types::id::ConnectorId;
use purser_types::page::Position;

use super::Container;
use crate::connectors::Connector;
use crate::context::{enter, session};
use crate::error::{Code, Nullable, ServiceError, nullable, told};
use crate::node::known;
use crate::page::{Connection, Listed, PageArguments, asks_for_total, listed};
use crate::payload::{self, Codes, UserError, settle};
use crate::scalars::DateTime;
use crate::words::{BindingDenial, BindingVia, Permission};

/// One of the viewer's own bindings.
#[derive(Clone)]
pub(crate) struct ContainerBinding(Arc<container::Binding>);

impl ContainerBinding {
    pub(crate) fn new(binding: container::Binding) -> Self {
        Self(Arc::new(binding))
    }
}

impl Listed for ContainerBinding {
    const LIST: &'static str = "bindings";

    fn position(&self) -> Position {
        Position { created_at: self.0.created_at, id: self.0.id.uuid() }
    }
}

/// A container bound to one of your connectors, or to all of them as your default. Sub-tenants do not
/// inherit it.
#[Object]
impl ContainerBinding {
    /// The id, `bnd_…`.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// What is bound; null once you see it no longer.
    async fn container(&self, gql: &Context<'_>) -> Nullable<Container> {
        super::container(gql, Some(self.0.container_id)).await
    }

    /// The connector it is for; null if it is your default, and without `connectors:read`.
    async fn connector(&self, gql: &Context<'_>) -> Nullable<Connector> {
        crate::connectors::connector(gql, self.0.connector_id).await
    }

    /// Whether it is the default of all your connectors that have no binding of their own.
    async fn is_default(&self) -> bool {
        self.0.connector_id.is_none()
    }

    /// When it was bound.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}

/// Which container a connector uses.
pub(crate) struct EffectiveContainer(containers::EffectiveContainer);

/// Which container a connector uses, by what, and why not if it does not.
#[Object]
impl EffectiveContainer {
    /// The container that is bound, whether or not it can be used; null if none is, or you do not see it.
    async fn container(&self, gql: &Context<'_>) -> Nullable<Container> {
        super::container(gql, self.0.container_id).await
    }

    /// By what it is bound; null if none is.
    async fn via(&self) -> Option<BindingVia> {
        self.0.via.map(BindingVia::from)
    }

    /// Why it cannot be used; null if it can.
    async fn denied_because(&self) -> Option<BindingDenial> {
        self.0.denied_because.map(BindingDenial::from)
    }

    /// What you may do in it now; empty if it cannot be used.
    async fn permissions(&self) -> Vec<Permission> {
        self.0.permissions.iter().map(Permission::from).collect()
    }

    /// The same in an English sentence, for people.
    async fn explanation(&self) -> &'static str {
        explanation(self.0.via, self.0.denied_because)
    }
}

fn explanation(
    via: Option<container::BindingVia>,
    denied_because: Option<container::BindingDenial>,
) -> &'static str {
    use container::{BindingDenial as Denial, BindingVia as Via};
    match (denied_because, via) {
        (Some(Denial::NoContainerBound), _) => {
            "No container is bound to the connector, and no default of your tenant counts for it."
        }
        (Some(Denial::ContainerDisabled), _) => "The container's owner disabled it.",
        (Some(Denial::ContainerDisabledForSubtenant), _) => {
            "A tenant above yours disabled containers for its sub-tenants."
        }
        (Some(Denial::ContainerNotShared), _) => "The container is not shared with you, or no longer.",
        (Some(Denial::FeatureDisabled), _) => "Your plan does not include customer profiles.",
        (None, Some(Via::ConnectorBinding)) => "The connector uses the container that is bound to it.",
        (None, Some(Via::TenantDefault)) => "The connector uses the default container of your tenant.",
        (None, None) => "The connector uses no container.",
    }
}

/// The container that one of the viewer's connectors uses; null if there is no such connector.
pub(crate) async fn effective(gql: &Context<'_>, connector_id: ConnectorId) -> Nullable<EffectiveContainer> {
    nullable(
        async {
            match containers::effective(session(gql)?.ctx(), connector_id).await {
                Ok(effective) => Ok(Some(EffectiveContainer(effective))),
                Err(ServiceError::Refused(_)) => Ok(None),
                Err(fault) => Err(told(&fault)),
            }
        }
        .await,
    )
}

#[derive(Default)]
pub(crate) struct BindingQuery;

#[Object]
impl BindingQuery {
    /// Your own bindings, newest first. Needs `containers:read`.
    async fn container_bindings(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "How many, from the newest: 1 to 100, 20 if absent.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, from the oldest: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Nullable<Connection<ContainerBinding>> {
        let arguments = PageArguments::new(first, after, last, before);
        nullable(
            async {
                let ctx = enter(gql, "Query.containerBindings")?.ctx();
                let page = arguments.page::<ContainerBinding>(ctx, asks_for_total(gql))?;
                listed(reads::bindings(ctx, page).await, ContainerBinding::new).map(Some)
            }
            .await,
        )
    }

    /// Which container one of your connectors uses, and why not if it does not; null if there is no such
    /// connector. Needs `containers:read`.
    async fn effective_container(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Which connector, `con_…`.")] connector_id: ID,
    ) -> Nullable<EffectiveContainer> {
        if let Err(denied) = enter(gql, "Query.effectiveContainer") {
            return Some(Err(denied));
        }
        effective(gql, known(&connector_id)?).await
    }
}

/// What is bound where. A binding that is there already is replaced.
#[derive(InputObject)]
pub(crate) struct BindContainerInput {
    /// What is bound: a container that you own or that is shared with you.
    container_id: ID,
    /// To which of your connectors; as your default if absent or null.
    connector_id: Option<ID>,
}

/// The codes of `bindContainer`.
pub(crate) enum BindContainer {}
impl Codes for BindContainer {
    const MUTATION: &'static str = "BindContainer";
    const CODES: &'static [Code] = &[Code::ContainerNotFound, Code::ConnectorNotFound];
}

/// What became of `bindContainer`.
#[derive(SimpleObject)]
pub(crate) struct BindContainerPayload {
    /// The binding; null if it was refused.
    binding: Option<ContainerBinding>,
    /// Why it was refused; empty if it was not.
    user_errors: Vec<UserError<BindContainer>>,
}

/// Where the binding is taken away.
#[derive(InputObject)]
pub(crate) struct UnbindContainerInput {
    /// From which of your connectors; your default if absent or null.
    connector_id: Option<ID>,
}

/// The codes of `unbindContainer`.
pub(crate) enum UnbindContainer {}
impl Codes for UnbindContainer {
    const MUTATION: &'static str = "UnbindContainer";
    const CODES: &'static [Code] = &[Code::BindingNotFound, Code::ConnectorNotFound];
}

/// What became of `unbindContainer`.
#[derive(SimpleObject)]
pub(crate) struct UnbindContainerPayload {
    /// The connector that has lost its binding; null if it was the default, and if it was refused.
    connector: Option<Connector>,
    /// Why it was refused; empty if it was not.
    user_errors: Vec<UserError<UnbindContainer>>,
}

#[derive(Default)]
pub(crate) struct BindingMutation;

#[Object]
impl BindingMutation {
    /// Binds a container to one of your connectors, or as the default of all of them. Needs
    /// `containers:admin`.
    async fn bind_container(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "What is bound where.")] input: BindContainerInput,
    ) -> Nullable<BindContainerPayload> {
        Some(bind(gql, input).await)
    }

    /// Takes a binding away. Profiles and instruments stay. Needs `containers:admin`.
    async fn unbind_container(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Where.")] input: UnbindContainerInput,
    ) -> Nullable<UnbindContainerPayload> {
        Some(unbind(gql, input).await)
    }
}

async fn bind(gql: &Context<'_>, input: BindContainerInput) -> Result<BindContainerPayload, Error> {
    let session = enter(gql, "Mutation.bindContainer")?;
    let done = session.write(|ctx| async move {
        let id = payload::id(&input.container_id, Code::ContainerNotFound, "containerId")?;
        let connector = input.connector_id.as_ref();
        let connector = payload::optional_id(connector, Code::ConnectorNotFound, "connectorId")?;
        containers::bind(&ctx, id, connector).await
    });
    let (binding, user_errors) = settle(done.await)?;
    Ok(BindContainerPayload { binding: binding.map(ContainerBinding::new), user_errors })
}

async fn unbind(gql: &Context<'_>, input: UnbindContainerInput) -> Result<UnbindContainerPayload, Error> {
    let session = enter(gql, "Mutation.unbindContainer")?;
    let done = session.write(|ctx| async move {
        let connector = input.connector_id.as_ref();
        let connector = payload::optional_id(connector, Code::ConnectorNotFound, "connectorId")?;
        containers::unbind(&ctx, connector).await.map(|()| connector)
    });
    let (unbound, user_errors) = settle(done.await)?;
    let connector = crate::connectors::connector(gql, unbound.flatten()).await;
    Ok(UnbindContainerPayload { connector: connector.transpose()?, user_errors })
}
