//! Which instruments of a profile may pay through a connector or router.

use async_graphql::{Context, Error, ID, Object, SimpleObject};
use purser_domain::instrument::{InstrumentStatus, may_use};
use purser_domain::payment::PaymentKind;
use purser_services::payments::{self, Target};
use purser_services::views::{InstrumentView, ProfileView};
use purser_types::Money;
use purser_types::id::ProfileId;

use super::Instrument;
use crate::context::{Session, enter};
use crate::error::{Nullable, ServiceError, nullable, told};
use crate::money::MoneyInput;
use crate::payments::{Route, target};
use crate::profiles::Profile;

/// An instrument that may pay, and the route that a payment would take.
#[derive(SimpleObject)]
pub(crate) struct ChargeableInstrument {
    /// The instrument.
    instrument: Instrument,
    /// The connectors that would be tried, and why not the others.
    route: Route,
}

#[derive(Default)]
pub(crate) struct ChargeableQuery;

#[Object]
impl ChargeableQuery {
    /// The instruments of a profile that you may pay with through a connector or router, the preferred one
    /// first; null if there is no such profile, connector or router that you can see. Needs
    /// `instruments:read` and `profiles:read`.
    async fn chargeable_instruments(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The profile, `prf_…`.")] profile_id: ID,
        #[graphql(desc = "Through this connector, `con_…`; this or `routerId`.")] connector_id: Option<ID>,
        #[graphql(desc = "Through this router, `rtr_…`; this or `connectorId`.")] router_id: Option<ID>,
        #[graphql(desc = "The amount to be paid, if the route depends on its currency.")] amount: Option<
            MoneyInput,
        >,
    ) -> Nullable<Vec<ChargeableInstrument>> {
        nullable(
            async {
                let session = enter(gql, "Query.chargeableInstruments")?;
                let Ok(target) = target(connector_id.as_ref(), router_id.as_ref()) else { return Ok(None) };
                let Ok(id) = profile_id.parse::<ProfileId>() else { return Ok(None) };
                let Some(view) = session.loaders().profiles.load(id).await? else { return Ok(None) };
                let amount = match amount {
                    Some(amount) => amount.read().map_err(|error| told(&error))?,
                    None => session.zero().await?,
                };
                chargeable(session, view, target, amount).await
            }
            .await,
        )
    }
}

async fn chargeable(
    session: &Session,
    view: ProfileView,
    target: Target,
    amount: Money,
) -> Result<Option<Vec<ChargeableInstrument>>, Error> {
    let instruments = session.loaders().instruments_of.load(view.profile.id).await?;
    let grant = view.container.grant;
    let preferred = view.profile.preferred_instrument_id;
    let viewer = session.ctx().viewer().tenant();
    let profile = Profile::new(view);
    let usable = instruments.into_iter().filter(|instrument| {
        let is_usable = may_use(instrument.stored_by_tenant_id, viewer, grant.permissions);
        is_usable && instrument.status == InstrumentStatus::Active
    });
    let mut found = Vec::new();
    for instrument in usable {
        let token = instrument.payment_token.clone();
        match payments::simulate(session.ctx(), target, PaymentKind::Debit, amount, Some(token)).await {
            Ok(route) if !route.steps.is_empty() => {
                let is_preferred = preferred == Some(instrument.id);
                let view = InstrumentView { instrument, grant, is_preferred };
                let instrument = Instrument::new(view).of(&profile);
                found.push((!is_preferred, ChargeableInstrument { instrument, route: Route::new(route) }));
            }
            // No step, or expired or disabled in the meantime: it cannot pay.
            Ok(_) => {}
            Err(ServiceError::Refused(_)) => {}
            Err(fault) => return Err(told(&fault)),
        }
    }
    found.sort_by_key(|(is_not_preferred, _)| *is_not_preferred);
    Ok(Some(found.into_iter().map(|(_, chargeable)| chargeable).collect()))
}
