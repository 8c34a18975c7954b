//! Relay connections over keyset pages.
//!
//! A list is ordered by creation, newest first. A cursor is a position in it, sealed for the viewer's
//! tenant, environment and list: one that is foreign, forged or of another list is refused.

use std::borrow::Cow;
use std::sync::Arc;

use async_graphql::{Context, Error, Object, OutputType, SimpleObject, TypeName};
use purser_services::{Ctx, cursor};
use purser_types::page::{Direction, Page, Position, SIZE_DEFAULT, SIZE_MAX, Slice};

use crate::context::session;
use crate::error::{ServiceError, bad_input, internal, told};

/// Something that lists of the graph have.
pub(crate) trait Listed: OutputType + Clone {
    /// The name of the list that the cursors are sealed for.
    const LIST: &'static str;

    /// Where in the list it is.
    fn position(&self) -> Position;
}

/// The arguments that every connection takes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct PageArguments {
    pub(crate) first: Option<i32>,
    pub(crate) after: Option<String>,
    pub(crate) last: Option<i32>,
    pub(crate) before: Option<String>,
}

impl PageArguments {
    /// The arguments of a field.
    pub(crate) fn new(
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Self {
        Self { first, after, last, before }
    }

    /// The page that is asked for, forwards unless `last` or `before` says otherwise.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` for a size out of bounds, both directions at once, or a cursor of elsewhere.
    pub(crate) fn page<T: Listed>(&self, ctx: &Ctx, with_total: bool) -> Result<Page, Error> {
        let is_forward = self.first.is_some() || self.after.is_some();
        let is_backward = self.last.is_some() || self.before.is_some();
        if is_forward && is_backward {
            return Err(bad_input("Page forwards with first and after, or backwards with last and before."));
        }
        let (size, from, direction) = if is_backward {
            (self.last, &self.before, Direction::Backward)
        } else {
            (self.first, &self.after, Direction::Forward)
        };
        let open = |cursor: &String| cursor::open(ctx, T::LIST, cursor).map_err(|error| told(&error));
        Ok(Page { size: size_of(size)?, from: from.as_ref().map(open).transpose()?, direction, with_total })
    }
}

fn size_of(asked: Option<i32>) -> Result<u32, Error> {
    let Some(asked) = asked else { return Ok(SIZE_DEFAULT) };
    let size = u32::try_from(asked).ok().filter(|size| (1..=SIZE_MAX).contains(size));
    size.ok_or_else(|| bad_input(format!("A page has 1 to {SIZE_MAX} items.")))
}

/// The same page with its items to be shared.
pub(crate) fn shared<T>(slice: Slice<T>) -> Slice<Arc<T>> {
    Slice {
        items: slice.items.into_iter().map(Arc::new).collect(),
        has_previous: slice.has_previous,
        has_next: slice.has_next,
        total: slice.total,
    }
}

/// The page that a list's read answered, as the graph shows it.
///
/// # Errors
/// `INTERNAL`, logged here.
pub(crate) fn listed<R, T: Listed>(
    slice: Result<Slice<R>, ServiceError>,
    show: impl FnMut(R) -> T,
) -> Result<Connection<T>, Error> {
    slice.map(|slice| Connection::of(slice, show)).map_err(|error| told(&error))
}

/// Whether the field being resolved asks for the number of all items.
pub(crate) fn asks_for_total(gql: &Context<'_>) -> bool {
    gql.look_ahead().field("totalCount").exists()
}

/// One page of a list.
pub(crate) struct Connection<T> {
    items: Vec<T>,
    has_previous: bool,
    has_next: bool,
    total: Option<i64>,
}

impl<T: Listed> Connection<T> {
    /// The page of a list that has nothing.
    pub(crate) fn empty() -> Self {
        Self { items: Vec::new(), has_previous: false, has_next: false, total: Some(0) }
    }

    /// The page as the graph shows it.
    pub(crate) fn of<R>(slice: Slice<R>, show: impl FnMut(R) -> T) -> Self {
        Self {
            items: slice.items.into_iter().map(show).collect(),
            has_previous: slice.has_previous,
            has_next: slice.has_next,
            total: slice.total,
        }
    }
}

impl<T: Listed> TypeName for Connection<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", <T as OutputType>::type_name()).into()
    }
}

/// One page of a list, newest first, as Relay wants it.
#[Object(name_type)]
impl<T: Listed> Connection<T> {
    /// The items with their cursors.
    async fn edges(&self) -> Vec<Edge<T>> {
        self.items.iter().cloned().map(|node| Edge { node }).collect()
    }

    /// The items without their cursors.
    async fn nodes(&self) -> &[T] {
        &self.items
    }

    /// What lies around the page.
    async fn page_info(&self, gql: &Context<'_>) -> Result<PageInfo, Error> {
        let ctx = session(gql)?.ctx();
        let seal = |item: Option<&T>| item.map(|item| cursor::seal(ctx, T::LIST, item.position()));
        Ok(PageInfo {
            has_previous_page: self.has_previous,
            has_next_page: self.has_next,
            start_cursor: seal(self.items.first()),
            end_cursor: seal(self.items.last()),
        })
    }

    /// How many items the whole list has for this viewer; counted only because it is asked for.
    async fn total_count(&self) -> Result<i32, Error> {
        let total = self.total.ok_or_else(internal)?;
        Ok(i32::try_from(total).unwrap_or(i32::MAX))
    }
}

/// One item of a list and where it is.
pub(crate) struct Edge<T> {
    node: T,
}

impl<T: Listed> TypeName for Edge<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", <T as OutputType>::type_name()).into()
    }
}

/// One item of a list and where it is.
#[Object(name_type)]
impl<T: Listed> Edge<T> {
    /// The position, for `after` and `before` of the same list. Opaque, and of use to this viewer only.
    async fn cursor(&self, gql: &Context<'_>) -> Result<String, Error> {
        Ok(cursor::seal(session(gql)?.ctx(), T::LIST, self.node.position()))
    }

    /// The item.
    async fn node(&self) -> &T {
        &self.node
    }
}

/// What lies around a page.
#[derive(SimpleObject)]
pub(crate) struct PageInfo {
    /// Whether there are items before the first of the page.
    has_previous_page: bool,
    /// Whether there are items after the last of the page.
    has_next_page: bool,
    /// The cursor of the first item; null on an empty page.
    start_cursor: Option<String>,
    /// The cursor of the last item; null on an empty page.
    end_cursor: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_1_to_100_items() {
        assert_eq!(size_of(None).ok(), Some(20));
        assert_eq!(size_of(Some(1)).ok(), Some(1));
        assert_eq!(size_of(Some(100)).ok(), Some(100));
        for refused in [0, -1, 101, i32::MAX, i32::MIN] {
            assert_eq!(size_of(Some(refused)).ok(), None, "{refused}");
        }
    }
}
