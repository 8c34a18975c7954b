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
        let (created_at, id) = (format!("{alias}.created_at"), format!("{alias}.id"));
        let within = is_within(&created_at, &id);
        let rows = PerDirection::new(|order| {
            let [postgres, sqlite] =
                order.page(&format!("SELECT {columns} {source} AND {within}"), &created_at, &id);
            Sql::each(&postgres, &sqlite)
        });
        Self { rows, total: Sql::both(&format!("SELECT count(*) {source} AND {within}")) }
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
        let params = |page: [Param; 5]| scoped(scope, page.into_iter().chain(own.iter().cloned()));
        let mut batch = vec![Statement::new(self.rows.of(page), params(page_params(page, None, None)))];
        if page.with_total {
            batch.push(Statement::new(&self.total, params(total_params(page, None, None))));
        }
        let mut answers = store.reads().run(batch).await?.into_iter();
        slice_of(page, answers.next().unwrap_or_default(), answers.next(), decode)
    }
}
