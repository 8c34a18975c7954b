//! Whose payment it is: the identifiers that a payment carries, and the instrument that it prefers.

use purser_domain::payment::PaymentKind;
use purser_services::payments::{self, CustomerProfileData, PayWith};
use purser_services::selection::{PaymentLookup, ProfileSelection};
use purser_services::views::ProfileView;
use purser_services::{Code, Patch, PersonInput, ProfileKey, profiles, reads};

use crate::world::{World, fresh, refusal};

fn by_external_id(id: &str) -> CustomerProfileData {
    CustomerProfileData { external_id: Some(id.to_owned()), ..CustomerProfileData::default() }
}

async fn profile(world: &World, key: ProfileKey) -> ProfileView {
    let found = profiles::find(&world.ctx, key, &ProfileSelection::default()).await;
    found.expect("an answer").expect("a profile")
}

#[tokio::test]
async fn an_external_id_makes_one_profile_however_many_payments_carry_it() {
    let world = World::new().await;
    let pay = |id: &'static str, data| {
        payments::pay(&world.ctx, world.asked(PaymentKind::Debit, id, fresh("tok_visa"), data))
    };

    let first = pay("t-1", by_external_id("c-1")).await.expect("a payment");
    let second = pay("t-2", by_external_id("c-1")).await.expect("a payment");

    assert!(first.profile_id.is_some());
    assert_eq!(first.profile_id, second.profile_id);
    let found = profile(&world, ProfileKey::ExternalId("c-1".to_owned())).await;
    assert_eq!(Some(found.profile.id), first.profile_id);
}

#[tokio::test]
async fn an_external_id_of_another_customer_is_refused_and_nothing_is_charged() {
    let world = World::new().await;
    let data =
        CustomerProfileData { customer_identification: Some("ann".to_owned()), ..by_external_id("c-1") };
    let pay = |id: &'static str, data| {
        payments::pay(&world.ctx, world.asked(PaymentKind::Debit, id, fresh("tok_visa"), data))
    };
    let paid = pay("t-1", data.clone()).await.expect("a payment");

    let refused = pay("t-2", CustomerProfileData { external_id: Some("c-2".to_owned()), ..data }).await;

    assert_eq!(refusal(refused), (Code::IdentityMismatch, "customerProfileData.externalId".to_owned()));
    let second = PaymentLookup::TransactionId("t-2".to_owned());
    assert_eq!(reads::payment(&world.ctx, &second).await.expect("an answer"), None);
    let id = profile(&world, ProfileKey::ExternalId("c-1".to_owned())).await.profile.id;
    assert_eq!(Some(id), paid.profile_id);
}

#[tokio::test]
async fn what_is_wrong_with_the_customer_is_told_by_its_path_whatever_pays() {
    let world = World::new().await;
    let token = stored(&world, "t-1", "tok_visa").await;
    let mut asked =
        world.asked(PaymentKind::Debit, "t-2", PayWith::PaymentToken(token), CustomerProfileData::default());
    asked.customer_profile_data = None;
    asked.customer = Some(PersonInput { email: Patch::Set("nowhere".to_owned()), ..PersonInput::default() });

    let refused = payments::pay(&world.ctx, asked).await;

    assert_eq!(refusal(refused), (Code::InvalidEmail, "customer.email".to_owned()));
}

#[tokio::test]
async fn a_stored_instrument_that_pays_becomes_the_preferred_one_if_asked() {
    let world = World::new().await;
    let first = stored(&world, "t-1", "tok_visa").await;
    let _second = stored(&world, "t-2", "tok_mastercard").await;
    let data = CustomerProfileData { mark_as_preferred: true, ..CustomerProfileData::default() };
    let asked = world.asked(PaymentKind::Debit, "t-3", PayWith::PaymentToken(first), data);

    let paid = payments::pay(&world.ctx, asked).await.expect("a payment");

    let id = paid.profile_id.expect("a profile");
    assert_eq!(profile(&world, ProfileKey::Id(id)).await.profile.preferred_instrument_id, paid.instrument_id);
}

#[tokio::test]
async fn what_is_stored_already_is_not_registered_again() {
    let world = World::new().await;
    let token = stored(&world, "t-1", "tok_visa").await;
    let asked = world.asked(
        PaymentKind::Register,
        "t-2",
        PayWith::PaymentToken(token),
        CustomerProfileData::default(),
    );

    let refused = payments::pay(&world.ctx, asked).await;

    assert_eq!(refusal(refused), (Code::InvalidInput, "payWith".to_owned()));
}

/// The payment token of an instrument of Ann's that was just registered, as the preferred one.
async fn stored(world: &World, id: &str, token: &str) -> String {
    let data = CustomerProfileData {
        customer_identification: Some("ann".to_owned()),
        mark_as_preferred: true,
        ..CustomerProfileData::default()
    };
    let asked = world.asked(PaymentKind::Register, id, fresh(token), data);
    let paid = payments::pay(&world.ctx, asked).await.expect("a registration");
    let found = reads::instruments_by_id(&world.ctx, &[paid.instrument_id.expect("an instrument")]).await;
    let found = found.expect("an answer").into_iter().flatten().next().expect("an instrument");
    found.instrument.payment_token.clone()
}
