//! The real command in a process of its own, so that its memory can be read and its death be noticed.
//!
//! The test binary starts itself again and runs `purser serve` in the child: the same code as the binary
//! of the product, without a second link.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use purser::app;
use purser::config::{Config, DatabaseUrl};
use purser::source::SystemSource;
use purser_domain::tenant::ApiKeyKind;
use purser_services::{keys, tenants};
use purser_tests::{Client, eventually};
use serde_json::json;
use tempfile::TempDir;

/// Tells a child what to run: the arguments of the command line, as a JSON list.
const ARGUMENTS_VARIABLE: &str = "PURSER_TEST_ARGUMENTS";

/// No test, but the body of the child; without the variable it does nothing.
#[tokio::test(flavor = "multi_thread")]
async fn the_server_of_a_child_process() {
    use clap::Parser;
    let Ok(arguments) = std::env::var(ARGUMENTS_VARIABLE) else { return };
    let arguments: Vec<String> = serde_json::from_str(&arguments).expect("a list of texts");
    let cli = purser::cli::Cli::parse_from(arguments);
    purser::commands::run(cli).await;
}

/// A server in a child process, with a tenant and its two keys; killed when it is dropped.
pub(super) struct Server {
    child: Child,
    pub(super) anonymous: Client,
    pub(super) secret: Client,
    pub(super) publishable: Client,
    _directory: TempDir,
}

impl Server {
    /// Starts a server on an embedded database.
    pub(super) async fn start() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = |name: &str| directory.path().join(name);
        let url = format!("sqlite:{}", path("purser.db").display());
        let mut config = Config { data_dir: directory.path().to_owned(), ..Config::default() };
        config.database.url = DatabaseUrl::from(url.as_str());
        config.vault.key_file = path("vault.key");
        let (secret, publishable) = keys_of_a_tenant(&config).await;
        let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = port.local_addr().expect("an address");
        drop(port);
        let arguments = json!(["purser", "serve", "--listen", address.to_string()]).to_string();
        let child = Command::new(std::env::current_exe().expect("the path of the test binary"))
            .args(["--exact", "attacks::server::the_server_of_a_child_process", "--nocapture"])
            .env(ARGUMENTS_VARIABLE, arguments)
            .env("PURSER_DATA_DIR", directory.path())
            .env("PURSER_DATABASE__URL", &url)
            .env("PURSER_VAULT__KEY_FILE", path("vault.key"))
            .env("PURSER_LOG__LEVEL", "warn")
            .current_dir(directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a child process");
        let anonymous = Client::anonymous(&format!("http://{address}"));
        let server = Self {
            child,
            secret: anonymous.with(&secret),
            publishable: anonymous.with(&publishable),
            anonymous,
            _directory: directory,
        };
        eventually("the child listens", async || tokio::net::TcpStream::connect(address).await.is_ok()).await;
        server
    }

    /// The most memory that the process ever held, in kibibytes: what the kernel calls `VmHWM`.
    pub(super) fn peak_memory_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("the process lives");
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("Linux says so");
        line.split_whitespace().nth(1).and_then(|text| text.parse().ok()).expect("a number")
    }

    /// Whether it lives and answers.
    pub(super) async fn assert_alive(&self, after: &str) {
        let answer = self.secret.query("{ viewer { kind } }", json!({}));
        let answer = tokio::time::timeout(Duration::from_secs(20), answer).await;
        let answer = answer.unwrap_or_else(|_| panic!("the server hangs after {after}"));
        assert_eq!(answer.data("viewer.kind"), "SECRET_KEY", "after {after}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have died already, which is what the tests look for.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

async fn keys_of_a_tenant(config: &Config) -> (String, String) {
    let parts = app::open(config, Arc::new(SystemSource)).await.expect("the parts open");
    let input = tenants::CreateTenant {
        parent_id: None,
        slug: "target".to_owned(),
        name: "Target".to_owned(),
        default_currency: None,
        features: None,
    };
    let tenant = tenants::create_root(&parts.app, input).await.expect("a tenant");
    let key = async |kind| {
        let input = keys::CreateApiKey {
            tenant_id: None,
            kind,
            environment: None,
            name: "target".to_owned(),
            scopes: None,
            expires_at: None,
        };
        let created = keys::create_as_operator(&parts.app, tenant.id, input).await.expect("a key");
        created.secret.expose().to_owned()
    };
    (key(ApiKeyKind::Secret).await, key(ApiKeyKind::Publishable).await)
}
