//! Tasks of their own: what a client that hangs up cannot stop.

use crate::error::Error;
use crate::fault::{self, Bug};

/// Runs work that writes or moves money to its end, whoever waits for it. A client that hangs up drops
/// the future that waits; dropped in the middle, the work itself would leave money moved and not written
/// down, and a connection of the pool inside a transaction.
///
/// # Errors
/// Those of the work; a panic in it is a fault, not a missing answer.
pub async fn own<T: Send + 'static>(
    doing: &'static str,
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    if fault::is_planted(Bug::NotInOwnTask) {
        return work.await;
    }
    match tokio::spawn(work).await {
        Ok(result) => result,
        Err(error) => Err(Error::Fault { doing, detail: error.to_string() }),
    }
}
