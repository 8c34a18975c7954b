//! API keys: the object and its changes.

use std::sync::Arc;

use async_graphql::{Context, Error, ID, InputObject, Object, SimpleObject};
use purser_domain::{KeyScope, KeyScopes, tenant};
use purser_services::{keys, reads};
use purser_types::id::TenantId;
use purser_types::page::Position;

use super::Tenant;
use crate::context::{enter, session};
use crate::error::{Code, Nullable, ServiceError, nullable};
use crate::once::enter_keyed;
use crate::page::{Connection, Listed, PageArguments, asks_for_total, listed};
use crate::payload::{self, Codes, UserError, settle};
use crate::scalars::{DateTime, unless_never};
use crate::words::{ApiKeyKind, Environment};

/// An API key without its secret.
#[derive(Clone)]
pub(crate) struct ApiKey(Arc<tenant::ApiKey>);

impl ApiKey {
    pub(crate) fn new(key: tenant::ApiKey) -> Self {
        Self(Arc::new(key))
    }
}

impl Listed for ApiKey {
    const LIST: &'static str = "apiKeys";

    fn position(&self) -> Position {
        Position { created_at: self.0.created_at, id: self.0.id.uuid() }
    }
}

/// An API key. Its secret is shown once, by `createApiKey`, and not kept.
#[Object]
impl ApiKey {
    /// The id, `key_…`.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The name that people see.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What the key is for.
    async fn kind(&self) -> ApiKeyKind {
        self.0.kind.into()
    }

    /// Where the key works.
    async fn environment(&self) -> Environment {
        self.0.environment.into()
    }

    /// The first characters of the secret, to recognise it by: `sk_test_4f2a`.
    async fn prefix(&self) -> &str {
        &self.0.prefix
    }

    /// What the key may do, as scopes such as `profiles:read`; empty for a publishable key.
    async fn scopes(&self) -> Vec<&'static str> {
        self.0.scopes.iter().map(KeyScope::as_str).collect()
    }

    /// When the key stops working; null if it does not.
    async fn expires_at(&self) -> Option<DateTime> {
        unless_never(self.0.expires_at)
    }

    /// When the key was revoked; null if it was not.
    async fn revoked_at(&self) -> Option<DateTime> {
        self.0.revoked_at.map(DateTime)
    }

    /// When the key was created.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// Whose key it is; null if the tenant is not one that you can see.
    async fn tenant(&self, gql: &Context<'_>) -> Nullable<Tenant> {
        nullable(
            async {
                let found = session(gql)?.loaders().tenants.load(self.0.tenant_id).await?;
                Ok(found.map(Tenant::new))
            }
            .await,
        )
    }
}

/// The keys of a tenant that the viewer sees in full.
pub(super) async fn of_tenant(
    gql: &Context<'_>,
    tenant_id: TenantId,
    arguments: &PageArguments,
) -> Result<Connection<ApiKey>, Error> {
    let ctx = session(gql)?.ctx();
    let page = arguments.page::<ApiKey>(ctx, asks_for_total(gql))?;
    listed(reads::keys(ctx, tenant_id, page).await, ApiKey::new)
}

/// A new API key.
#[derive(InputObject)]
pub(crate) struct CreateApiKeyInput {
    /// Whose key: your own tenant or one below it; your own if absent.
    tenant_id: Option<ID>,
    /// What it is for.
    kind: ApiKeyKind,
    /// Where it works: your own environment, which it is if absent.
    environment: Option<Environment>,
    /// The name that people see, at most 100 characters.
    name: String,
    /// What it may do, as scopes such as `profiles:read`, at most what you may; the same if absent. A
    /// publishable key never has a scope.
    scopes: Option<Vec<String>>,
    /// When it stops working; never if absent.
    expires_at: Option<DateTime>,
    /// A text of yours that stands for this request, 1 to 255 visible ASCII characters: sent again with the
    /// same key it is not carried out again, but answered with what there is now. Not checked if absent; the
    /// header `Idempotency-Key` says the same.
    idempotency_key: Option<String>,
}

/// The codes of `createApiKey`.
pub(crate) enum CreateApiKey {}
impl Codes for CreateApiKey {
    const MUTATION: &'static str = "CreateApiKey";
    const CODES: &'static [Code] =
        &[Code::TenantNotFound, Code::ScopeNotHeld, Code::InvalidInput, Code::IdempotencyKeyReused];
}

/// What became of `createApiKey`.
#[derive(SimpleObject)]
pub(crate) struct CreateApiKeyPayload {
    /// The new key; null if it was refused.
    api_key: Option<ApiKey>,
    /// The secret to send as `Authorization: Bearer …`; shown this once. Null if it was refused, and
    /// when the request was sent again with the same idempotency key.
    secret: Option<String>,
    /// Why it was refused; empty if it was not.
    user_errors: Vec<UserError<CreateApiKey>>,
}

/// The key that stops working.
#[derive(InputObject)]
pub(crate) struct RevokeApiKeyInput {
    /// Which one: of your own tenant or one below it.
    id: ID,
}

/// The codes of `revokeApiKey`.
pub(crate) enum RevokeApiKey {}
impl Codes for RevokeApiKey {
    const MUTATION: &'static str = "RevokeApiKey";
    const CODES: &'static [Code] = &[Code::ApiKeyNotFound];
}

/// What became of `revokeApiKey`.
#[derive(SimpleObject)]
pub(crate) struct RevokeApiKeyPayload {
    /// The revoked key; null if it was refused.
    api_key: Option<ApiKey>,
    /// Why it was refused; empty if it was not.
    user_errors: Vec<UserError<RevokeApiKey>>,
}

#[derive(Default)]
pub(crate) struct KeyMutation;

#[Object]
impl KeyMutation {
    /// Creates an API key for your tenant or one below it, with at most your own scopes. Needs
    /// `keys:admin`.
    async fn create_api_key(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The new key.")] input: CreateApiKeyInput,
    ) -> Nullable<CreateApiKeyPayload> {
        Some(create(gql, input).await)
    }

    /// Revokes an API key, for good; it stops working within seconds on every node. Revoking twice is not
    /// an error. Needs `keys:admin`.
    async fn revoke_api_key(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Which key.")] input: RevokeApiKeyInput,
    ) -> Nullable<RevokeApiKeyPayload> {
        Some(revoke(gql, input).await)
    }
}

async fn create(gql: &Context<'_>, input: CreateApiKeyInput) -> Result<CreateApiKeyPayload, Error> {
    let keyed = enter_keyed(gql, "Mutation.createApiKey")?;
    let done = keyed.write(|ctx| async move {
        let input = keys::CreateApiKey {
            tenant_id: payload::optional_id(input.tenant_id.as_ref(), Code::TenantNotFound, "tenantId")?,
            kind: input.kind.into(),
            environment: input.environment.map(Into::into),
            name: input.name,
            scopes: input.scopes.as_deref().map(scopes).transpose()?,
            expires_at: input.expires_at.map(|instant| instant.0),
        };
        keys::create(&ctx, input).await
    });
    let (created, user_errors) = settle(done.await)?;
    let secret = created.as_ref().and_then(|created| created.secret.as_ref());
    let secret = secret.map(|secret| secret.expose().to_owned());
    Ok(CreateApiKeyPayload { api_key: created.map(|created| ApiKey::new(created.key)), secret, user_errors })
}

fn scopes(names: &[String]) -> Result<KeyScopes, ServiceError> {
    let parsed = names.iter().enumerate().map(|(position, name)| {
        let field = format!("scopes.{position}");
        name.parse::<KeyScope>()
            .map_err(|_| ServiceError::refused(Code::InvalidInput, &field, "There is no such scope."))
    });
    parsed.collect()
}

async fn revoke(gql: &Context<'_>, input: RevokeApiKeyInput) -> Result<RevokeApiKeyPayload, Error> {
    let session = enter(gql, "Mutation.revokeApiKey")?;
    let done = session.write(|ctx| async move {
        let id = payload::id(&input.id, Code::ApiKeyNotFound, "id")?;
        keys::revoke(&ctx, id).await
    });
    let (key, user_errors) = settle(done.await)?;
    Ok(RevokeApiKeyPayload { api_key: key.map(ApiKey::new), user_errors })
}
