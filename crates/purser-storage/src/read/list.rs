//! Pages of lists that are one table with one condition.

use purser_domain::Scope;
use purser_types::page::{Page, Slice};

use super::keyset::{PerDirection, is_within, page_params, slice_of, total_params};
use super::row::Row;
use super::statement::{Param, Sql, Statement};
use super::visibility::scoped;
use crate::{Error, Store};

/// The texts of one list.
pub(super) struct List {
    rows: PerDirection<Sql>,
    total: Sql,
}

impl List {
    /// A list of `columns` from `source`, a `FROM … WHERE …` whose own parameters start at `$9`, ordered
    /// by `created_at` and `id` of `alias`.
    pub(super) fn new(columns: &str, alias: &str, source: &str) -> Self {
        Self::since(columns, [&format!("{alias}.created_at"), &format!("{alias}.id")], source)
    }

    /// The same, ordered by an instant and an id that are called otherwise.
    pub(super) fn since(columns: &str, [at, id]: [&str; 2], source: &str) -> Self {
        let within = is_within(at, id);
        let rows = PerDirection::new(|order| {
            let [postgres, sqlite] = order.page(&format!("SELECT {columns} {source} AND {within}"), at, id);
            Sql::each(&postgres, &sqlite)
        });
        Self { rows, total: Sql::both(&format!("SELECT count(*) {source} AND {within}")) }
    }

    /// The statement that reads a page.
    pub(super) fn statement(&'static self, scope: &Scope, page: &Page, own: &[Param]) -> Statement {
        let params = page_params(page, None, None).into_iter().chain(own.iter().cloned());
        Statement::new(self.rows.of(page), scoped(scope, params))
    }

    /// A page of the list.
    pub(super) async fn page<T>(
        &'static self,
        store: &Store,
        scope: &Scope,
        page: &Page,
        own: &[Param],
        decode: impl Fn(&mut Row) -> Result<T, Error>,
    ) -> Result<Slice<T>, Error> {
        let mut batch = vec![self.statement(scope, page, own)];
        if page.with_total {
            let params = total_params(page, None, None).into_iter().chain(own.iter().cloned());
            batch.push(Statement::new(&self.total, scoped(scope, params)));
        }
        let mut answers = store.reads().run(batch).await?.into_iter();
        slice_of(page, answers.next().unwrap_or_default(), answers.next(), decode)
    }
}
