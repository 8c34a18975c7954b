//! Look-ups of profiles.

use async_graphql::{Context, Error, ID, InputObject, Object};
use purser_services::views::ProfileFilter;
use purser_services::{profiles, reads};
use purser_types::id::ContainerId;

use super::{Profile, ProfileBy};
use crate::context::{Session, enter, session};
use crate::error::{Nullable, nullable, told};
use crate::lookahead;
use crate::node::known;
use crate::page::{Connection, PageArguments, asks_for_total, listed};

/// Which profiles a list shows; everything that is set must hold.
#[derive(InputObject, Default)]
pub(crate) struct ProfileFilterInput {
    /// Only profiles of this container.
    container_id: Option<ID>,
    /// Only profiles that you tagged so.
    tag: Option<String>,
}

impl ProfileFilterInput {
    /// The filter; none if an id in it names nothing, so that nothing fits.
    pub(crate) fn filter(self) -> Option<ProfileFilter> {
        let container_id = match &self.container_id {
            Some(id) => Some(known(id)?),
            None => None,
        };
        Some(ProfileFilter { container_id, tag: self.tag })
    }
}

#[derive(Default)]
pub(crate) struct ProfileQuery;

#[Object]
impl ProfileQuery {
    /// A profile; null if there is none that you can see. Looked up by guid or `customerIdentification`,
    /// it is linked to your tenant. Needs `profiles:read`.
    async fn profile(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "By which of its keys.")] by: ProfileBy,
    ) -> Nullable<Profile> {
        nullable(
            async {
                let session = enter(gql, "Query.profile")?;
                let Some(key) = by.key() else { return Ok(None) };
                let selection = lookahead::of_profile(gql, session);
                let found = profiles::find(session.ctx(), key, &selection).await;
                Ok(found.map_err(|error| told(&error))?.map(Profile::new))
            }
            .await,
        )
    }

    /// The profiles that you see, newest first: all of your own containers, and those of shared ones that
    /// you are linked to. Needs `profiles:read`.
    async fn profiles(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Only those that fit.")] filter: Option<ProfileFilterInput>,
        #[graphql(desc = "How many, from the newest: 1 to 100, 20 if absent.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, from the oldest: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Nullable<Connection<Profile>> {
        let arguments = PageArguments::new(first, after, last, before);
        Some(
            async {
                let session = enter(gql, "Query.profiles")?;
                let Some(filter) = filter.unwrap_or_default().filter() else {
                    return Ok(Connection::empty());
                };
                page(gql, session, filter, &arguments).await
            }
            .await,
        )
    }
}

/// The profiles of one container; null if the viewer may not see profiles.
pub(crate) async fn of_container(
    gql: &Context<'_>,
    container_id: ContainerId,
    arguments: &PageArguments,
) -> Nullable<Connection<Profile>> {
    nullable(
        async {
            let session = session(gql)?;
            if !session.may("Profile") {
                return Ok(None);
            }
            let filter = ProfileFilter { container_id: Some(container_id), tag: None };
            page(gql, session, filter, arguments).await.map(Some)
        }
        .await,
    )
}

async fn page(
    gql: &Context<'_>,
    session: &Session,
    filter: ProfileFilter,
    arguments: &PageArguments,
) -> Result<Connection<Profile>, Error> {
    let page = arguments.page::<Profile>(session.ctx(), asks_for_total(gql))?;
    let selection = lookahead::of_profiles(gql, session);
    listed(reads::profiles(session.ctx(), &filter, page, &selection).await, Profile::new)
}
