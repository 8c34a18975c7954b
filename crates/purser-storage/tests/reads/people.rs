//! The profiles of the world, what tenants keep about them, their instruments and payments.

use purser_domain::Environment;
use purser_domain::contact::{Email, Phone};
use purser_domain::container::Container;
use purser_domain::instrument::{Instrument, InstrumentStatus, Origin, Shareable};
use purser_domain::payment::attempt::{Attempt, AttemptStatus};
use purser_domain::payment::{
    Amounts, DeclineRecord, Payment, PaymentKind, PaymentSource, PaymentStatus, SourceSnapshot,
};
use purser_domain::profile::{
    CreatedVia, Gender, LinkedVia, Overlay, Person, Profile, ProfileKind, ProfileStatus,
};
use purser_domain::routing::{Considered, Route, Verdict};
use purser_domain::scope::KeyScopes;
use purser_domain::tenant::{ApiKey, ApiKeyKind, Tenant};
use purser_storage::read::ProfileTotal;
use purser_types::id::{ProfileId, TenantId};
use purser_types::{Money, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::world::{Dice, World};

/// Two keys of each tenant and environment.
pub(crate) fn keys(dice: &mut Dice, tenants: &[Tenant]) -> Vec<ApiKey> {
    let key = |(index, tenant): (usize, &Tenant)| ApiKey {
        id: dice.id(),
        tenant_id: tenant.id,
        kind: dice.pick(ApiKeyKind::ALL),
        environment: Environment::ALL[index % 2],
        name: format!("key {index}"),
        prefix: "sk_test_4f2a".to_owned(),
        scopes: KeyScopes::all(),
        expires_at: Timestamp::NEVER,
        revoked_at: dice.one_in(3).then(|| dice.instant()),
        created_at: dice.instant(),
        created_by: "operator".to_owned(),
    };
    tenants.iter().flat_map(|tenant| std::iter::repeat_n(tenant, 4)).enumerate().map(key).collect()
}

/// Fills the containers.
pub(crate) fn settle(dice: &mut Dice, world: &mut World) {
    for (index, count) in [50, 12, 6, 25].into_iter().enumerate() {
        let container = world.containers[index].clone();
        for _ in 0..count {
            let profile = profile(dice, &container, world.tenants[0].id);
            visit(dice, world, &container, profile);
        }
    }
    for tenant in 0..3 {
        let (tenant_id, environment) = (world.tenants[tenant].id, dice.pick(Environment::ALL));
        for _ in 0..3 {
            let payment = payment(dice, world, tenant_id, environment, None);
            world.payments.push(payment);
        }
    }
    world.attempts = world.payments.iter().flat_map(|payment| attempts(dice, payment)).collect();
}

/// A customer visits some tenants, who link it, store instruments and take payments.
fn visit(dice: &mut Dice, world: &mut World, container: &Container, mut profile: Profile) {
    let tenants: Vec<TenantId> = world.tenants.iter().map(|tenant| tenant.id).collect();
    for (index, tenant_id) in tenants.iter().copied().enumerate() {
        if dice.one_in(2) {
            let number = world.overlays.len();
            world.overlays.push(overlay(dice, &profile, tenant_id, number));
        }
        for _ in 0..dice.below(3) {
            let number = world.instruments.len();
            let instrument = instrument(dice, &profile, tenant_id, number);
            if dice.one_in(4) {
                profile.preferred_instrument_id = Some(instrument.id);
            }
            world.instruments.push(instrument);
        }
        for _ in 0..if index < 3 { dice.below(5) } else { 0 } {
            let payment = payment(dice, world, tenant_id, container.environment, Some(&profile));
            world.payments.push(payment);
        }
        for code in ["EUR", "USD", "JPY"].into_iter().take(dice.below(4)) {
            world.totals.push((tenant_id, total(dice, profile.id, code)));
        }
    }
    world.profiles.push(profile);
}

fn profile(dice: &mut Dice, container: &Container, created_by: TenantId) -> Profile {
    let id = dice.id();
    Profile {
        id,
        guid: format!("CP-{}", id.uuid().simple()),
        container_id: container.id,
        customer_identification: dice.some(format!("customer {}", id.uuid())),
        status: dice.pick(ProfileStatus::ALL),
        person: Person {
            kind: dice.pick(ProfileKind::ALL),
            name: dice.some("Ann Example".to_owned()),
            first_name: dice.some("Ann".to_owned()),
            last_name: dice.some("Example \"quoted\" \u{1f680}".to_owned()),
            company: dice.some("Example Ltd".to_owned()),
            birth_date: dice.some("1970-01-31".parse().expect("date")),
            gender: dice.some(Gender::X),
            email: dice.some(Email::from_stored("ann@example.org".to_owned())),
            phone: dice.some(Phone::from_stored("+14155552671".to_owned())),
            locale: dice.some("de-AT".to_owned()),
            addresses: dice.some(addresses()).unwrap_or_default(),
        },
        preferred_instrument_id: None,
        created_by_tenant_id: created_by,
        created_via: dice.pick(CreatedVia::ALL),
        created_at: dice.instant(),
        updated_at: dice.instant(),
        version: 4,
    }
}

fn addresses<T: DeserializeOwned>() -> Vec<T> {
    let text = json!([{"kind": "BILLING", "isDefault": true, "line1": "1 Main St", "country": "DE"}]);
    serde_json::from_value(text).expect("addresses")
}

fn overlay(dice: &mut Dice, profile: &Profile, tenant_id: TenantId, number: usize) -> Overlay {
    let metadata = json!({"segment": "gold", "score": number, "deep": {"list": [1, "two", null]}});
    let tags = ["vip", "new", "it's"];
    Overlay {
        tenant_id,
        profile_id: profile.id,
        external_id: dice.some(format!("external {number}")),
        metadata: serde_json::from_value(metadata).expect("metadata"),
        tags: tags.into_iter().filter(|_| dice.one_in(3)).map(str::to_owned).collect(),
        is_favorite: dice.one_in(2),
        linked_via: dice.pick(LinkedVia::ALL),
        created_at: dice.instant(),
        updated_at: dice.instant(),
    }
}

fn instrument(dice: &mut Dice, profile: &Profile, stored_by: TenantId, number: usize) -> Instrument {
    let card = json!({"type": "CARD", "brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2030});
    Instrument {
        id: dice.id(),
        payment_token: format!("pt::{number:032x}"),
        profile_id: profile.id,
        container_id: profile.container_id,
        stored_by_tenant_id: stored_by,
        kind: "CARD".parse().expect("method"),
        method: "card".to_owned(),
        details: serde_json::from_value(card).expect("details"),
        status: dice.pick(InstrumentStatus::ALL),
        shareable: dice.pick(Shareable::ALL),
        origin: Origin {
            connector_id: dice.id(),
            plugin_id: "sandbox".to_owned(),
            processor: "simulator".to_owned(),
            token_scope: "PROCESSOR".parse().expect("token scope"),
        },
        created_at: dice.instant(),
        last_used_at: dice.one_in(2).then(|| dice.instant()),
    }
}

fn payment(
    dice: &mut Dice,
    world: &World,
    tenant_id: TenantId,
    environment: Environment,
    profile: Option<&Profile>,
) -> Payment {
    let connectors: Vec<_> = world.connectors.iter().filter(|known| known.tenant_id == tenant_id).collect();
    let connector_id = dice.pick(&connectors).id;
    let known = |instrument: &&Instrument| profile.is_some_and(|profile| profile.id == instrument.profile_id);
    let instrument_id = world.instruments.iter().rfind(known).map(|instrument| instrument.id);
    let decline = json!({"code": "DO_NOT_HONOR", "advice": "LATER", "rawCode": "05", "rawMessage": "no"});
    let action = json!({"type": "REDIRECT", "url": "https://example.org/3ds?x=1"});
    Payment {
        id: dice.id(),
        tenant_id,
        environment,
        kind: dice.pick(PaymentKind::ALL),
        merchant_transaction_id: format!("transaction {}", world.payments.len()),
        profile_id: profile.map(|profile| profile.id),
        container_id: profile.map(|profile| profile.container_id),
        instrument_id,
        connector_id: dice.some(connector_id),
        router_id: dice.one_in(2).then(|| dice.id()),
        status: dice.pick(PaymentStatus::ALL),
        amounts: amounts(dice),
        method: dice.some("card".to_owned()),
        description: dice.some("two apples".to_owned()),
        source: SourceSnapshot {
            source: dice.pick(PaymentSource::ALL),
            source_id: dice.some("link-1".to_owned()),
            description: dice.some("Spring sale".to_owned()),
        },
        initiator: dice.pick(&["CUSTOMER", "MERCHANT"]).parse().expect("initiator"),
        decline: dice.one_in(3).then(|| serde_json::from_value(decline).expect("decline")),
        next_action: dice.one_in(3).then(|| serde_json::from_value(action).expect("action")),
        capture_at: None,
        expires_at: None,
        commits: 1,
        commits_max: 1,
        minimum: None,
        accepts_partial: false,
        mit_reason: None,
        network_transaction_id: None,
        reference_payment_id: None,
        urls: purser_domain::payment::Urls::default(),
        order_id: None,
        is_final_captured: false,
        route: Route {
            steps: vec![connector_id],
            considered: vec![Considered { connector_id, verdict: Verdict::Eligible }],
        },
        metadata: serde_json::from_value(json!({"order": 7, "note": "päid"})).expect("metadata"),
        created_at: dice.instant(),
        updated_at: dice.instant(),
        version: 5,
    }
}

fn amounts(dice: &mut Dice) -> Amounts {
    let currency = dice.pick(&["EUR", "JPY"]).parse().expect("currency");
    let mut amounts = Amounts::requested(Money::try_new(1_000_000, currency).expect("amount"));
    amounts.authorized = 900;
    amounts.captured = 800;
    amounts.capture_pending = 70;
    amounts.refunded = 60;
    amounts.refund_pending = 5;
    amounts
}

fn attempts(dice: &mut Dice, payment: &Payment) -> Vec<Attempt> {
    let decline: DeclineRecord = serde_json::from_value(
        json!({"code": "CARD_DECLINED", "advice": "NEVER", "rawCode": "", "rawMessage": ""}),
    )
    .expect("decline");
    let attempt = |position| Attempt {
        id: dice.id(),
        payment_id: payment.id,
        position,
        operation: "SALE".parse().expect("operation"),
        connector_id: dice.id(),
        amount: Money::try_new(payment.amounts.requested, payment.amounts.currency).expect("amount"),
        status: dice.pick(AttemptStatus::ALL),
        connector_reference: dice.some("ref-1".to_owned()),
        decline: dice.some(decline.clone()),
        failure: dice.some("timeout (UNKNOWN): no answer".to_owned()),
        started_at: dice.instant(),
        finished_at: dice.one_in(2).then(|| dice.instant()),
        action_expires_at: None,
        next_check_at: None,
        checks: 0,
        review: None,
        network_transaction_id: None,
        settled_by: None,
        commit: 1,
        is_final_capture: false,
        is_surplus: false,
        gives_back: None,
    };
    let count = i32::from(payment.id.uuid().as_bytes()[15] % 3);
    (1..=count).map(attempt).collect()
}

fn total(dice: &mut Dice, profile_id: ProfileId, code: &str) -> ProfileTotal {
    let refunded = i64::try_from(dice.below(100)).expect("small");
    ProfileTotal {
        profile_id,
        currency: code.parse().expect("currency"),
        payment_count: refunded + 2,
        success_count: refunded + 1,
        captured: refunded * 100,
        refunded,
        last_payment_at: dice.instant(),
    }
}
