//! What a void takes: the rest of a reservation, or all of what is captured and not settled.

use purser_domain::payment::PaymentKind;
use purser_domain::payment::attempt::AttemptStatus;
use purser_services::payments::{self, CustomerProfileData};
use purser_services::reads;
use purser_types::Money;

use crate::world::{World, fresh};

#[tokio::test]
async fn a_void_after_a_partial_capture_releases_the_rest() {
    let world = World::new().await;
    let data = CustomerProfileData { customer_identification: Some("ann".to_owned()), ..Default::default() };
    let asked = world.asked(PaymentKind::Preauthorize, "t-1", fresh("tok_visa"), data);
    let id = payments::pay(&world.ctx, asked).await.expect("a reservation").payment_id;
    let part = Money::try_new(400, "EUR".parse().expect("a currency")).expect("an amount");
    payments::capture(&world.ctx, id, Some(part), false).await.expect("a capture");

    payments::void(&world.ctx, id).await.expect("a void");

    let payment = reads::payments_by_id(&world.ctx, &[id]).await.expect("an answer").remove(0);
    let payment = payment.expect("a payment");
    assert_eq!((payment.status.as_str(), payment.amounts.captured), ("SUCCEEDED", 400));
    assert_eq!((payment.amounts.capturable(), payment.amounts.refundable()), (0, 400));
    let attempts = reads::attempts_of(&world.ctx, &[id]).await.expect("an answer").remove(0);
    let void = attempts.last().expect("an attempt");
    assert_eq!((void.status, void.amount.minor()), (AttemptStatus::Succeeded, 599));
}
