//! Changes of tenants.

use async_graphql::{Context, Error, ID, InputObject, Object, SimpleObject};
use purser_services::tenants;

use super::Tenant;
use crate::context::enter;
use crate::error::{Code, Nullable};
use crate::once::enter_keyed;
use crate::payload::{self, Codes, UserError, settle};
use crate::scalars::CurrencyCode;
use crate::words::{Feature, TenantStatus};

/// A new tenant.
#[derive(InputObject)]
pub(crate) struct CreateTenantInput {
    /// The tenant above: your own or one below it; your own if absent.
    parent_id: Option<ID>,
    /// Unique and readable: 2 to 48 lower-case letters, digits and dashes, no dash first.
    slug: String,
    /// The name that people see, at most 100 characters.
    name: String,
    /// The currency of amounts that name none, ISO 4217; the parent's if absent.
    default_currency: Option<CurrencyCode>,
    /// What its plan includes, at most what the parent's does; the same if absent.
    features: Option<Vec<Feature>>,
    /// A text of yours that stands for this request, 1 to 255 visible ASCII characters: sent again with the
    /// same key it is not carried out again, but answered with what there is now. Not checked if absent; the
    /// header `Idempotency-Key` says the same.
    idempotency_key: Option<String>,
}

/// The codes of `createTenant`.
pub(crate) enum CreateTenant {}
impl Codes for CreateTenant {
    const MUTATION: &'static str = "CreateTenant";
    const CODES: &'static [Code] = &[
        Code::TenantNotFound,
        Code::TreeTooDeep,
        Code::SlugTaken,
        Code::FeatureDisabled,
        Code::InvalidInput,
        Code::IdempotencyKeyReused,
    ];
}

/// What became of `createTenant`.
#[derive(SimpleObject)]
pub(crate) struct CreateTenantPayload {
    /// The new tenant; null if it was refused.
    tenant: Option<Tenant>,
    /// Why it was refused; empty if it was not.
    user_errors: Vec<UserError<CreateTenant>>,
}

/// A change of a tenant.
#[derive(InputObject)]
pub(crate) struct UpdateTenantInput {
    /// Which one: your own or one below it.
    id: ID,
    /// The version that you read; a change in between is refused with `VERSION_CONFLICT`. Not checked if absent.
    expected_version: Option<i32>,
    /// A new name, at most 100 characters; unchanged if absent.
    name: Option<String>,
    /// A new status, of a tenant below your own; unchanged if absent.
    status: Option<TenantStatus>,
    /// What its plan includes, at most what yours does, of a tenant below your own; unchanged if absent.
    features: Option<Vec<Feature>>,
}

/// The codes of `updateTenant`.
pub(crate) enum UpdateTenant {}
impl Codes for UpdateTenant {
    const MUTATION: &'static str = "UpdateTenant";
    const CODES: &'static [Code] =
        &[Code::TenantNotFound, Code::VersionConflict, Code::FeatureDisabled, Code::InvalidInput];
}

/// What became of `updateTenant`.
#[derive(SimpleObject)]
pub(crate) struct UpdateTenantPayload {
    /// The changed tenant; null if it was refused.
    tenant: Option<Tenant>,
    /// Why it was refused; empty if it was not.
    user_errors: Vec<UserError<UpdateTenant>>,
}

fn features(asked: Option<Vec<Feature>>) -> Option<Vec<purser_domain::tenant::Feature>> {
    asked.map(|features| features.into_iter().map(Into::into).collect())
}

#[derive(Default)]
pub(crate) struct TenantMutation;

#[Object]
impl TenantMutation {
    /// Creates a tenant below your own. Shares that reach your sub-tenants reach it as well. Needs
    /// `tenants:admin`.
    async fn create_tenant(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The new tenant.")] input: CreateTenantInput,
    ) -> Nullable<CreateTenantPayload> {
        Some(create(gql, input).await)
    }

    /// Changes your tenant or one below it. Needs `tenants:admin`.
    async fn update_tenant(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The change.")] input: UpdateTenantInput,
    ) -> Nullable<UpdateTenantPayload> {
        Some(update(gql, input).await)
    }
}

async fn create(gql: &Context<'_>, input: CreateTenantInput) -> Result<CreateTenantPayload, Error> {
    let keyed = enter_keyed(gql, "Mutation.createTenant")?;
    let done = keyed.write(|ctx| async move {
        let input = tenants::CreateTenant {
            parent_id: payload::optional_id(input.parent_id.as_ref(), Code::TenantNotFound, "parentId")?,
            slug: input.slug,
            name: input.name,
            default_currency: input.default_currency.map(|currency| currency.0),
            features: features(input.features),
        };
        tenants::create(&ctx, input).await
    });
    let (tenant, user_errors) = settle(done.await)?;
    Ok(CreateTenantPayload { tenant: tenant.map(Tenant::full), user_errors })
}

async fn update(gql: &Context<'_>, input: UpdateTenantInput) -> Result<UpdateTenantPayload, Error> {
    let session = enter(gql, "Mutation.updateTenant")?;
    let done = session.write(|ctx| async move {
        let input = tenants::UpdateTenant {
            id: payload::id(&input.id, Code::TenantNotFound, "id")?,
            expected_version: input.expected_version,
            name: input.name,
            status: input.status.map(Into::into),
            features: features(input.features),
        };
        tenants::update(&ctx, input).await
    });
    let (tenant, user_errors) = settle(done.await)?;
    Ok(UpdateTenantPayload { tenant: tenant.map(Tenant::full), user_errors })
}
