//! Changes of connectors.

use async_graphql::{Context, Error, ID, InputObject, Object, SimpleObject};
use purser_services::connectors;

use super::Connector;
use crate::context::enter;
use crate::error::{Code, Nullable};
use crate::once::enter_keyed;
use crate::payload::{self, Codes, UserError, settle};
use crate::scalars::JsonObject;
use crate::words::ConnectorStatus;

/// A new connector.
#[derive(InputObject)]
pub(crate) struct CreateConnectorInput {
    /// The plugin that speaks to the processor, one of `connectorPlugins`.
    plugin_id: String,
    /// Unique among your connectors of the environment, at most 100 characters.
    name: String,
    /// The plugin's settings, secrets included; those are sealed and never shown again.
    settings: JsonObject,
    /// Whether your default container does not count for it.
    #[graphql(default = false)]
    ignores_tenant_default: bool,
    /// A text of yours that stands for this request, 1 to 255 visible ASCII characters: sent again with the
    /// same key it is not carried out again, but answered with what there is now. Not checked if absent; the
    /// header `Idempotency-Key` says the same.
    idempotency_key: Option<String>,
}

/// The codes of `createConnector`.
pub(crate) enum CreateConnector {}
impl Codes for CreateConnector {
    const MUTATION: &'static str = "CreateConnector";
    const CODES: &'static [Code] = &[
        Code::PluginNotFound,
        Code::SettingsInvalid,
        Code::ConnectorModeMismatch,
        Code::ConnectorNameTaken,
        Code::InvalidInput,
        Code::IdempotencyKeyReused,
    ];
}

/// What became of `createConnector`.
#[derive(SimpleObject)]
pub(crate) struct CreateConnectorPayload {
    /// The new connector; null if it was refused.
    connector: Option<Connector>,
    /// Why it was refused; empty if it was not.
    user_errors: Vec<UserError<CreateConnector>>,
}

/// A change of a connector.
#[derive(InputObject)]
pub(crate) struct UpdateConnectorInput {
    /// Which one: yours.
    id: ID,
    /// The version that you read; a change in between is refused with `VERSION_CONFLICT`. Not checked if absent.
    expected_version: Option<i32>,
    /// A new name, at most 100 characters; unchanged if absent.
    name: Option<String>,
    /// All settings, in place of those there are, secrets included; unchanged if absent.
    settings: Option<JsonObject>,
    /// Whether it takes payments; unchanged if absent.
    status: Option<ConnectorStatus>,
    /// Whether your default container does not count for it; unchanged if absent.
    ignores_tenant_default: Option<bool>,
}

/// The codes of `updateConnector`.
pub(crate) enum UpdateConnector {}
impl Codes for UpdateConnector {
    const MUTATION: &'static str = "UpdateConnector";
    const CODES: &'static [Code] = &[
        Code::ConnectorNotFound,
        Code::PluginNotFound,
        Code::SettingsInvalid,
        Code::ConnectorModeMismatch,
        Code::ConnectorNameTaken,
        Code::VersionConflict,
        Code::InvalidInput,
    ];
}

/// What became of `updateConnector`.
#[derive(SimpleObject)]
pub(crate) struct UpdateConnectorPayload {
    /// The changed connector; null if it was refused.
    connector: Option<Connector>,
    /// Why it was refused; empty if it was not.
    user_errors: Vec<UserError<UpdateConnector>>,
}

/// The connector that is probed.
#[derive(InputObject)]
pub(crate) struct TestConnectorInput {
    /// Which one: yours.
    id: ID,
}

/// The codes of `testConnector`.
pub(crate) enum TestConnector {}
impl Codes for TestConnector {
    const MUTATION: &'static str = "TestConnector";
    const CODES: &'static [Code] =
        &[Code::ConnectorNotFound, Code::ConnectorDisabled, Code::ConnectorUnavailable];
}

/// What became of `testConnector`.
#[derive(SimpleObject)]
pub(crate) struct TestConnectorPayload {
    /// The connector, whose credentials work; null if they do not.
    connector: Option<Connector>,
    /// Why they do not; empty if they do.
    user_errors: Vec<UserError<TestConnector>>,
}

#[derive(Default)]
pub(crate) struct ConnectorMutation;

#[Object]
impl ConnectorMutation {
    /// Creates a connector of your tenant with settings that its plugin accepts. Needs `connectors:admin`.
    async fn create_connector(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The new connector.")] input: CreateConnectorInput,
    ) -> Nullable<CreateConnectorPayload> {
        Some(create(gql, input).await)
    }

    /// Changes one of your connectors. Needs `connectors:admin`.
    async fn update_connector(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The change.")] input: UpdateConnectorInput,
    ) -> Nullable<UpdateConnectorPayload> {
        Some(update(gql, input).await)
    }

    /// Proves that a connector's credentials work, without moving money. Needs `connectors:admin`.
    async fn test_connector(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Which connector.")] input: TestConnectorInput,
    ) -> Nullable<TestConnectorPayload> {
        Some(test(gql, input).await)
    }
}

async fn create(gql: &Context<'_>, input: CreateConnectorInput) -> Result<CreateConnectorPayload, Error> {
    let keyed = enter_keyed(gql, "Mutation.createConnector")?;
    let done = keyed.write(|ctx| async move {
        let input = connectors::CreateConnector {
            plugin_id: input.plugin_id,
            name: input.name,
            settings: input.settings.0,
            ignores_tenant_default: input.ignores_tenant_default,
        };
        connectors::create(&ctx, input).await
    });
    let (connector, user_errors) = settle(done.await)?;
    Ok(CreateConnectorPayload { connector: connector.map(Connector::new), user_errors })
}

async fn update(gql: &Context<'_>, input: UpdateConnectorInput) -> Result<UpdateConnectorPayload, Error> {
    let session = enter(gql, "Mutation.updateConnector")?;
    let done = session.write(|ctx| async move {
        let input = connectors::UpdateConnector {
            id: payload::id(&input.id, Code::ConnectorNotFound, "id")?,
            expected_version: input.expected_version,
            name: input.name,
            settings: input.settings.map(|settings| settings.0),
            status: input.status.map(Into::into),
            ignores_tenant_default: input.ignores_tenant_default,
        };
        connectors::update(&ctx, input).await
    });
    let (connector, user_errors) = settle(done.await)?;
    Ok(UpdateConnectorPayload { connector: connector.map(Connector::new), user_errors })
}

async fn test(gql: &Context<'_>, input: TestConnectorInput) -> Result<TestConnectorPayload, Error> {
    let session = enter(gql, "Mutation.testConnector")?;
    let done = session.write(|ctx| async move {
        let id = payload::id(&input.id, Code::ConnectorNotFound, "id")?;
        connectors::test(&ctx, id).await
    });
    let (connector, user_errors) = settle(done.await)?;
    Ok(TestConnectorPayload { connector: connector.map(Connector::new), user_errors })
}
