//! Logs: what is written, how it looks, and what never is.
//!
//! `docs/logging.md` lists the fields. Documents, variables, headers, credentials, names, addresses and
//! payment data are written nowhere; a test sends canaries through the server and reads the log.

use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, layer::SubscriberExt};

use crate::config::{Log, LogFormat};

/// Libraries whose debug output quotes requests, answers or statements.
const QUIET: &str = "hyper=info,h2=info,reqwest=info,rustls=info,sqlx=warn,sea_orm=warn,tokio_postgres=warn,\
                     async_graphql=off";

/// Sends everything to the standard error output, for the life of the process; panics too.
///
/// # Errors
/// A subscriber is set already.
pub fn install(log: &Log) -> Result<(), TryInitError> {
    subscriber(log, std::io::stderr).try_init()?;
    std::panic::set_hook(Box::new(report_panic));
    Ok(())
}

/// A message that was put together at run time may quote what was being worked on, so only literal ones
/// are written; the place says the rest.
fn report_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let message = panic.payload().downcast_ref::<&'static str>().copied();
    tracing::error!(panic.place = place, panic.message = message, "panic");
}

/// A subscriber that writes somewhere else; tests use it with a buffer.
pub fn subscriber<W>(log: &Log, writer: W) -> impl tracing::Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match log.format {
        LogFormat::Pretty => fmt::layer().with_writer(writer).with_ansi(false).boxed(),
        LogFormat::Json => fmt::layer().json().flatten_event(true).with_writer(writer).boxed(),
    };
    // The filter stands over all layers and not on this one: a filter of a layer remembers a record of the
    // `log` crate that it refused, and loses our next event for it.
    Registry::default().with(lines).with(filter(&log.level))
}

/// The configured level, and the quiet libraries unless they are named themselves.
fn filter(level: &str) -> EnvFilter {
    let quiet = QUIET.split(',').map(str::trim).filter(|directive| {
        let name = directive.split('=').next().unwrap_or_default();
        !level.contains(name)
    });
    let directives: Vec<&str> = quiet.chain([level]).collect();
    EnvFilter::builder().parse_lossy(directives.join(","))
}
