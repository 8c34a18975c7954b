//! Changes of stored instruments. They are stored by payments and registrations only.

use async_graphql::{Context, Error, ID, InputObject, Object, SimpleObject};
use purser_services::instruments;

use crate::context::enter;
use crate::error::{Code, Nullable};
use crate::payload::{self, Codes, UserError, settle};
use crate::profiles::{Profile, profile};

/// Which instrument is the one to offer first.
#[derive(InputObject)]
pub(crate) struct SetPreferredInstrumentInput {
    /// The profile, `prf_…`.
    profile_id: ID,
    /// The instrument, `pin_…`; none if absent or null.
    instrument_id: Option<ID>,
}

/// The codes of `setPreferredInstrument`.
pub(crate) enum SetPreferredInstrument {}
impl Codes for SetPreferredInstrument {
    const MUTATION: &'static str = "SetPreferredInstrument";
    const CODES: &'static [Code] =
        &[Code::ProfileNotFound, Code::InstrumentNotFound, Code::ContainerPermissionMissing];
}

/// What became of `setPreferredInstrument`.
#[derive(SimpleObject)]
pub(crate) struct SetPreferredInstrumentPayload {
    /// The changed profile; null if it was refused.
    profile: Option<Profile>,
    /// Why it was refused; empty if it was not.
    user_errors: Vec<UserError<SetPreferredInstrument>>,
}

/// The instrument that is deleted.
#[derive(InputObject)]
pub(crate) struct DeleteInstrumentInput {
    /// Which one, `pin_…`.
    instrument_id: ID,
}

/// The codes of `deleteInstrument`.
pub(crate) enum DeleteInstrument {}
impl Codes for DeleteInstrument {
    const MUTATION: &'static str = "DeleteInstrument";
    const CODES: &'static [Code] = &[Code::InstrumentNotFound, Code::ContainerPermissionMissing];
}

/// What became of `deleteInstrument`.
#[derive(SimpleObject)]
pub(crate) struct DeleteInstrumentPayload {
    /// The id of the instrument that is no more; null if it was refused.
    deleted_instrument_id: Option<ID>,
    /// Why it was refused; empty if it was not.
    user_errors: Vec<UserError<DeleteInstrument>>,
}

#[derive(Default)]
pub(crate) struct InstrumentMutation;

#[Object]
impl InstrumentMutation {
    /// Makes an instrument of a profile the one to offer first, or none. Needs `profiles:write`.
    async fn set_preferred_instrument(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Which instrument of which profile.")] input: SetPreferredInstrumentInput,
    ) -> Nullable<SetPreferredInstrumentPayload> {
        Some(set_preferred(gql, input).await)
    }

    /// Deletes an instrument for everyone: the tenant that stored it may, and whoever may delete the
    /// profile. Payments made with it stay. Needs `instruments:write`.
    async fn delete_instrument(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Which instrument.")] input: DeleteInstrumentInput,
    ) -> Nullable<DeleteInstrumentPayload> {
        Some(delete(gql, input).await)
    }
}

async fn set_preferred(
    gql: &Context<'_>,
    input: SetPreferredInstrumentInput,
) -> Result<SetPreferredInstrumentPayload, Error> {
    let session = enter(gql, "Mutation.setPreferredInstrument")?;
    let done = session.write(|ctx| async move {
        let profile_id = payload::id(&input.profile_id, Code::ProfileNotFound, "profileId")?;
        let instrument = input.instrument_id.as_ref();
        let instrument = payload::optional_id(instrument, Code::InstrumentNotFound, "instrumentId")?;
        instruments::set_preferred(&ctx, profile_id, instrument).await
    });
    let (id, user_errors) = settle(done.await)?;
    Ok(SetPreferredInstrumentPayload { profile: profile(gql, id).await.transpose()?, user_errors })
}

async fn delete(gql: &Context<'_>, input: DeleteInstrumentInput) -> Result<DeleteInstrumentPayload, Error> {
    let session = enter(gql, "Mutation.deleteInstrument")?;
    let done = session.write(|ctx| async move {
        let id = payload::id(&input.instrument_id, Code::InstrumentNotFound, "instrumentId")?;
        instruments::delete(&ctx, id).await
    });
    let (id, user_errors) = settle(done.await)?;
    Ok(DeleteInstrumentPayload { deleted_instrument_id: id.map(ID::from), user_errors })
}
