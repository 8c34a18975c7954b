//! What a call carries besides its request.

use std::sync::Arc;

use purser_host::{CallContext, Host, HostConfig, Registry};
use purser_plugin_sandbox::{Sandbox, plugin};
use purser_types::Source;
use serde_json::json;
use url::Url;

use crate::support::{Clock, attempt, id, sale};

#[test]
fn a_continuation_has_the_reference_of_its_attempt_and_a_key_of_its_own() {
    let attempt = attempt();
    let key = |nth| CallContext::resume(attempt, nth).idempotency.to_string();

    assert_eq!(CallContext::resume(attempt, 1).own, CallContext::from(attempt).own);
    assert_eq!(key(1), format!("{attempt}.resume"));
    assert_eq!(key(1), key(1));
    assert_eq!(key(2), format!("{attempt}.resume.2"));
    assert_eq!(key(u32::MAX), format!("{attempt}.resume.4294967295"));
}

#[tokio::test]
async fn a_processor_is_told_where_its_notifications_go() {
    let source: Arc<dyn Source> = Clock::new();
    let sandbox = Arc::new(Sandbox::new(Arc::clone(&source)));
    let public_url = Url::parse("https://pay.example/purser/").ok();
    let local_services = vec![(Sandbox::HOSTS.to_owned(), Arc::<Sandbox>::clone(&sandbox) as _)];
    let config = HostConfig { local_services, public_url, ..HostConfig::new(source) };
    let host = Host::new(Registry::default().with(plugin()), config);
    let settings = json!({"processor": "northbank", "account": "a", "api_key": "sbx_1"});
    let connector = host.configure("sandbox", &settings).expect("settings");
    let connector_id = id();

    let reply = host.authorize(connector_id, &connector, &attempt().into(), sale()).await;

    assert!(reply.is_ok(), "{reply:?}");
    let expected = format!("https://pay.example/purser/connectors/{connector_id}/notifications");
    assert_eq!(host.notification_url(connector_id).map(String::from), Some(expected.clone()));
    let urls: Vec<String> =
        sandbox.take_deliveries().into_iter().filter_map(|it| it.url).map(String::from).collect();
    assert_eq!(urls, [expected]);
}

#[test]
fn a_server_without_an_address_tells_none() {
    let host = Host::new(Registry::default(), HostConfig::new(Clock::new()));

    assert_eq!(host.notification_url(id()), None);
}
