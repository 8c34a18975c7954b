//! Pages of a list: their bounds and their position.

use uuid::Uuid;

use crate::Timestamp;

/// The most items one page may hold; the same for every list of the graph.
pub const SIZE_MAX: u32 = 100;
/// The items of a page that asked for no number.
pub const SIZE_DEFAULT: u32 = 20;

/// A position in a list ordered by creation, newest first: the row's instant and its id.
///
/// The id breaks ties, so that paging neither repeats nor skips rows of one instant.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Position {
    /// When the row was created.
    pub created_at: Timestamp,
    /// The row's id.
    pub id: Uuid,
}

/// Which way a page runs from its position.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Direction {
    /// `first`/`after`: towards older rows.
    Forward,
    /// `last`/`before`: towards newer rows.
    Backward,
}

/// One page of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Page {
    /// How many items, 1 to [`SIZE_MAX`].
    pub size: u32,
    /// The position to start behind, exclusive; the list's end if absent.
    pub from: Option<Position>,
    /// Which way to go.
    pub direction: Direction,
    /// Whether the number of all items is asked for.
    pub with_total: bool,
}

/// The items of one page, in list order, and what lies around them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Slice<T> {
    /// The items, newest first whichever way the page ran.
    pub items: Vec<T>,
    /// Whether there are items before the first.
    pub has_previous: bool,
    /// Whether there are items after the last.
    pub has_next: bool,
    /// The number of all items, if it was asked for.
    pub total: Option<i64>,
}

impl<T> Slice<T> {
    /// Makes the slice of `page` from `rows`: up to `page.size + 1` rows in the order the page runs.
    #[must_use]
    pub fn of(page: &Page, mut rows: Vec<T>, total: Option<i64>) -> Self {
        let size = usize::try_from(page.size).unwrap_or(usize::MAX);
        let has_more = rows.len() > size;
        rows.truncate(size);
        let came_from_somewhere = page.from.is_some();
        match page.direction {
            Direction::Forward => {
                Self { items: rows, has_previous: came_from_somewhere, has_next: has_more, total }
            }
            Direction::Backward => {
                rows.reverse();
                Self { items: rows, has_previous: has_more, has_next: came_from_somewhere, total }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backward_page_is_in_list_order_and_knows_its_surroundings() {
        let page = Page { size: 2, from: None, direction: Direction::Backward, with_total: false };
        let slice = Slice::of(&page, vec![3, 2, 1], None);
        assert_eq!(slice, Slice { items: vec![2, 3], has_previous: true, has_next: false, total: None });
    }
}
