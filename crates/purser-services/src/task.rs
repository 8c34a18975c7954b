//! Tasks of their own: what a client that hangs up cannot stop.
//!
//! A client that hangs up drops the future that waits. Dropped in the middle, work that writes or moves money
//! would leave money moved and not written down, and a connection of the pool inside a transaction.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::task::{JoinError, JoinHandle};

use crate::error::Error;
use crate::fault::{self, Bug};

/// A task that runs to its end, whoever waits for it.
pub struct Own<T>(JoinHandle<T>);

/// Starts a task of its own.
pub fn spawn<F>(work: F) -> Own<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    Own(tokio::spawn(work))
}

impl<T> Future for Own<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

/// Nothing happens to the task, except in a process that was told to have that bug.
impl<T> Drop for Own<T> {
    fn drop(&mut self) {
        if fault::is_planted(Bug::NotInOwnTask) {
            self.0.abort();
        }
    }
}

/// Runs work to its end in a task of its own.
///
/// # Errors
/// Those of the work; a panic in it is a fault, not a missing answer.
pub async fn own<T: Send + 'static>(
    doing: &'static str,
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    match spawn(work).await {
        Ok(result) => result,
        Err(error) => Err(Error::Fault { doing, detail: error.to_string() }),
    }
}
