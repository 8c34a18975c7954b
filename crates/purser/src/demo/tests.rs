//! The demo on a database: made twice from one seed, found again, never made over somebody else's.

use std::fs;
use std::path::Path;

use purser_domain::payment::PaymentStatus;
use purser_services::reads;
use purser_services::selection::PaymentFilter;
use purser_types::id::PaymentId;
use purser_types::page::{Direction, Page};

use super::progress::Silent;
use super::*;
use crate::config::{Database, DatabaseUrl, Vault};

/// The operating system's randomness, and a day that is always the same.
struct FixedDay;

impl Source for FixedDay {
    fn now(&self) -> Timestamp {
        "2026-11-20T12:00:00Z".parse().expect("instant")
    }

    fn fill(&self, bytes: &mut [u8]) {
        SystemSource.fill(bytes);
    }
}

fn config(directory: &Path) -> Config {
    let url = format!("sqlite:{}", directory.join("purser.db").display());
    Config {
        data_dir: directory.to_owned(),
        database: Database { url: DatabaseUrl::from(url.as_str()), ..Database::default() },
        vault: Vault { key_file: directory.join("vault.key") },
        ..Config::default()
    }
}

fn recipe(key_secrets: KeySecrets) -> Recipe {
    Recipe { seed: 7, size: Size::TINY, ends_at: FixedDay.now(), key_secrets }
}

async fn start(directory: &Path, is_fresh: bool, key_secrets: KeySecrets) -> anyhow::Result<Prepared> {
    let source = Arc::new(DemoSource::new(Arc::new(FixedDay)));
    prepare_with(&config(directory), is_fresh, recipe(key_secrets), &source, &Silent).await
}

fn directory() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory")
}

/// Everything that the file keeps; the run is not part of it.
fn kept(ecosystem: &Ecosystem) -> serde_json::Value {
    serde_json::to_value(ecosystem).expect("JSON")
}

/// The newest payments of a merchant.
async fn payments(prepared: &Prepared, slug: &str) -> Vec<(PaymentId, PaymentStatus)> {
    let tenant = prepared.ecosystem.tenant(slug).expect("a merchant of the demo");
    let viewer = keys::viewer_of_api_key(&prepared.parts.app, tenant.secret_key.expose()).await;
    let ctx = prepared.parts.app.ctx(viewer.expect("storage").expect("the key opens"));
    let page = Page { size: 100, from: None, direction: Direction::Forward, with_total: true };
    let slice = reads::payments(&ctx, &PaymentFilter::default(), page).await.expect("payments");
    slice.items.iter().map(|payment| (payment.id, payment.status)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_seed_gives_the_same_data_in_two_databases() {
    let (one, other) = (directory(), directory());

    let one = start(one.path(), false, KeySecrets::Seeded).await.expect("made");
    let other = start(other.path(), false, KeySecrets::Seeded).await.expect("made");

    assert_eq!(kept(&one.ecosystem), kept(&other.ecosystem));
    for tenant in &one.ecosystem.tenants {
        assert_eq!(payments(&one, &tenant.slug).await, payments(&other, &tenant.slug).await);
    }
    assert_eq!(one.ecosystem.counts.customers, 12);
    assert_eq!(one.ecosystem.counts.payments, 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_not_known_to_who_knows_the_seed() {
    let (one, other) = (directory(), directory());

    let one = start(one.path(), false, KeySecrets::Unpredictable).await.expect("made");
    let other = start(other.path(), false, KeySecrets::Unpredictable).await.expect("made");

    assert_eq!(one.ecosystem.alex.payment_token, other.ecosystem.alex.payment_token);
    for (one, other) in one.ecosystem.tenants.iter().zip(&other.ecosystem.tenants) {
        assert_eq!((&one.slug, one.id), (&other.slug, other.id));
        assert_ne!(one.secret_key, other.secret_key);
        assert_ne!(one.publishable_key, other.publishable_key);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_finds_the_data_and_its_keys_again() {
    let directory = directory();
    let first = start(directory.path(), false, KeySecrets::Unpredictable).await.expect("made");
    let (made, run) = (kept(&first.ecosystem), first.ecosystem.run.clone());
    let paid = payments(&first, "north-books").await;
    drop(first);

    let second = start(directory.path(), false, KeySecrets::Unpredictable).await.expect("found");

    assert_eq!(kept(&second.ecosystem), made);
    assert_eq!(payments(&second, "north-books").await, paid);
    assert_ne!(second.ecosystem.run, run, "the sample payments can be made again");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn only_the_user_reads_the_keys() {
    use std::os::unix::fs::PermissionsExt;
    let directory = directory();
    start(directory.path(), false, KeySecrets::Unpredictable).await.expect("made");

    let mode = fs::metadata(directory.path().join(ecosystem::FILE)).expect("the file").permissions().mode();

    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test(flavor = "multi_thread")]
async fn fresh_makes_other_keys_over_the_same_data() {
    let directory = directory();
    let first = start(directory.path(), false, KeySecrets::Unpredictable).await.expect("made");
    let (alex, key) = (first.ecosystem.alex.clone(), first.ecosystem.tenants[0].secret_key.clone());
    drop(first);

    let second = start(directory.path(), true, KeySecrets::Unpredictable).await.expect("made");

    assert_eq!(second.ecosystem.alex.guid, alex.guid);
    assert_ne!(second.ecosystem.tenants[0].secret_key, key);
    let old = keys::viewer_of_api_key(&second.parts.app, key.expose()).await.expect("storage");
    assert_eq!(old, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_making_is_begun_anew() {
    let directory = directory();
    ecosystem::claim(directory.path()).expect("claimed");
    fs::write(directory.path().join("purser.db"), "half a database").expect("written");

    let made = start(directory.path(), false, KeySecrets::Unpredictable).await.expect("made");

    assert_eq!(made.ecosystem.counts.payments, 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_somebody_else_is_left_alone() {
    let directory = directory();
    let theirs = directory.path().join("purser.db");
    fs::write(&theirs, "not ours").expect("written");

    for is_fresh in [false, true] {
        let refused = start(directory.path(), is_fresh, KeySecrets::Unpredictable).await;
        let message = refused.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(message.contains("is not the demo's"), "{message}");
        assert_eq!(fs::read_to_string(&theirs).expect("still there"), "not ours");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn alex_is_who_the_documentation_says() {
    let directory = directory();
    let prepared = start(directory.path(), false, KeySecrets::Seeded).await.expect("made");
    let tenant = prepared.ecosystem.tenant("north-books").expect("a merchant of the demo");
    let viewer = keys::viewer_of_api_key(&prepared.parts.app, tenant.secret_key.expose()).await;
    let ctx = prepared.parts.app.ctx(viewer.expect("storage").expect("the key opens"));

    let key = purser_services::ProfileKey::CustomerIdentification {
        container_id: prepared.ecosystem.container_id,
        value: "616c6578-2e73-6d69-7468-406578616d70".to_owned(),
    };
    let selection = purser_services::selection::ProfileSelection { instruments: true, ..Default::default() };
    let found = purser_services::profiles::find(&ctx, key, &selection).await.expect("storage");
    let alex = found.expect("Alex is there");

    assert_eq!(alex.profile.person.name.as_deref(), Some("Alex Smith"));
    assert_eq!(alex.profile.person.birth_date.map(|date| date.to_string()), Some("1970-01-01".to_owned()));
    let country = alex.profile.person.addresses[0].country.map(|country| country.to_string());
    assert_eq!(country.as_deref(), Some("US"));
    let instruments = alex.instruments.expect("selected");
    let preferred = instruments.iter().find(|it| Some(it.id) == alex.profile.preferred_instrument_id);
    let preferred = preferred.expect("the card is preferred");
    assert_eq!(preferred.payment_token, prepared.ecosystem.alex.payment_token);
    let purser_connector::InstrumentDetails::Card(card) = &preferred.details else { panic!("a card") };
    assert_eq!((card.bin6.as_deref(), card.last4.as_str()), (Some("411111"), "1111"));
    assert_eq!((card.exp_month, card.exp_year), (9, 2029));
}

/// Runs the tabs in their order, each with its own key, as the page does.
async fn run_tabs(prepared: &Prepared) -> Vec<(String, u64, serde_json::Value)> {
    let schema = purser_graphql::schema();
    let app = &prepared.parts.app;
    let config = graphiql_config(&prepared.ecosystem);
    let mut answers = Vec::new();
    for tab in config["tabs"].as_array().expect("tabs") {
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let header = text(&tab["headers"]["authorization"]);
        let key = header.strip_prefix("Bearer ").expect("a bearer");
        let viewer = keys::viewer_of_api_key(app, key).await.expect("storage").expect("the key opens");
        let request = async_graphql::Request::new(text(&tab["query"]))
            .variables(async_graphql::Variables::from_json(tab["variables"].clone()));
        let before = app.store().statements();
        let answer = schema.execute(purser_graphql::with_context(request, app.ctx(viewer))).await;
        let statements = app.store().statements() - before;
        assert!(answer.errors.is_empty(), "{}: {:?}", tab["name"], answer.errors);
        answers.push((text(&tab["name"]), statements, answer.data.into_json().expect("JSON")));
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sample_operation_does_what_its_comment_says() {
    let directory = directory();
    let prepared = start(directory.path(), false, KeySecrets::Seeded).await.expect("made");

    let answers = run_tabs(&prepared).await;

    let of = |name: &str| {
        let found = answers.iter().find(|(title, _, _)| title == name);
        found.map(|(_, _, data)| data.clone()).expect("a tab of this name")
    };
    assert_eq!(of("Customer360")["profile"]["name"], "Alex Smith");
    assert_eq!(of("Customer360")["profile"]["payments"]["nodes"].as_array().map(Vec::len), Some(10));
    assert_ne!(of("Customers")["profiles"]["nodes"].as_array().map(Vec::len), Some(0));
    let elsewhere = &of("PayElsewhere")["debitPayment"];
    assert_eq!(elsewhere["userErrors"], serde_json::json!([]));
    assert_eq!(elsewhere["payment"]["status"], "SUCCEEDED");
    assert_eq!(elsewhere["payment"]["instrument"]["isOwn"], false);
    assert_eq!(elsewhere["payment"]["route"]["considered"][0]["verdict"], "INSTRUMENT_ELSEWHERE");
    let declined = &of("DeclinedPayment")["debitPayment"];
    assert_eq!(declined["userErrors"], serde_json::json!([]));
    assert_eq!(declined["payment"]["decline"]["code"], "INSUFFICIENT_FUNDS");
    assert_eq!(of("EffectiveContainers")["effectiveContainer"]["deniedBecause"], "NO_CONTAINER_BOUND");
    assert_ne!(of("Payments")["payments"]["totalCount"], 0);
    let challenge = &of("Challenge")["debitPayment"];
    assert_eq!(challenge["userErrors"], serde_json::json!([]));
    let url = challenge["payment"]["nextAction"]["url"].as_str().expect("the customer is sent somewhere");
    assert!(url.starts_with("http://127.0.0.1:8080/sandbox/northbank/challenge/"), "{url}");
    assert_eq!(of("ShareContainer")["shareContainer"]["userErrors"], serde_json::json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_large_samples_need_few_statements() {
    let directory = directory();
    let prepared = start(directory.path(), false, KeySecrets::Seeded).await.expect("made");

    let answers = run_tabs(&prepared).await;

    let of = |name: &str| answers.iter().find(|(title, _, _)| title == name).map(|(_, count, _)| *count);
    assert!(of("Customer360") <= Some(4), "{:?}", of("Customer360"));
    assert!(of("Customers") <= Some(3), "{:?}", of("Customers"));
}
