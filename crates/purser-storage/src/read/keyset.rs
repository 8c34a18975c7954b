//! Pages by key: bounds instead of offsets, so that the hundredth page costs what the first does.
//!
//! Every list here is ordered by creation, newest first, then by id. A page is a range between two
//! positions, both exclusive and both always there; the ends of the list are the smallest and largest
//! position. One text per direction then serves every page and every range of time.

use purser_types::Timestamp;
use purser_types::page::{Direction, Page, Position, SIZE_MAX, Slice};
use uuid::Uuid;

use super::row::Row;
use super::statement::Param;
use crate::Error;

/// The most rows that a page reads: its items and one to know whether there are more. As a literal it
/// tells the planner that a list is read from its end of the index; a parameter would be guessed at a
/// tenth of the table, and the table sorted.
pub(super) const ROWS_MAX: u32 = SIZE_MAX + 1;

/// A text, or several, for each direction.
pub(super) struct PerDirection<T> {
    forward: T,
    backward: T,
}

/// The words that differ between the directions.
#[derive(Clone, Copy)]
pub(super) struct Order(&'static str);

impl<T> PerDirection<T> {
    /// Writes the text of each direction.
    pub(super) fn new(write: impl Fn(Order) -> T) -> Self {
        Self { forward: write(Order("DESC")), backward: write(Order("ASC")) }
    }

    /// The text for a page.
    pub(super) fn of(&self, page: &Page) -> &T {
        match page.direction {
            Direction::Forward => &self.forward,
            Direction::Backward => &self.backward,
        }
    }
}

impl Order {
    /// The `ORDER BY` over two columns.
    pub(super) fn by(self, created_at: &str, id: &str) -> String {
        format!("ORDER BY {created_at} {0}, {id} {0}", self.0)
    }

    /// The first `$4` rows of `select` in order, for PostgreSQL and SQLite.
    pub(super) fn page(self, select: &str, created_at: &str, id: &str) -> [String; 2] {
        let order = self.by(created_at, id);
        [
            format!("(SELECT * FROM ({select} {order} LIMIT {ROWS_MAX}) ordered LIMIT $4)"),
            format!("{select} {order} LIMIT $4"),
        ]
    }
}

/// The condition that a row is between the bounds, which are `$5` to `$8`.
pub(super) fn is_within(created_at: &str, id: &str) -> String {
    format!("({created_at}, {id}) > ($5, $6) AND ({created_at}, {id}) < ($7, $8)")
}

/// The parameters `$4` to `$8` of a page between two instants, the second exclusive.
pub(super) fn page_params(
    page: &Page,
    created_from: Option<Timestamp>,
    created_before: Option<Timestamp>,
) -> [Param; 5] {
    let (oldest, newest) = ends(created_from, created_before);
    let key = |position: Position| (position.created_at.unix_micros(), position.id);
    let (low, high) = match (page.from.map(key), page.direction) {
        (None, _) => (oldest, newest),
        (Some(from), Direction::Forward) => (oldest, from.min(newest)),
        (Some(from), Direction::Backward) => (from.max(oldest), newest),
    };
    let rows = i64::from(page.size.min(SIZE_MAX)) + 1;
    [Param::Int(rows), Param::Int(low.0), Param::Id(low.1), Param::Int(high.0), Param::Id(high.1)]
}

/// The same parameters for the number of all items, wherever a page starts.
pub(super) fn total_params(
    page: &Page,
    created_from: Option<Timestamp>,
    created_before: Option<Timestamp>,
) -> [Param; 5] {
    page_params(&Page { from: None, ..*page }, created_from, created_before)
}

/// No row has the smallest or the largest id, so exclusive bounds exclude nothing.
fn ends(created_from: Option<Timestamp>, created_before: Option<Timestamp>) -> ((i64, Uuid), (i64, Uuid)) {
    let oldest = created_from.map_or(i64::MIN, Timestamp::unix_micros);
    let newest = created_before.map_or((i64::MAX, Uuid::max()), |at| (at.unix_micros(), Uuid::nil()));
    ((oldest, Uuid::nil()), newest)
}

/// The slice of a page from its rows and, if it was asked for, the row that counts all items.
pub(super) fn slice_of<T>(
    page: &Page,
    rows: Vec<Row>,
    total: Option<Vec<Row>>,
    decode: impl Fn(&mut Row) -> Result<T, Error>,
) -> Result<Slice<T>, Error> {
    let items = rows.into_iter().map(|mut row| decode(&mut row)).collect::<Result<Vec<T>, Error>>()?;
    Ok(slice(page, items, total_of(total)?))
}

/// The slice of a page, which is never longer than [`SIZE_MAX`].
pub(super) fn slice<T>(page: &Page, rows: Vec<T>, total: Option<i64>) -> Slice<T> {
    Slice::of(&Page { size: page.size.min(SIZE_MAX), ..*page }, rows, total)
}

/// The number in the only row of a count.
pub(super) fn total_of(rows: Option<Vec<Row>>) -> Result<Option<i64>, Error> {
    rows.and_then(|rows| rows.into_iter().next()).map(|mut row| row.int()).transpose()
}
