//! A container that takes no changes: what would delete is refused, and says so.

use purser_domain::container::ContainerStatus;
use purser_domain::payment::PaymentKind;
use purser_services::payments::{self, CustomerProfileData};
use purser_services::profiles::{self, CreateProfile, DeleteProfile};
use purser_services::{Code, ProfileKey, instruments, reads};

use crate::world::{World, fresh, refusal};

#[tokio::test]
async fn a_read_only_container_keeps_its_instruments_and_profiles() {
    let world = World::new().await;
    let data = CustomerProfileData { customer_identification: Some("ann".to_owned()), ..Default::default() };
    let asked = world.asked(PaymentKind::Register, "t-1", fresh("tok_visa"), data);
    let paid = payments::pay(&world.ctx, asked).await.expect("a registration");
    let (profile, instrument) = (paid.profile_id.expect("a profile"), paid.instrument_id.expect("one"));
    let guid = reads::profiles_by_id(&world.ctx, &[profile]).await.expect("an answer").remove(0);
    let guid = guid.expect("a profile").profile.guid;
    world.set(ContainerStatus::ReadOnly).await;

    let key = ProfileKey::Id(profile);
    let deleted =
        profiles::delete(&world.ctx, DeleteProfile { key, dry_run: false, confirm: Some(guid) }).await;
    let forgotten = instruments::delete(&world.ctx, instrument).await;

    assert_eq!(refusal(deleted), (Code::ContainerPermissionMissing, "by".to_owned()));
    assert_eq!(refusal(forgotten), (Code::ContainerPermissionMissing, "instrumentId".to_owned()));
    let kept = reads::instruments_by_id(&world.ctx, &[instrument]).await.expect("an answer");
    assert_eq!(kept.iter().flatten().count(), 1);

    world.set(ContainerStatus::Active).await;
    assert_eq!(instruments::delete(&world.ctx, instrument).await.expect("deleted"), instrument);
}

#[tokio::test]
async fn a_default_container_that_cannot_be_used_says_why() {
    let world = World::new().await;
    world.set(ContainerStatus::Disabled).await;

    let refused = profiles::create(&world.ctx, CreateProfile::default()).await;

    assert_eq!(refusal(refused), (Code::ContainerDisabled, "containerId".to_owned()));
}
