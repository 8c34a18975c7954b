//! What each command of the binary does. The only module that prints.
#![expect(clippy::print_stderr, reason = "commands talk to people")]

use std::fmt::Display;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use purser_domain::tenant::ApiKeyKind;
use purser_domain::{Environment, KeyScope, KeyScopes, SystemScope};
use purser_services::keys::{self, CreateApiKey};
use purser_services::tenants::{self, CreateTenant};
use purser_storage::payments::{self, Backlog};
use purser_storage::{Store, StoreOptions};
use purser_types::Timestamp;
use serde_json::json;
use tokio::net::TcpListener;

use crate::app::{self, Parts};
use crate::cli::{Cli, Command, ConfigCommand, DemoArgs, KeyCommand, KeyEnvironment, KeyKind, TenantCommand};
use crate::config::{self, Loaded, Sources};
use crate::doctor::{self, DatabaseState, Patient, Report};
use crate::http::health;
use crate::http::server::stop_signal;
use crate::source::SystemSource;
use crate::{demo, logging};

/// The configuration is wrong (sysexits.h: `EX_CONFIG`).
const EXIT_CONFIG: u8 = 78;

/// Prints. A reader that has gone away, as `| head` does, has read enough.
fn say(text: impl Display) {
    let mut out = std::io::stdout().lock();
    let _ = write!(out, "{text}").and_then(|()| out.flush());
}

/// Prints a line.
fn say_line(text: impl Display) {
    say(format_args!("{text}\n"));
}

/// Runs a command and says how it went: 0, 1 for a failure, 78 for a wrong configuration.
pub async fn run(cli: Cli) -> ExitCode {
    // Whoever installed a provider first is as good; this process uses one backend only.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    #[cfg(feature = "torture")]
    config::torture::begin();
    match &cli.command {
        Command::Schema => {
            say(purser_graphql::sdl());
            return ExitCode::SUCCESS;
        }
        Command::Config(ConfigCommand::Sample) => {
            say(config::sample());
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    let loaded = match config::load(&Sources::of_process(cli.config, flags(&cli.command))) {
        Ok(loaded) => loaded,
        Err(problems) => {
            if matches!(cli.command, Command::Doctor) {
                say(Report::unconfigured(&problems));
            } else {
                eprintln!("{problems}");
            }
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    match perform(cli.command, loaded).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("purser: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Flags that stand for keys of the configuration.
fn flags(command: &Command) -> Vec<(String, String)> {
    let mut flags = Vec::new();
    match command {
        Command::Serve(args) => {
            let listen = args.listen.map(|listen| ("server.listen".to_owned(), listen.to_string()));
            flags.extend(listen);
        }
        Command::Demo(args) => {
            let data = args.data.display();
            flags.push(("server.listen".to_owned(), args.listen.to_string()));
            flags.push(("data_dir".to_owned(), data.to_string()));
            flags.push(("database.url".to_owned(), format!("sqlite:{data}/purser.db")));
            flags.push(("vault.key_file".to_owned(), format!("{data}/vault.key")));
        }
        _ => {}
    }
    flags
}

async fn perform(command: Command, loaded: Loaded) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(_) => serve(&loaded).await,
        Command::Demo(args) => run_demo(&loaded, &args).await,
        Command::Tenant(command) => tenant(command, &parts(&loaded).await?).await,
        Command::Key(command) => key(command, &parts(&loaded).await?).await,
        Command::Config(_) => {
            say(config::effective(&loaded.config, &loaded.origins));
            Ok(ExitCode::SUCCESS)
        }
        Command::Doctor => {
            let patient = DatabasePatient(loaded.config.database.clone());
            let report = doctor::examine(&loaded, &patient, Arc::new(SystemSource)).await;
            say(&report);
            Ok(ExitCode::from(report.exit_code()))
        }
        Command::Migrate => {
            parts(&loaded).await?;
            say_line(format_args!("The database is up to date."));
            Ok(ExitCode::SUCCESS)
        }
        Command::Schema => Ok(ExitCode::SUCCESS),
    }
}

async fn parts(loaded: &Loaded) -> anyhow::Result<Parts> {
    app::open(&loaded.config, Arc::new(SystemSource)).await
}

async fn serve(loaded: &Loaded) -> anyhow::Result<ExitCode> {
    logging::install(&loaded.config.log)?;
    let metrics = health::install_metrics()?;
    let parts = parts(loaded).await?;
    let listen = loaded.config.server.listen;
    let listener = TcpListener::bind(listen).await.with_context(|| format!("listening on {listen}"))?;
    let graphiql = Arc::new(demo::blank_graphiql_config);
    let running = app::start(&loaded.config, parts, listener, graphiql, Some(metrics)).await?;
    tracing::info!(address = %running.address, "serving");
    finish(running).await
}

async fn finish(running: app::Running) -> anyhow::Result<ExitCode> {
    stop_signal().await.context("waiting for a signal")?;
    tracing::info!("stopping: finishing what is in flight");
    let finished = running.stop().await?;
    if !finished {
        eprintln!("purser: some requests did not finish in time");
    }
    Ok(if finished { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn run_demo(loaded: &Loaded, args: &DemoArgs) -> anyhow::Result<ExitCode> {
    logging::install(&loaded.config.log)?;
    let metrics = health::install_metrics()?;
    // Bound before the data is built, so that a taken port is told at once.
    let listener =
        TcpListener::bind(args.listen).await.with_context(|| format!("listening on {}", args.listen))?;
    let address = listener.local_addr().context("reading the address that was bound")?;
    let mut config = loaded.config.clone();
    // Processors send the demo's customers back to where they came from.
    config.server.public_url.get_or_insert_with(|| demo::announce::base_url(address));
    let prepared = demo::prepare(&config, args.fresh, args.json).await?;
    let graphiql_config = demo::graphiql_config(&prepared.ecosystem);
    let graphiql = Arc::new(move || graphiql_config.clone());
    let running = app::start(&config, prepared.parts, listener, graphiql, Some(metrics)).await?;
    demo::announce(&prepared.ecosystem, address, args.json);
    finish(running).await
}

async fn tenant(command: TenantCommand, parts: &Parts) -> anyhow::Result<ExitCode> {
    match command {
        TenantCommand::Create { slug, name, currency, json } => {
            let input = CreateTenant {
                parent_id: None,
                name: name.unwrap_or_else(|| slug.clone()),
                slug,
                default_currency: Some(
                    currency.parse().map_err(|_| anyhow!("no such currency: {currency}"))?,
                ),
                features: None,
            };
            let tenant = tenants::create_root(&parts.app, input).await?;
            if json {
                say_line(json!({"id": tenant.id.to_string(), "slug": tenant.slug}));
            } else {
                say_line(format_args!("Created {} ({}).", tenant.slug, tenant.id));
                say_line(format_args!("Next: purser key create --tenant {}", tenant.slug));
            }
        }
        TenantCommand::List { json } => {
            for tenant in tenants::list_as_operator(&parts.app).await? {
                let (id, status) = (tenant.id.to_string(), tenant.status.as_str());
                if json {
                    say_line(json!({"id": id, "slug": tenant.slug, "name": tenant.name, "status": status}));
                } else {
                    let indent = "  ".repeat(tenant.path.depth().saturating_sub(1));
                    say_line(format_args!("{id}  {status:9}  {indent}{} ({})", tenant.name, tenant.slug));
                }
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn key(command: KeyCommand, parts: &Parts) -> anyhow::Result<ExitCode> {
    match command {
        KeyCommand::Create { tenant, kind, environment, name, scopes, expires_at, json } => {
            let tenant = tenants::by_slug_as_operator(&parts.app, &tenant).await?;
            let input = CreateApiKey {
                tenant_id: None,
                kind: match kind {
                    KeyKind::Secret => ApiKeyKind::Secret,
                    KeyKind::Publishable => ApiKeyKind::Publishable,
                },
                environment: Some(match environment {
                    KeyEnvironment::Live => Environment::Live,
                    KeyEnvironment::Sandbox => Environment::Sandbox,
                }),
                name,
                scopes: parse_scopes(&scopes)?,
                expires_at: expires_at.map(|text| parse_time(&text)).transpose()?,
            };
            let created = keys::create_as_operator(&parts.app, tenant.id, input).await?;
            let (id, secret) = (created.key.id.to_string(), created.secret.expose());
            if json {
                say_line(json!({"id": id, "secret": secret}));
            } else {
                say_line(format_args!("{secret}\n\nThis is {id} of {}. It is not shown again.", tenant.slug));
            }
        }
        KeyCommand::List { tenant, json } => list_keys(parts, tenant, json).await?,
        KeyCommand::Revoke { id } => {
            let id = id.parse().map_err(|_| anyhow!("not the id of a key: key_…"))?;
            let key = keys::revoke_as_operator(&parts.app, id).await?;
            say_line(format_args!("Revoked {} ({}…).", key.id, key.prefix));
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list_keys(parts: &Parts, tenant: Option<String>, json: bool) -> anyhow::Result<()> {
    let tenant_id = match tenant {
        Some(slug) => Some(tenants::by_slug_as_operator(&parts.app, &slug).await?.id),
        None => None,
    };
    let now = parts.source.now();
    for key in keys::list_as_operator(&parts.app, tenant_id).await? {
        let state = match (key.revoked_at, key.is_active(now)) {
            (Some(_), _) => "revoked",
            (None, false) => "expired",
            (None, true) => "active",
        };
        let (id, tenant) = (key.id.to_string(), key.tenant_id.to_string());
        let (kind, environment) = (key.kind.as_str(), key.environment.as_str());
        if json {
            let line = json!({"id": id, "tenant": tenant, "kind": kind, "environment": environment,
                "name": key.name, "prefix": key.prefix, "state": state});
            say_line(line);
        } else {
            say_line(format_args!(
                "{id}  {tenant}  {}…  {kind:11}  {environment:7}  {state:7}  {}",
                key.prefix, key.name
            ));
        }
    }
    Ok(())
}

fn parse_scopes(texts: &[String]) -> anyhow::Result<Option<KeyScopes>> {
    if texts.is_empty() {
        return Ok(None);
    }
    let known = || KeyScope::ALL.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", ");
    let parse = |text: &String| {
        text.parse::<KeyScope>().map_err(|_| anyhow!("no such scope: {text}; there are {}", known()))
    };
    texts.iter().map(parse).collect::<anyhow::Result<KeyScopes>>().map(Some)
}

fn parse_time(text: &str) -> anyhow::Result<Timestamp> {
    text.parse().map_err(|_| anyhow!("not an RFC 3339 time such as 2027-01-31T12:00:00Z: {text}"))
}

/// The database as the doctor looks at it.
struct DatabasePatient(config::Database);

impl Patient for DatabasePatient {
    async fn database(&self) -> Result<DatabaseState, String> {
        let url = self.0.url.expose();
        let path = url.strip_prefix("sqlite:").map(|rest| rest.trim_start_matches("//"));
        if path.is_some_and(|path| !Path::new(path).exists()) {
            return Err(
                "the file does not exist yet; the first start, or `purser migrate`, makes it".to_owned()
            );
        }
        let inspected = purser_migrations::inspect(url).await.map_err(|error| error.to_string())?;
        Ok(DatabaseState {
            version: inspected.version,
            pending_migrations: inspected.pending,
            unknown_migrations: inspected.unknown,
            now: inspected.now_micros.map(Timestamp::from_unix_micros),
        })
    }

    async fn backlog(&self, now: Timestamp) -> Result<Backlog, String> {
        let options =
            StoreOptions { url: self.0.url.expose().to_owned(), read_connections: 1, write_connections: 1 };
        let store = Store::open(&options).await.map_err(|error| error.to_string())?;
        let system = SystemScope::new("figures of what waits, over all tenants", now);
        payments::backlog(&store, &system, now).await.map_err(|error| error.to_string())
    }
}
