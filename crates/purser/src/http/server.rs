//! The loop around the router: connections, time and the end.
//!
//! `axum::serve` gives a client for ever to send its head, and keeps any number of connections; a few
//! thousand sockets that say one byte a minute would close the shop.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tower::ServiceExt;

use crate::config;

/// Headers of one request.
const HEADERS_MAX: usize = 100;
/// Bytes of the head of a request over HTTP/1; hyper's least is 8 KiB.
const HEAD_MAX: usize = 32 * 1024;
/// The same over HTTP/2.
const HEADER_LIST_MAX: u32 = 32 * 1024;
/// Requests at once on one HTTP/2 connection.
const STREAMS_MAX: u32 = 100;
/// How often an idle HTTP/2 connection is asked whether it still lives.
const PING_EVERY: Duration = Duration::from_secs(20);
/// How long to rest when the operating system has no more file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Counts what must end before the process may: operations whose clients may have gone.
#[derive(Clone)]
pub struct InFlight {
    enter: mpsc::Sender<Infallible>,
}

/// One operation in flight; dropped when it ends.
pub struct Entered {
    _held: mpsc::Sender<Infallible>,
}

/// Waits until nothing is in flight.
pub struct Landed(mpsc::Receiver<Infallible>);

impl InFlight {
    /// A counter and the end that waits for it.
    #[must_use]
    pub fn new() -> (Self, Landed) {
        let (enter, landed) = mpsc::channel(1);
        (Self { enter }, Landed(landed))
    }

    /// One more.
    #[must_use]
    pub fn enter(&self) -> Entered {
        Entered { _held: self.enter.clone() }
    }
}

impl Landed {
    /// Ends when every [`InFlight`] and every [`Entered`] is dropped.
    async fn wait(mut self) {
        // Nothing can be sent; the channel closes when the last sender goes.
        while self.0.recv().await.is_some() {}
    }
}

/// Whether the server is about to stop; `/readyz` says so before connections are refused.
#[derive(Debug, Clone, Default)]
pub struct Draining(Arc<AtomicBool>);

impl Draining {
    /// From now on.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it has begun.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Ends at SIGTERM or SIGINT.
///
/// # Errors
/// When the operating system gives no signals.
pub async fn stop_signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Serves until `stop` ends, then lets requests and operations in flight finish, for a bounded time.
///
/// `router` must hold the only [`InFlight`]s besides running operations, since they are waited for.
/// Answers whether everything finished in time.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: &config::Server,
    draining: Draining,
    landed: Landed,
    stop: impl Future<Output = ()>,
) -> bool {
    let graceful = GracefulShutdown::new();
    let slots = Arc::new(Semaphore::new(limits.connections.min(Semaphore::MAX_PERMITS)));
    let header_timeout = Duration::from_millis(limits.header_timeout_ms);
    let builder = Arc::new(builder(header_timeout));
    let mut stop = std::pin::pin!(stop);
    loop {
        let next = async {
            // A closed semaphore would be a bug here; nobody closes it.
            let slot = Arc::clone(&slots).acquire_owned().await.expect("the semaphore is never closed");
            (listener.accept().await, slot)
        };
        let (accepted, slot) = tokio::select! {
            () = &mut stop => break,
            next = next => next,
        };
        match accepted {
            Ok((stream, _)) => {
                let connection = Connection { stream, slot, watcher: graceful.watcher(), header_timeout };
                tokio::spawn(connection.serve(router.clone(), Arc::clone(&builder)));
            }
            // A client that gave up while it waited, or no more descriptors.
            Err(error) => {
                tracing::debug!(%error, "a connection was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    draining.begin();
    drop((listener, router));
    let all = async {
        graceful.shutdown().await;
        landed.wait().await;
    };
    tokio::time::timeout(Duration::from_millis(limits.drain_timeout_ms), all).await.is_ok()
}

fn builder(header_timeout: Duration) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEAD_MAX)
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEADER_LIST_MAX)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_EVERY);
    builder
}

struct Connection {
    stream: TcpStream,
    slot: OwnedSemaphorePermit,
    watcher: Watcher,
    header_timeout: Duration,
}

impl Connection {
    async fn serve(self, router: Router, builder: Arc<Builder<TokioExecutor>>) {
        // Answers are small and complete; waiting for more to send only delays them.
        if let Err(error) = self.stream.set_nodelay(true) {
            tracing::debug!(%error, "no nodelay");
        }
        let has_spoken = Arc::new(AtomicBool::new(false));
        let spoken = Arc::clone(&has_spoken);
        let service = service_fn(move |request: Request<Incoming>| {
            spoken.store(true, Ordering::Relaxed);
            router.clone().oneshot(request.map(Body::new))
        });
        let connection =
            builder.serve_connection_with_upgrades(TokioIo::new(self.stream), service).into_owned();
        let mut connection = std::pin::pin!(self.watcher.watch(connection));
        // hyper's own clock starts when the protocol is known; a client that sends nothing, or the first
        // bytes of either protocol, would never start it.
        let outcome = tokio::select! {
            outcome = &mut connection => outcome,
            () = tokio::time::sleep(self.header_timeout) => {
                if !has_spoken.load(Ordering::Relaxed) {
                    return;
                }
                connection.await
            }
        };
        if let Err(error) = outcome {
            tracing::debug!(%error, "a connection ended early");
        }
        drop(self.slot);
    }
}
