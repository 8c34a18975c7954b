//! Profiles: the object, its look-ups and its changes.

mod address;
mod input;
mod mutations;
mod object;
mod queries;
mod totals;

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, OneofObject};
use purser_domain::instrument::Instrument as StoredInstrument;
use purser_domain::payment::Payment;
use purser_services::ProfileKey;
use purser_services::selection::PaymentsKey;
use purser_services::views::{InstrumentView, ProfileView};
use purser_types::id::{InstrumentId, ProfileId};
use purser_types::page::{Position, Slice};

use crate::context::session;
use crate::error::{Nullable, nullable};
use crate::node::known;
use crate::page::{Listed, shared};

pub(crate) use input::PersonInput;
pub(crate) use mutations::ProfileMutation;
pub(crate) use queries::{ProfileFilterInput, ProfileQuery, of_container};

/// A profile that the viewer sees, with what was fetched ahead around it.
#[derive(Clone)]
pub(crate) struct Profile {
    view: Arc<ProfileView>,
    /// The view's payments, taken out of it so that a resolver shares what it shows instead of copying it.
    payments: Arc<Vec<Fetched>>,
}

/// A page of payments that was fetched ahead, and what was asked for.
type Fetched = (PaymentsKey, Slice<Arc<Payment>>);

impl Profile {
    pub(crate) fn new(mut view: ProfileView) -> Self {
        let payments = std::mem::take(&mut view.payments);
        let payments = payments.into_iter().map(|(key, slice)| (key, shared(slice))).collect();
        Self { view: Arc::new(view), payments: Arc::new(payments) }
    }

    /// The profile's id, as its payments know it.
    pub(crate) fn key(&self) -> ProfileId {
        self.view.profile.id
    }

    /// The guid.
    pub(crate) fn guid_text(&self) -> &str {
        &self.view.profile.guid
    }

    /// The ecosystem's own identifier of the customer.
    pub(crate) fn identification(&self) -> Option<&str> {
        self.view.profile.customer_identification.as_deref()
    }

    /// An instrument that was fetched ahead with the profile.
    pub(crate) fn instrument(&self, id: InstrumentId) -> Option<InstrumentView> {
        let fetched = self.view.instruments.as_ref()?;
        let instrument = fetched.iter().find(|instrument| instrument.id == id)?;
        Some(self.view_of(instrument))
    }

    fn view_of(&self, instrument: &Arc<StoredInstrument>) -> InstrumentView {
        InstrumentView {
            instrument: Arc::clone(instrument),
            grant: self.view.container.grant,
            is_preferred: self.view.profile.preferred_instrument_id == Some(instrument.id),
        }
    }
}

impl Listed for Profile {
    const LIST: &'static str = "profiles";

    fn position(&self) -> Position {
        Position { created_at: self.view.profile.created_at, id: self.view.profile.id.uuid() }
    }
}

/// The profile that a field leads to; null if there is none that the viewer sees.
pub(crate) async fn profile(gql: &Context<'_>, id: Option<ProfileId>) -> Nullable<Profile> {
    nullable(
        async {
            let session = session(gql)?;
            let Some(id) = id.filter(|_| session.may("Profile")) else { return Ok(None) };
            Ok(session.loaders().profiles.load(id).await?.map(Profile::new))
        }
        .await,
    )
}

/// One of the keys of a profile.
#[derive(OneofObject)]
pub(crate) enum ProfileBy {
    /// The global id, `prf_…`.
    Id(ID),
    /// The guid, `CP-…`: whoever has it may see the profile if its container is shared with them, and is
    /// linked to it by asking.
    Guid(String),
    /// The ecosystem's own identifier; the same holds as for the guid.
    CustomerIdentification(CustomerIdentificationInput),
    /// Your own customer id.
    ExternalId(String),
}

/// A `customerIdentification` and the container in which it is unique.
#[derive(InputObject)]
pub(crate) struct CustomerIdentificationInput {
    /// The container, `cnt_…`.
    container_id: ID,
    /// The ecosystem's identifier of the customer, at most 64 characters.
    customer_identification: String,
}

impl ProfileBy {
    /// The key; none if an id in it names nothing.
    pub(crate) fn key(self) -> Option<ProfileKey> {
        Some(match self {
            Self::Id(id) => ProfileKey::Id(known(&id)?),
            Self::Guid(guid) => ProfileKey::Guid(guid),
            Self::ExternalId(id) => ProfileKey::ExternalId(id),
            Self::CustomerIdentification(input) => ProfileKey::CustomerIdentification {
                container_id: known(&input.container_id)?,
                value: input.customer_identification,
            },
        })
    }
}
