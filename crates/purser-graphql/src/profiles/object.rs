//! The profile as the graph shows it.

use std::sync::Arc;

use async_graphql::{Context, Error, ID, Object};
use purser_domain::profile::Overlay;
use purser_services::selection::PaymentsKey;
use purser_types::page::Slice;

use super::address::Address;
use super::totals::ProfileTotal;
use super::{Profile, StoredInstrument};
use crate::containers::Container;
use crate::context::{Session, session};
use crate::error::{Nullable, nullable};
use crate::instruments::Instrument;
use crate::lookahead;
use crate::page::{Connection, PageArguments, asks_for_total};
use crate::payments::{Payment, PaymentFilterInput};
use crate::scalars::{Date, DateTime, EmailAddress, JsonObject, Locale, PhoneNumber};
use crate::security;
use crate::tenants::Tenant;
use crate::words::{CreatedVia, Gender, LinkedVia, ProfileKind, ProfileStatus};

impl Profile {
    /// A field about the person, if the table and the viewer's grant in the container let it be seen.
    fn personal<T>(&self, gql: &Context<'_>, subject: &str, show: impl FnOnce() -> Option<T>) -> Nullable<T> {
        let permissions = self.view.container.grant.permissions;
        let shown = session(gql).map(|session| {
            let is_shown = security::may_in(session.ctx().viewer(), permissions, subject);
            if is_shown { show() } else { None }
        });
        nullable(shown)
    }

    fn overlay(&self) -> Option<&Overlay> {
        self.view.overlay.as_ref()
    }

    async fn instruments_of(&self, session: &Session) -> Result<Vec<Arc<StoredInstrument>>, Error> {
        match &self.view.instruments {
            Some(fetched) => Ok(fetched.clone()),
            None => session.loaders().instruments_of.load(self.key()).await,
        }
    }

    async fn payments_of(
        &self,
        session: &Session,
        key: PaymentsKey,
    ) -> Result<Slice<Arc<purser_domain::payment::Payment>>, Error> {
        match self.payments.iter().find(|(fetched, _)| *fetched == key) {
            Some((_, slice)) => Ok(slice.clone()),
            None => session.loaders().payments_of.load((self.key(), key)).await,
        }
    }

    async fn preferred(&self, session: &Session) -> Result<Option<Instrument>, Error> {
        let Some(id) = self.view.profile.preferred_instrument_id else { return Ok(None) };
        if let Some(view) = self.instrument(id) {
            return Ok(Some(Instrument::new(view)));
        }
        if self.view.instruments.is_some() {
            // All that the viewer sees were fetched, and it is not among them.
            return Ok(None);
        }
        Ok(session.loaders().instruments.load(id).await?.map(Instrument::new))
    }
}

/// A customer's profile. Its core is shared by all tenants that see it; metadata, tags, external id,
/// payments and totals are your own, and nobody else's.
#[Object]
impl Profile {
    /// The global id, `prf_…`.
    pub(crate) async fn id(&self) -> ID {
        self.view.profile.id.into()
    }

    /// The guid, `CP-…`. Whoever has it may see the profile in its container: tell it to nobody else.
    async fn guid(&self) -> &str {
        &self.view.profile.guid
    }

    /// Where the profile lives, for ever; null without `containers:read`.
    async fn container(&self, gql: &Context<'_>) -> Nullable<Container> {
        nullable(
            session(gql)
                .map(|session| session.may("Container").then(|| Container::shared(&self.view.container))),
        )
    }

    /// The ecosystem's own identifier of the customer, unique in the container; null if there is none.
    /// Whoever has it may see the profile in its container.
    async fn customer_identification(&self) -> Option<&str> {
        self.view.profile.customer_identification.as_deref()
    }

    /// Whether the profile is in use.
    async fn status(&self) -> ProfileStatus {
        self.view.profile.status.into()
    }

    /// A person or a company.
    async fn kind(&self) -> ProfileKind {
        self.view.profile.person.kind.into()
    }

    /// Display name; null if not told.
    async fn name(&self) -> Option<&str> {
        self.view.profile.person.name.as_deref()
    }

    /// First name; null if not told.
    async fn first_name(&self) -> Option<&str> {
        self.view.profile.person.first_name.as_deref()
    }

    /// Last name; null if not told.
    async fn last_name(&self) -> Option<&str> {
        self.view.profile.person.last_name.as_deref()
    }

    /// Company; null if not told.
    async fn company(&self) -> Option<&str> {
        self.view.profile.person.company.as_deref()
    }

    /// Date of birth; null if not told. Needs `profiles:pii` and `READ_PII` in the container, null without.
    async fn birth_date(&self, gql: &Context<'_>) -> Nullable<Date> {
        self.personal(gql, "Profile.birthDate", || self.view.profile.person.birth_date.map(Date))
    }

    /// Gender; null if not told.
    async fn gender(&self) -> Option<Gender> {
        self.view.profile.person.gender.map(Gender::from)
    }

    /// E-mail address; null if not told. Needs `profiles:pii` and `READ_PII` in the container, null without.
    async fn email(&self, gql: &Context<'_>) -> Nullable<EmailAddress> {
        let email = self.view.profile.person.email.as_ref();
        self.personal(gql, "Profile.email", || email.map(|email| EmailAddress(email.as_str().to_owned())))
    }

    /// The e-mail address to recognise it by: `a***@example.org`; null if not told.
    async fn email_masked(&self) -> Option<String> {
        self.view.profile.person.email.as_ref().map(purser_domain::contact::Email::masked)
    }

    /// Telephone number, E.164; null if not told. Needs `profiles:pii` and `READ_PII` in the container,
    /// null without.
    async fn phone(&self, gql: &Context<'_>) -> Nullable<PhoneNumber> {
        let phone = self.view.profile.person.phone.as_ref();
        self.personal(gql, "Profile.phone", || phone.map(|phone| PhoneNumber(phone.as_str().to_owned())))
    }

    /// The telephone number to recognise it by: `+1***71`; null if not told.
    async fn phone_masked(&self) -> Option<String> {
        self.view.profile.person.phone.as_ref().map(purser_domain::contact::Phone::masked)
    }

    /// Language and region, BCP 47; null if not told.
    async fn locale(&self) -> Option<Locale> {
        self.view.profile.person.locale.clone().map(Locale)
    }

    /// Postal addresses, at most 20. Needs `profiles:pii` and `READ_PII` in the container, null without.
    async fn addresses(&self, gql: &Context<'_>) -> Nullable<Vec<Address>> {
        let addresses = &self.view.profile.person.addresses;
        self.personal(gql, "Profile.addresses", || Some(addresses.iter().cloned().map(Address).collect()))
    }

    /// The instrument to offer first; null if there is none that you see, and without `instruments:read`.
    async fn preferred_instrument(&self, gql: &Context<'_>) -> Nullable<Instrument> {
        nullable(
            async {
                let session = session(gql)?;
                if session.may("Instrument") { self.preferred(session).await } else { Ok(None) }
            }
            .await,
        )
    }

    /// The method of the instrument to offer first, such as `card` or `paypal`; null as that instrument is.
    async fn preferred_method(&self, gql: &Context<'_>) -> Nullable<String> {
        nullable(
            async {
                let session = session(gql)?;
                if !session.may("Instrument") {
                    return Ok(None);
                }
                Ok(self.preferred(session).await?.map(|preferred| preferred.method_name().to_owned()))
            }
            .await,
        )
    }

    /// The stored instruments that you see, newest first, at most 100; null without `instruments:read`.
    async fn instruments(&self, gql: &Context<'_>) -> Nullable<Vec<Instrument>> {
        nullable(
            async {
                let session = session(gql)?;
                if !session.may("Instrument") {
                    return Ok(None);
                }
                let found = self.instruments_of(session).await?;
                let show = |instrument| Instrument::new(self.view_of(instrument)).of(self);
                Ok(Some(found.iter().map(show).collect()))
            }
            .await,
        )
    }

    /// The customer's payments at your tenant, newest first; null without `payments:read`.
    async fn payments(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Only those that fit.")] filter: Option<PaymentFilterInput>,
        #[graphql(desc = "How many, from the newest: 1 to 100, 20 if absent.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, from the oldest: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Nullable<Connection<Payment>> {
        let arguments = PageArguments::new(first, after, last, before);
        nullable(
            async {
                let session = session(gql)?;
                if !session.may("Payment") {
                    return Ok(None);
                }
                let page = arguments.page::<Payment>(session.ctx(), asks_for_total(gql))?;
                let Some(filter) = filter.unwrap_or_default().filter() else {
                    return Ok(Some(Connection::empty()));
                };
                let is_brief = lookahead::is_brief(gql.field());
                let slice = self.payments_of(session, PaymentsKey { page, filter, is_brief }).await?;
                Ok(Some(Connection::of(slice, |payment| Payment::new(payment).of(self))))
            }
            .await,
        )
    }

    /// What the customer has paid at your tenant, per currency; null without `payments:read`.
    async fn totals(&self, gql: &Context<'_>) -> Nullable<Vec<ProfileTotal>> {
        nullable(
            async {
                let session = session(gql)?;
                if !session.may("Payment") {
                    return Ok(None);
                }
                let totals = match &self.view.totals {
                    Some(fetched) => fetched.clone(),
                    None => session.loaders().totals_of.load(self.key()).await?,
                };
                Ok(Some(totals.into_iter().map(ProfileTotal).collect()))
            }
            .await,
        )
    }

    /// Whether your tenant is linked to the profile: it created it, was paid with it, or proved that it
    /// knows it.
    async fn is_linked(&self) -> bool {
        self.view.overlay.is_some()
    }

    /// How your tenant came to be linked; null if it is not, as an owner of the container need not be.
    async fn linked_via(&self) -> Option<LinkedVia> {
        self.overlay().map(|overlay| overlay.linked_via.into())
    }

    /// Your own customer id, unique among your profiles; null if you gave none.
    async fn external_id(&self) -> Option<&str> {
        self.overlay().and_then(|overlay| overlay.external_id.as_deref())
    }

    /// Your own data about the customer. Needs `metadata:read`, null without.
    async fn metadata(&self, gql: &Context<'_>) -> Nullable<JsonObject> {
        let shown = session(gql).map(|session| session.may("Profile.metadata"));
        let metadata = || self.overlay().map(|overlay| overlay.metadata.clone()).unwrap_or_default();
        nullable(shown.map(|is_shown| is_shown.then(|| JsonObject(metadata()))))
    }

    /// Your own labels, at most 50.
    async fn tags(&self) -> Vec<&str> {
        let tags = self.overlay().map(|overlay| overlay.tags.as_slice()).unwrap_or_default();
        tags.iter().map(String::as_str).collect()
    }

    /// Whether you marked the customer.
    async fn is_favorite(&self) -> bool {
        self.overlay().is_some_and(|overlay| overlay.is_favorite)
    }

    /// Who created the profile; null if it is another tenant that is not below yours.
    async fn created_by(&self, gql: &Context<'_>) -> Nullable<Tenant> {
        nullable(
            async {
                let found =
                    session(gql)?.loaders().tenants.load(self.view.profile.created_by_tenant_id).await?;
                Ok(found.filter(|view| view.is_full).map(Tenant::new))
            }
            .await,
        )
    }

    /// How the profile came to be.
    async fn created_via(&self) -> CreatedVia {
        self.view.profile.created_via.into()
    }

    /// When the profile was created.
    async fn created_at(&self) -> DateTime {
        DateTime(self.view.profile.created_at)
    }

    /// When its shared core was last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.view.profile.updated_at)
    }

    /// Grows by one with each change of the shared core; `updateProfile` takes it as `expectedVersion`.
    async fn version(&self) -> i32 {
        self.view.profile.version
    }
}
