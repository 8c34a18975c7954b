//! Attempts that somebody has to look at, and attempts by id.

use std::sync::LazyLock;

use purser_domain::Scope;
use purser_domain::payment::attempt::Attempt;
use purser_types::id::AttemptId;
use purser_types::page::{Page, Slice};

use super::list::List;
use super::net;
use super::statement::{Param, Sql, Statement};
use super::tables::payments::{ATTEMPT, attempt};
use super::visibility::scoped;
use crate::{Error, Store};

/// The viewer's own attempts.
const OWN: &str = "FROM attempt a WHERE a.tenant_id = $1 AND a.environment = $2";

/// Reads the index `attempt_review` in its order.
static IN_REVIEW: LazyLock<List> = LazyLock::new(|| {
    List::since(&ATTEMPT.list("a"), ["a.started_at", "a.id"], &format!("{OWN} AND a.review IS NOT NULL"))
});

/// The viewer's attempts about which an operator must decide, the newest first.
///
/// # Errors
/// As of every read.
pub async fn attempts_in_review(store: &Store, scope: &Scope, page: Page) -> Result<Slice<Attempt>, Error> {
    IN_REVIEW.page(store, scope, &page, &[], attempt).await
}

/// The attempts of the ids, in their order; `None` for what is not the viewer's.
///
/// # Errors
/// As of every read.
pub async fn attempts_by_id(
    store: &Store,
    scope: &Scope,
    ids: &[AttemptId],
) -> Result<Vec<Option<Attempt>>, Error> {
    static SQL: LazyLock<Sql> =
        LazyLock::new(|| Sql::both(&format!("SELECT {} {OWN} AND a.id IN_IDS($4)", ATTEMPT.list("a"))));
    let rows = store.reads().one(&SQL, scoped(scope, [Param::Ids(net::distinct(ids))])).await?;
    let found = rows.into_iter().map(|mut row| attempt(&mut row).map(|found| (found.id.uuid(), found)));
    Ok(net::options(ids, found.collect::<Result<Vec<_>, Error>>()?))
}

/// The statement of a page, for whoever asks an engine how it would run it.
pub(super) fn statement(scope: &Scope, page: &Page) -> Statement {
    IN_REVIEW.statement(scope, page, &[])
}
