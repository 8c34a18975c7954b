//! Pages of profiles and of payments.

use async_graphql::parser::types::SelectionSet;
use purser_services::cursor;
use purser_services::views::{PaymentLine, ProfileView};
use purser_types::page::{Position, Slice};

use super::Scene;
use super::compile::{Compiler, Object, Table, fields};
use super::json::{Json, key};
use super::{payments, profiles};
use crate::page::Listed;

/// A list of one type.
pub(super) struct List<T: 'static> {
    name: &'static str,
    items: &'static Table<T>,
    /// What its cursors are sealed for.
    sealed_for: &'static str,
    position: fn(&T) -> Position,
}

pub(super) static PROFILES: List<ProfileView> = List {
    name: "ProfileConnection",
    items: &profiles::PROFILE,
    sealed_for: crate::profiles::Profile::LIST,
    position: |view| Position { created_at: view.profile.created_at, id: view.profile.id.uuid() },
};

pub(super) static PAYMENTS: List<PaymentLine> = List {
    name: "PaymentConnection",
    items: &payments::PAYMENT,
    sealed_for: crate::payments::Payment::LIST,
    position: |payment| Position { created_at: payment.created_at, id: payment.id.uuid() },
};

/// What is selected of a page.
pub(super) struct Connection<T: 'static> {
    list: &'static List<T>,
    parts: Vec<(String, Part<T>)>,
}

enum Part<T: 'static> {
    TypeName(&'static str),
    Nodes(Object<T>),
    Total,
    Info(Vec<(String, Info)>),
}

#[derive(Clone, Copy)]
enum Info {
    TypeName,
    HasPrevious,
    HasNext,
    Start,
    End,
}

impl<'a> Compiler<'a> {
    /// A selection on a connection.
    pub(super) fn connection<T>(
        &mut self,
        list: &'static List<T>,
        set: &'a SelectionSet,
    ) -> Option<Connection<T>> {
        let mut parts = Vec::new();
        for field in fields(self.document, list.name, &[], set)? {
            let part = match field.name.node.as_str() {
                "__typename" => Part::TypeName(list.name),
                "nodes" => Part::Nodes(self.object(list.items, &field.selection_set.node)?),
                "totalCount" => Part::Total,
                "pageInfo" => Part::Info(self.info(&field.selection_set.node)?),
                _ => return None,
            };
            parts.push((key(field), part));
        }
        Some(Connection { list, parts })
    }

    fn info(&self, set: &'a SelectionSet) -> Option<Vec<(String, Info)>> {
        let fields = fields(self.document, "PageInfo", &[], set)?;
        let known = fields.into_iter().map(|field| {
            let info = match field.name.node.as_str() {
                "__typename" => Info::TypeName,
                "hasPreviousPage" => Info::HasPrevious,
                "hasNextPage" => Info::HasNext,
                "startCursor" => Info::Start,
                "endCursor" => Info::End,
                _ => return None,
            };
            Some((key(field), info))
        });
        known.collect()
    }
}

impl<T> Connection<T> {
    /// Whether the number of all items is asked for.
    pub(super) fn with_total(&self) -> bool {
        self.parts.iter().any(|(_, part)| matches!(part, Part::Total))
    }

    pub(super) fn write(&self, slice: &Slice<T>, scene: &Scene<'_>, out: &mut Json) {
        let mut before = "{";
        for (key, part) in &self.parts {
            out.raw(before);
            out.raw(key);
            match part {
                Part::TypeName(name) => out.word(name),
                Part::Nodes(object) => out.list(&slice.items, |out, item| object.write(item, scene, out)),
                Part::Total => match slice.total {
                    Some(total) => out.number(i32::try_from(total).unwrap_or(i32::MAX)),
                    None => out.give_up(),
                },
                Part::Info(infos) => self.info(infos, slice, scene, out),
            }
            before = ",";
        }
        out.raw("}");
    }

    fn info(&self, infos: &[(String, Info)], slice: &Slice<T>, scene: &Scene<'_>, out: &mut Json) {
        let seal = |item: &T| cursor::seal(scene.ctx, self.list.sealed_for, (self.list.position)(item));
        let mut before = "{";
        for (key, info) in infos {
            out.raw(before);
            out.raw(key);
            match info {
                Info::TypeName => out.word("PageInfo"),
                Info::HasPrevious => out.flag(slice.has_previous),
                Info::HasNext => out.flag(slice.has_next),
                Info::Start => out.option(slice.items.first().map(seal), Json::plain),
                Info::End => out.option(slice.items.last().map(seal), Json::plain),
            }
            before = ",";
        }
        out.raw("}");
    }
}
