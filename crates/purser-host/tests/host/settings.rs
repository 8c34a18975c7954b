//! Settings: checked against the schema, with secrets resolved and errors that name the setting.

use std::sync::Arc;

use crate::support::{Clock, attempt, id, sale};
use purser_connector::{Http, Outcome};
use purser_host::{Host, HostConfig, Registry, SettingError};
use purser_plugin_sandbox::Sandbox;
use purser_types::{Secret, Source};
use serde_json::{Value, json};

fn host() -> (Host, Arc<Sandbox>) {
    let source: Arc<dyn Source> = Clock::new();
    let sandbox = Arc::new(Sandbox::new(Arc::clone(&source)));
    let mut config = HostConfig::new(source);
    config.local_services =
        vec![(Sandbox::HOSTS.to_owned(), Arc::<Sandbox>::clone(&sandbox) as Arc<dyn Http>)];
    config.secrets =
        Arc::new(|reference| (reference == "env:SANDBOX_KEY").then(|| Secret::from("sbx_from_environment")));
    (Host::new(Registry::default().with(purser_plugin_sandbox::plugin()), config), sandbox)
}

fn settings(change: impl FnOnce(&mut Value)) -> Value {
    let mut settings = json!({"processor": "northbank", "account": "acct-1", "api_key": "sbx_canary"});
    change(&mut settings);
    settings
}

/// The names of the settings that are wrong.
fn wrong(settings: &Value) -> Vec<String> {
    let errors: Vec<SettingError> = host().0.validate("sandbox", settings).expect_err("wrong settings");
    for error in &errors {
        assert!(!error.to_string().contains("canary"), "an error quotes a value: {error}");
    }
    errors.into_iter().map(|error| error.field).collect()
}

#[tokio::test]
async fn the_sandbox_is_paid_through_the_host() {
    let (host, sandbox) = host();
    let connector = host.configure("sandbox", &settings(|_| {})).expect("settings");

    let reply = host.authorize(id(), &connector, &attempt().into(), sale()).await;

    assert!(matches!(reply, Ok(Outcome::Done(_))), "{reply:?}");
    assert_eq!(sandbox.books("northbank").balance().get("EUR"), Some(&999));
    host.probe(id(), &connector, &attempt().into()).await.expect("credentials");
}

#[tokio::test]
async fn a_reference_to_a_secret_is_resolved() {
    let (host, _) = host();
    let referring = settings(|it| it["api_key"] = json!({"$secret": "env:SANDBOX_KEY"}));
    let connector = host.configure("sandbox", &referring).expect("settings");

    host.probe(id(), &connector, &attempt().into()).await.expect("the key of the environment");

    assert_eq!(wrong(&settings(|it| it["api_key"] = json!({"$secret": "env:HOME"}))), ["api_key"]);
    assert_eq!(wrong(&settings(|it| it["account"] = json!({"$secret": "env:SANDBOX_KEY"}))), ["account"]);
}

#[test]
fn every_wrong_setting_is_named() {
    assert_eq!(wrong(&settings(|it| it["colour"] = json!("canary"))), ["colour"]);
    assert_eq!(wrong(&settings(|it| it["processor"] = json!("Canary!"))), ["processor"]);
    assert_eq!(wrong(&settings(|it| it["currencies"] = json!(["EUR", "canary"]))), ["currencies.1"]);
    assert_eq!(wrong(&json!({})), ["processor", "account", "api_key"]);
    assert_eq!(wrong(&settings(|it| it["currencies"] = json!(["ZZZ"]))), ["currencies"]);
    assert_eq!(wrong(&json!([])), [""]);
}

#[test]
fn a_plugin_that_is_not_there_is_answered_with_those_that_are() {
    let error = host().0.configure("acme", &json!({})).err().expect("no such plugin");

    assert_eq!(error.to_string(), "setting `plugin`: there is no such plugin; there are: sandbox");
}

#[test]
#[should_panic(expected = "two plugins are called `sandbox`")]
fn two_plugins_of_one_name_stop_the_start() {
    let _registry =
        Registry::default().with(purser_plugin_sandbox::plugin()).with(purser_plugin_sandbox::plugin());
}

#[test]
fn the_sample_of_every_plugin_passes() {
    let (host, _) = host();
    for plugin in host.plugins() {
        assert_eq!(host.validate(plugin.id, &plugin.sample_config), Ok(()), "{}", plugin.id);
    }
}
