//! The tree of tenants.

use purser_domain::tenant::{DEPTH_MAX, Feature, Features, Path, Tenant, TenantStatus};
use purser_domain::{Environment, SystemScope};
use purser_storage::{Write, tenants as stored};
use purser_types::id::TenantId;
use purser_types::{Currency, Source};

use crate::app::{App, Ctx};
use crate::error::{Code, Error};
use crate::input;
use crate::once;
use crate::sharing;

const SLUG_LENGTH_MAX: usize = 48;
const NAME_LENGTH_MAX: usize = 100;

/// A new tenant.
#[derive(Debug, Clone)]
pub struct CreateTenant {
    /// The tenant above; the viewer's own if absent.
    pub parent_id: Option<TenantId>,
    /// Unique and readable: lower-case letters, digits and dashes.
    pub slug: String,
    /// The name that people see.
    pub name: String,
    /// The currency of amounts that name none; the parent's if absent.
    pub default_currency: Option<Currency>,
    /// What its plan includes; the parent's if absent.
    pub features: Option<Vec<Feature>>,
}

/// A change of a sub-tenant.
#[derive(Debug, Clone)]
pub struct UpdateTenant {
    /// Which one: the viewer's own or one below it.
    pub id: TenantId,
    /// The version that was read.
    pub expected_version: Option<i32>,
    /// A new name.
    pub name: Option<String>,
    /// A new status; not of the viewer's own tenant.
    pub status: Option<TenantStatus>,
    /// What its plan includes; not of the viewer's own tenant.
    pub features: Option<Vec<Feature>>,
}

/// Creates a sub-tenant of the viewer's tenant or of one below it.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `TREE_TOO_DEEP`, `SLUG_TAKEN`, `INVALID_INPUT`, `FEATURE_DISABLED`,
/// `IDEMPOTENCY_KEY_REUSED`.
pub async fn create(ctx: &Ctx, input: CreateTenant) -> Result<Tenant, Error> {
    let write = ctx.store().begin().await?;
    let id = TenantId::mint(ctx.source());
    if let Some(id) = once::claim(ctx, &write, id.uuid()).await? {
        let made = stored::find_full(&write, ctx.scope(), TenantId::from_uuid(id)).await?;
        return made.ok_or_else(|| Error::not_found(Code::TenantNotFound, ""));
    }
    let parent_id = input.parent_id.unwrap_or(ctx.viewer().tenant());
    let parent = stored::find_full(&write, ctx.scope(), parent_id).await?;
    let parent = parent.ok_or_else(|| Error::not_found(Code::TenantNotFound, "parentId"))?;
    stored::lock_tree(&write, parent.root_id).await?;
    let tenant = new_tenant(ctx.source(), id, Some(&parent), &input)?;
    if !stored::insert_child(&write, ctx.scope(), &tenant).await? {
        return Err(Error::not_found(Code::TenantNotFound, "parentId"));
    }
    sharing::rebuild_for_new_tenant(&write, &tenant).await?;
    write.commit().await?;
    Ok(tenant)
}

/// Creates a root tenant; the operator's command.
///
/// # Errors
/// `SLUG_TAKEN`, `INVALID_INPUT`.
pub async fn create_root(app: &App, input: CreateTenant) -> Result<Tenant, Error> {
    let scope = SystemScope::new("the operator creates a root tenant", app.source.now());
    let tenant = new_tenant(&*app.source, TenantId::mint(&*app.source), None, &input)?;
    let write = app.store.begin().await?;
    stored::insert(&write, &scope, &tenant).await?;
    write.commit().await?;
    Ok(tenant)
}

fn new_tenant(
    source: &dyn Source,
    id: TenantId,
    parent: Option<&Tenant>,
    input: &CreateTenant,
) -> Result<Tenant, Error> {
    let now = source.now();
    let path = parent.map_or_else(|| Path::root(id), |parent| parent.path.child(id));
    if path.depth() > DEPTH_MAX {
        let message = format!("A tree has at most {DEPTH_MAX} levels.");
        return Err(Error::refused(Code::TreeTooDeep, "parentId", message));
    }
    let inherited = parent.map_or_else(Features::all, |parent| parent.features);
    Ok(Tenant {
        id,
        parent_id: parent.map(|parent| parent.id),
        root_id: parent.map_or(id, |parent| parent.root_id),
        path,
        slug: slug(&input.slug)?,
        name: input::text(&input.name, "name", NAME_LENGTH_MAX)?,
        status: TenantStatus::Active,
        features: features(input.features.as_deref(), inherited)?,
        default_currency: input
            .default_currency
            .or(parent.map(|parent| parent.default_currency))
            .map_or_else(|| "EUR".parse(), Ok)
            .map_err(|_| Error::Fault { doing: "reading EUR", detail: String::new() })?,
        created_at: now,
        updated_at: now,
        version: 1,
    })
}

fn slug(text: &str) -> Result<String, Error> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_bounded = (2..=SLUG_LENGTH_MAX).contains(&text.len()) && !text.starts_with('-');
    if !is_bounded || !text.bytes().all(is_plain) {
        let message = format!(
            "A slug has 2 to {SLUG_LENGTH_MAX} lower-case letters, digits and dashes, no dash first."
        );
        return Err(Error::refused(Code::InvalidInput, "slug", message));
    }
    Ok(text.to_owned())
}

/// A tenant cannot give what it does not have.
fn features(asked: Option<&[Feature]>, inherited: Features) -> Result<Features, Error> {
    let Some(asked) = asked else { return Ok(inherited) };
    let asked: Features = asked.iter().copied().collect();
    if asked.intersection(inherited) != asked {
        let message = "A sub-tenant cannot have a feature that its parent does not have.";
        return Err(Error::refused(Code::FeatureDisabled, "features", message));
    }
    Ok(asked)
}

/// Changes a tenant at or below the viewer's own.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `VERSION_CONFLICT`, `INVALID_INPUT`, `FEATURE_DISABLED`.
pub async fn update(ctx: &Ctx, input: UpdateTenant) -> Result<Tenant, Error> {
    let write = ctx.store().begin().await?;
    let found = stored::find_full(&write, ctx.scope(), input.id).await?;
    let mut tenant = found.ok_or_else(|| Error::not_found(Code::TenantNotFound, "id"))?;
    let read_version = tenant.version;
    expect_version(input.expected_version, read_version)?;
    let is_own = tenant.id == ctx.viewer().tenant();
    let sets_plan = input.status.is_some() || input.features.is_some();
    if sets_plan && ctx.viewer().environment() != Environment::Live {
        let message = "Status and features concern live payments too: use a live key.";
        return Err(Error::refused(Code::InvalidInput, "status", message));
    }
    if is_own && sets_plan {
        let message = "Status and features of a tenant are set by a tenant above it.";
        return Err(Error::refused(Code::InvalidInput, "status", message));
    }
    if let Some(name) = &input.name {
        tenant.name = input::text(name, "name", NAME_LENGTH_MAX)?;
    }
    if let Some(status) = input.status {
        tenant.status = status;
    }
    if let Some(asked) = input.features.as_deref() {
        // The viewer's own tenant was refused above, so the parent is the viewer's or below it.
        let parent_id = tenant.parent_id.unwrap_or(ctx.viewer().tenant());
        let parent = stored::find_full(&write, ctx.scope(), parent_id).await?;
        let parent = parent.ok_or_else(|| Error::not_found(Code::TenantNotFound, "id"))?;
        tenant.features = features(Some(asked), parent.features)?;
    }
    tenant.version += 1;
    tenant.updated_at = ctx.now();
    if !stored::update(&write, ctx.scope(), &tenant, read_version).await? {
        return Err(version_conflict());
    }
    write.commit().await?;
    ctx.app.credentials.forget();
    Ok(tenant)
}

/// The tenant of the viewer, if its plan includes a feature.
///
/// # Errors
/// `FEATURE_DISABLED`.
pub(crate) async fn with_feature(ctx: &Ctx, write: &Write, feature: Feature) -> Result<Tenant, Error> {
    let own = stored::find_full(write, ctx.scope(), ctx.viewer().tenant()).await?;
    let has = own.filter(|tenant| tenant.features.contains(feature));
    has.ok_or_else(|| {
        let message = format!("Your plan does not include {feature}; ask the tenant above you.");
        Error::refused(Code::FeatureDisabled, "", message)
    })
}

pub(crate) fn expect_version(expected: Option<i32>, actual: i32) -> Result<(), Error> {
    if expected.is_some_and(|expected| expected != actual) {
        return Err(version_conflict());
    }
    Ok(())
}

pub(crate) fn version_conflict() -> Error {
    let message = "The record was changed since you read it: read it again and decide anew.";
    Error::refused(Code::VersionConflict, "expectedVersion", message)
}

/// The viewer's tenant or one below it, by its slug.
///
/// # Errors
/// Faults of the storage.
pub async fn find_by_slug(ctx: &Ctx, slug: &str) -> Result<Option<Tenant>, Error> {
    Ok(stored::find_by_slug_full(ctx.store(), ctx.scope(), slug).await?)
}

/// The tenant of a slug; the operator's command.
///
/// # Errors
/// `TENANT_NOT_FOUND`.
pub async fn by_slug_as_operator(app: &App, slug: &str) -> Result<Tenant, Error> {
    let scope = SystemScope::new("the operator names a tenant", app.source.now());
    let found = stored::by_slug(&app.store, &scope, slug).await?;
    found.ok_or_else(|| Error::not_found(Code::TenantNotFound, "slug"))
}

/// Every tenant; the operator's command.
///
/// # Errors
/// Faults of the storage.
pub async fn list_as_operator(app: &App) -> Result<Vec<Tenant>, Error> {
    let scope = SystemScope::new("the operator lists tenants", app.source.now());
    Ok(stored::all(&app.store, &scope).await?)
}
