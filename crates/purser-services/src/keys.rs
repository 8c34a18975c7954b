//! API keys, and the viewers that credentials stand for.

use purser_domain::scope::Actor;
use purser_domain::tenant::{ApiKey, ApiKeyKind, TenantStatus};
use purser_domain::{Environment, KeyScopes, SystemScope, Viewer};
use purser_storage::{keys as stored, tenants as stored_tenants};
use purser_types::id::{ApiKeyId, TenantId};
use purser_types::{Secret, Source, Timestamp};

use crate::app::{App, Ctx};
use crate::error::{Code, Error};
use crate::input;
use crate::once;
use crate::pool::CREDENTIAL_MEMORY;

const NAME_LENGTH_MAX: usize = 100;

/// A new API key.
#[derive(Debug, Clone)]
pub struct CreateApiKey {
    /// Whose key; the viewer's own tenant if absent.
    pub tenant_id: Option<TenantId>,
    /// What it is for.
    pub kind: ApiKeyKind,
    /// Where it works; the viewer's environment if absent.
    pub environment: Option<Environment>,
    /// The name that people see.
    pub name: String,
    /// What it may do; all that its maker may if absent.
    pub scopes: Option<KeyScopes>,
    /// When it stops working; never if absent.
    pub expires_at: Option<Timestamp>,
}

/// A key with its secret, which is shown this once.
#[derive(Debug, Clone)]
pub struct CreatedApiKey {
    /// The key.
    pub key: ApiKey,
    /// The secret.
    pub secret: Secret,
}

/// A key that was made by this request, or by an earlier one with the same idempotency key.
#[derive(Debug, Clone)]
pub struct IssuedApiKey {
    /// The key.
    pub key: ApiKey,
    /// The secret; absent in the answer to a repetition, since only its hash was kept.
    pub secret: Option<Secret>,
}

/// Creates an API key for the viewer's tenant or one below it.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `SCOPE_NOT_HELD`, `INVALID_INPUT`, `IDEMPOTENCY_KEY_REUSED`.
pub async fn create(ctx: &Ctx, input: CreateApiKey) -> Result<IssuedApiKey, Error> {
    let write = ctx.store().begin().await?;
    let id = ApiKeyId::mint(ctx.source());
    if let Some(id) = once::claim(ctx, &write, id.uuid()).await? {
        let made = stored::find(&write, ctx.scope(), ApiKeyId::from_uuid(id)).await?;
        let key = made.ok_or_else(|| Error::not_found(Code::ApiKeyNotFound, ""))?;
        return Ok(IssuedApiKey { key, secret: None });
    }
    let held = ctx.viewer().scopes();
    let scopes = input.scopes.unwrap_or(held);
    if scopes.intersection(held) != scopes {
        let message = "A key cannot have scopes that its maker does not have.";
        return Err(Error::refused(Code::ScopeNotHeld, "scopes", message));
    }
    let environment = input.environment.unwrap_or(ctx.viewer().environment());
    if environment != ctx.viewer().environment() {
        let message = "A key makes keys of its own environment only.";
        return Err(Error::refused(Code::InvalidInput, "environment", message));
    }
    let tenant_id = input.tenant_id.unwrap_or(ctx.viewer().tenant());
    let mut created = new_key(&ctx.app, tenant_id, environment, scopes, ctx.viewer().actor(), &input)?;
    created.key.id = id;
    let hash = ctx.app.keyring.api_key_hash(created.secret.expose());
    if !stored::insert(&write, ctx.scope(), &created.key, &hash).await? {
        return Err(Error::not_found(Code::TenantNotFound, "tenantId"));
    }
    write.commit().await?;
    Ok(IssuedApiKey { key: created.key, secret: Some(created.secret) })
}

/// Creates an API key; the operator's command.
///
/// # Errors
/// `INVALID_INPUT`.
pub async fn create_as_operator(
    app: &App,
    tenant_id: TenantId,
    input: CreateApiKey,
) -> Result<CreatedApiKey, Error> {
    let scope = SystemScope::new("the operator creates a key", app.source.now());
    let environment = input.environment.unwrap_or(Environment::Sandbox);
    let scopes = input.scopes.unwrap_or_else(KeyScopes::all);
    let created = new_key(app, tenant_id, environment, scopes, &Actor::Operator, &input)?;
    let hash = app.keyring.api_key_hash(created.secret.expose());
    let write = app.store.begin().await?;
    stored::insert_system(&write, &scope, &created.key, &hash).await?;
    write.commit().await?;
    Ok(created)
}

fn new_key(
    app: &App,
    tenant_id: TenantId,
    environment: Environment,
    scopes: KeyScopes,
    actor: &Actor,
    input: &CreateApiKey,
) -> Result<CreatedApiKey, Error> {
    let secret = mint_secret(&*app.source, input.kind, environment);
    let prefix = secret.expose().chars().take(PREFIX_LENGTH).collect();
    let now = app.source.now();
    if input.expires_at.is_some_and(|expires_at| expires_at <= now) {
        return Err(Error::refused(Code::InvalidInput, "expiresAt", "The time lies in the past."));
    }
    let key = ApiKey {
        id: ApiKeyId::mint(&*app.source),
        tenant_id,
        kind: input.kind,
        environment,
        name: input::text(&input.name, "name", NAME_LENGTH_MAX)?,
        prefix,
        // A publishable key is in every page's source; it never has a scope.
        scopes: if input.kind == ApiKeyKind::Publishable { KeyScopes::NONE } else { scopes },
        expires_at: input.expires_at.unwrap_or(Timestamp::NEVER),
        revoked_at: None,
        created_at: now,
        created_by: actor.label(),
    };
    Ok(CreatedApiKey { key, secret })
}

const PREFIX_LENGTH: usize = 12;

/// `sk_test_` and 256 random bits in hexadecimal, so that scanners of leaked secrets know it.
fn mint_secret(source: &dyn Source, kind: ApiKeyKind, environment: Environment) -> Secret {
    let mut random = [0; 32];
    source.fill(&mut random);
    let kind = match kind {
        ApiKeyKind::Secret => "sk",
        ApiKeyKind::Publishable => "pk",
    };
    let environment = match environment {
        Environment::Live => "live",
        Environment::Sandbox => "test",
    };
    let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    Secret::new(format!("{kind}_{environment}_{digits}"))
}

/// Revokes a key of the viewer's tenant or one below it. Revoking twice is not an error.
///
/// # Errors
/// `API_KEY_NOT_FOUND`.
pub async fn revoke(ctx: &Ctx, id: ApiKeyId) -> Result<ApiKey, Error> {
    let write = ctx.store().begin().await?;
    let key = stored::find(&write, ctx.scope(), id).await?;
    // A sandbox credential knows nothing of live keys.
    key.filter(|key| key.environment == ctx.viewer().environment())
        .ok_or_else(|| Error::not_found(Code::ApiKeyNotFound, "id"))?;
    let revoked = stored::revoke(&write, ctx.scope(), id).await?;
    let revoked = revoked.ok_or_else(|| Error::not_found(Code::ApiKeyNotFound, "id"))?;
    write.commit().await?;
    ctx.app.credentials.forget();
    Ok(revoked)
}

/// Longer than any key that this server makes; longer texts are not worth hashing.
const SECRET_LENGTH_MAX: usize = 128;

/// The viewer that a presented API key stands for, if it is one of ours, active, and its tenant is.
///
/// # Errors
/// Faults of the storage.
pub async fn viewer_of_api_key(app: &App, presented: &str) -> Result<Option<Viewer>, Error> {
    if presented.len() > SECRET_LENGTH_MAX {
        return Ok(None);
    }
    let scope = SystemScope::new("a credential is verified", app.source.now());
    let hash = app.keyring.api_key_hash(presented);
    if let Some(viewer) = app.credentials.get(&hash) {
        return Ok(Some(viewer));
    }
    let begun = app.credentials.begin();
    let Some((key, tenant)) = stored::by_hash(&app.store, &scope, &hash).await? else { return Ok(None) };
    if !key.is_active(scope.now()) || tenant.status != TenantStatus::Active {
        return Ok(None);
    }
    let actor = match key.kind {
        ApiKeyKind::Secret => Actor::SecretKey(key.id),
        ApiKeyKind::Publishable => Actor::PublishableKey(key.id),
    };
    let viewer = Viewer::verified(key.tenant_id, key.environment, actor, key.scopes);
    // One that ends before it would be forgotten is verified each time.
    if scope.now().saturating_add(CREDENTIAL_MEMORY) < key.expires_at {
        app.credentials.keep(begun, hash, &viewer);
    }
    Ok(Some(viewer))
}

/// The viewer that the claims of a verified token stand for, if its tenant exists and is active.
///
/// # Errors
/// Faults of the storage.
pub async fn viewer_of_token(
    app: &App,
    tenant_id: TenantId,
    environment: Environment,
    subject: String,
    scopes: KeyScopes,
) -> Result<Option<Viewer>, Error> {
    let scope = SystemScope::new("a token is verified", app.source.now());
    let tenant = stored_tenants::by_id(&app.store, &scope, tenant_id).await?;
    let is_active = tenant.is_some_and(|tenant| tenant.status == TenantStatus::Active);
    Ok(is_active.then(|| Viewer::verified(tenant_id, environment, Actor::Token(subject), scopes)))
}

/// The keys of a tenant, or of all; the operator's command.
///
/// # Errors
/// Faults of the storage.
pub async fn list_as_operator(app: &App, tenant_id: Option<TenantId>) -> Result<Vec<ApiKey>, Error> {
    let scope = SystemScope::new("the operator lists keys", app.source.now());
    Ok(stored::list_system(&app.store, &scope, tenant_id).await?)
}

/// Revokes a key; the operator's command.
///
/// # Errors
/// `API_KEY_NOT_FOUND`.
pub async fn revoke_as_operator(app: &App, id: ApiKeyId) -> Result<ApiKey, Error> {
    let scope = SystemScope::new("the operator revokes a key", app.source.now());
    let write = app.store.begin().await?;
    let revoked = stored::revoke_system(&write, &scope, id).await?;
    let revoked = revoked.ok_or_else(|| Error::not_found(Code::ApiKeyNotFound, "id"))?;
    write.commit().await?;
    app.credentials.forget();
    Ok(revoked)
}
