//! What only a build for the checker is told by its environment; nothing of it is a key.

/// The variable that names the bug which the process is to have.
const PLANTED_BUG: &str = "PURSER_PLANTED_BUG";

/// Makes this process fail as `FAILPOINTS` says, and have the bug that it was told to have.
pub fn begin() {
    let bug = std::env::var(PLANTED_BUG).ok();
    purser_services::begin_torture(bug.as_deref());
}
