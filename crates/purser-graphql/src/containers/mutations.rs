//! Containers: created and changed by their owner.

use async_graphql::{Context, Error, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use purser_services::containers;

use super::{Container, container};
use crate::context::enter;
use crate::error::{Code, Nullable};
use crate::once::enter_keyed;
use crate::payload::{self, Codes, UserError, patch, settle};
use crate::words::ContainerStatus;

/// A new container.
#[derive(InputObject)]
pub(crate) struct CreateContainerInput {
    /// Unique among your containers of the environment, at most 100 characters.
    name: String,
    /// What it is for, at most 500 characters.
    description: Option<String>,
    /// A text of yours that stands for this request, 1 to 255 visible ASCII characters: sent again with the
    /// same key it is not carried out again, but answered with what there is now. Not checked if absent; the
    /// header `Idempotency-Key` says the same.
    idempotency_key: Option<String>,
}

/// The codes of `createContainer`.
pub(crate) enum CreateContainer {}
impl Codes for CreateContainer {
    const MUTATION: &'static str = "CreateContainer";
    const CODES: &'static [Code] =
        &[Code::ContainerNameTaken, Code::FeatureDisabled, Code::InvalidInput, Code::IdempotencyKeyReused];
}

/// What became of `createContainer`.
#[derive(SimpleObject)]
pub(crate) struct CreateContainerPayload {
    /// The new container; null if it was refused.
    container: Option<Container>,
    /// Why it was refused; empty if it was not.
    user_errors: Vec<UserError<CreateContainer>>,
}

/// A change of a container.
#[derive(InputObject)]
pub(crate) struct UpdateContainerInput {
    /// Which one: yours.
    id: ID,
    /// The version that you read; a change in between is refused with `VERSION_CONFLICT`. Not checked if absent.
    expected_version: Option<i32>,
    /// A new name, at most 100 characters; unchanged if absent.
    name: Option<String>,
    /// What it is for, at most 500 characters; unchanged if absent, cleared if null.
    description: MaybeUndefined<String>,
    /// What can be done with it; unchanged if absent. `DISABLED` takes effect for everyone at once.
    status: Option<ContainerStatus>,
}

/// The codes of `updateContainer`.
pub(crate) enum UpdateContainer {}
impl Codes for UpdateContainer {
    const MUTATION: &'static str = "UpdateContainer";
    const CODES: &'static [Code] =
        &[Code::ContainerNotFound, Code::ContainerNameTaken, Code::VersionConflict, Code::InvalidInput];
}

/// What became of `updateContainer`.
#[derive(SimpleObject)]
pub(crate) struct UpdateContainerPayload {
    /// The changed container; null if it was refused.
    container: Option<Container>,
    /// Why it was refused; empty if it was not.
    user_errors: Vec<UserError<UpdateContainer>>,
}

#[derive(Default)]
pub(crate) struct ContainerMutation;

#[Object]
impl ContainerMutation {
    /// Creates a container of your tenant. It does nothing until it is bound. Needs `containers:admin`.
    async fn create_container(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The new container.")] input: CreateContainerInput,
    ) -> Nullable<CreateContainerPayload> {
        Some(create(gql, input).await)
    }

    /// Renames, describes, disables or enables one of your containers. Needs `containers:admin`.
    async fn update_container(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The change.")] input: UpdateContainerInput,
    ) -> Nullable<UpdateContainerPayload> {
        Some(update(gql, input).await)
    }
}

async fn create(gql: &Context<'_>, input: CreateContainerInput) -> Result<CreateContainerPayload, Error> {
    let keyed = enter_keyed(gql, "Mutation.createContainer")?;
    let done = keyed.write(|ctx| async move {
        let input = containers::CreateContainer { name: input.name, description: input.description };
        containers::create(&ctx, input).await
    });
    let (created, user_errors) = settle(done.await)?;
    let found = container(gql, created.map(|created| created.id)).await;
    Ok(CreateContainerPayload { container: found.transpose()?, user_errors })
}

async fn update(gql: &Context<'_>, input: UpdateContainerInput) -> Result<UpdateContainerPayload, Error> {
    let session = enter(gql, "Mutation.updateContainer")?;
    let done = session.write(|ctx| async move {
        let input = containers::UpdateContainer {
            id: payload::id(&input.id, Code::ContainerNotFound, "id")?,
            expected_version: input.expected_version,
            name: input.name,
            description: patch(input.description),
            status: input.status.map(Into::into),
        };
        containers::update(&ctx, input).await
    });
    let (updated, user_errors) = settle(done.await)?;
    let found = container(gql, updated.map(|updated| updated.id)).await;
    Ok(UpdateContainerPayload { container: found.transpose()?, user_errors })
}
