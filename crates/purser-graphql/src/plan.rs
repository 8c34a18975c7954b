//! Plans: documents that are plain projections of customers, run without the executor.
//!
//! The executor makes a future, a context and a value of every field of every row, and then makes text of
//! the values. For the two questions that shops ask all day, one customer and a page of customers, that
//! costs more than the database does. A plan is such a document, gone through once: it knows what to fetch
//! and writes the answer from what was fetched, row after row.
//!
//! A plan is never another opinion:
//! - It is made of a document that the executor has answered without an error, so it is a valid one.
//!   Whoever keeps plans sees to that.
//! - It is made only if every field and every argument of the document is known here. A directive, a
//!   second root field, a field that is met twice, a field without a row in the tables: no plan.
//! - It runs only if every variable is a plain scalar of its declared type, and gives up at the first
//!   thing that is out of the ordinary: a size out of bounds, a cursor of elsewhere, a credential that may
//!   not, a database that does not answer. Then the executor does all of it, and tells what is wrong in
//!   its own words.
//! - Who may see what is asked of the same table, and rows come from the same reads.
//!
//! Tests run documents both ways and compare the bytes; one of them asks for every field in the tables.
//!
//! `compile` goes through the document, `json` writes, and the rest are the tables of fields: a row is a
//! name and how to write what is there. To add a field, add its row; if it needs more than what a
//! look-ahead fetches, leave it to the executor.

mod compile;
mod connection;
mod instruments;
mod json;
mod payments;
mod profiles;

use std::collections::HashMap;

use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{Name, Variables};
use purser_domain::container::Permissions;
use purser_services::selection::{PaymentsKey, ProfileSelection};
use purser_services::views::{InstrumentView, ProfileView};
use purser_services::{Ctx, profiles as service, reads};
use purser_types::id::InstrumentId;
use purser_types::page::Slice;

use crate::payments::{Payment, PaymentFilterInput};
use crate::profiles::{Profile, ProfileBy, ProfileFilterInput};
use crate::security;

use compile::{Arguments, Compiler, Object};
use connection::Connection;
use json::Json;

/// A document that is run without the executor.
pub struct Plan {
    root: Root,
    /// The root field's name in the answer.
    key: String,
    arguments: Arguments,
    asked: Asked,
    /// The types of the variables.
    types: HashMap<Name, &'static str>,
}

enum Root {
    Profile(Object<ProfileView>),
    Profiles(Connection<ProfileView>),
}

/// What is fetched around each profile.
#[derive(Default)]
struct Asked {
    instruments: bool,
    totals: bool,
    payments: Vec<AskedPayments>,
    instruments_of_payments: bool,
    /// Something of the viewer's own overlay.
    overlay: bool,
}

/// One field `payments`, as far as it is known before its variables are.
struct AskedPayments {
    arguments: Arguments,
    with_total: bool,
}

/// What the fields of one answer are written with.
struct Scene<'a> {
    ctx: &'a Ctx,
    sees_containers: bool,
    sees_instruments: bool,
    sees_payments: bool,
    /// For each field `payments`, which page of a profile's is its; none if nothing fits its filter.
    pages: Vec<Option<usize>>,
    /// The instruments of payments, if any field shows them.
    instruments: HashMap<InstrumentId, InstrumentView>,
}

impl Scene<'_> {
    /// Whether the table lets the viewer see a sensitive field in a container.
    fn may_in(&self, permissions: Permissions, subject: &str) -> bool {
        security::may_in(self.ctx.viewer(), permissions, subject)
    }
}

impl Plan {
    /// The plan of a valid document's operation; none if the executor has to run it.
    #[must_use]
    pub fn of(document: &ExecutableDocument, operation_name: Option<&str>) -> Option<Self> {
        let operation = crate::roots::operation(document, operation_name)?;
        if operation.ty != OperationType::Query || !operation.directives.is_empty() {
            return None;
        }
        let types = compile::types(operation)?;
        let mut compiler = Compiler::new(document);
        let fields = compile::fields(document, "Query", &[], &operation.selection_set.node)?;
        let [field] = fields.as_slice() else { return None };
        let root = match field.name.node.as_str() {
            "profile" => Root::Profile(compiler.object(&profiles::PROFILE, &field.selection_set.node)?),
            "profiles" => {
                Root::Profiles(compiler.connection(&connection::PROFILES, &field.selection_set.node)?)
            }
            _ => return None,
        };
        let key = json::key(field);
        Some(Self { root, key, arguments: compile::arguments(field), asked: compiler.asked, types })
    }

    /// The answer as JSON, `{"data":…}`; none if the executor has to give it.
    pub async fn run(&self, ctx: &Ctx, variables: &Variables) -> Option<Vec<u8>> {
        let given = compile::Given { types: &self.types, variables };
        let scene = self.scene(ctx);
        match &self.root {
            Root::Profile(object) => {
                security::allow(ctx.viewer(), "Query.profile").ok()?;
                let by: ProfileBy = given.argument(&self.arguments, "by")?;
                let (selection, pages) = self.selection(ctx, &scene, &given)?;
                let found = match by.key() {
                    Some(key) => service::find(ctx, key, &selection).await.ok()?,
                    None => None,
                };
                let instruments = self.instruments(ctx, &scene, found.as_slice()).await?;
                let scene = Scene { pages, instruments, ..scene };
                self.written(|out| match &found {
                    Some(view) => object.write(view, &scene, out),
                    None => out.null(),
                })
            }
            Root::Profiles(connection) => {
                security::allow(ctx.viewer(), "Query.profiles").ok()?;
                let filter: Option<ProfileFilterInput> = given.argument(&self.arguments, "filter")?;
                let page = given.page(&self.arguments)?;
                let page = page.page::<Profile>(ctx, connection.with_total()).ok()?;
                let (selection, pages) = self.selection(ctx, &scene, &given)?;
                let slice = match filter.unwrap_or_default().filter() {
                    Some(filter) => reads::profiles(ctx, &filter, page, &selection).await.ok()?,
                    None => nothing(),
                };
                let instruments = self.instruments(ctx, &scene, &slice.items).await?;
                let scene = Scene { pages, instruments, ..scene };
                self.written(|out| connection.write(&slice, &scene, out))
            }
        }
    }

    fn scene<'a>(&self, ctx: &'a Ctx) -> Scene<'a> {
        let may = |subject| security::may(ctx.viewer(), subject);
        Scene {
            ctx,
            sees_containers: may("Container"),
            sees_instruments: may("Instrument"),
            sees_payments: may("Payment"),
            pages: Vec::new(),
            instruments: HashMap::new(),
        }
    }

    /// What is fetched, and for each field `payments` which page of it is its.
    fn selection(
        &self,
        ctx: &Ctx,
        scene: &Scene<'_>,
        given: &compile::Given<'_>,
    ) -> Option<(ProfileSelection, Vec<Option<usize>>)> {
        let mut lines: Vec<PaymentsKey> = Vec::with_capacity(self.asked.payments.len());
        let mut pages = Vec::with_capacity(self.asked.payments.len());
        for asked in self.asked.payments.iter().filter(|_| scene.sees_payments) {
            let filter: Option<PaymentFilterInput> = given.argument(&asked.arguments, "filter")?;
            let page = given.page(&asked.arguments)?.page::<Payment>(ctx, asked.with_total).ok()?;
            let Some(filter) = filter.unwrap_or_default().filter() else {
                pages.push(None);
                continue;
            };
            let key = PaymentsKey { page, filter, is_brief: true };
            let known = lines.iter().position(|known| *known == key);
            pages.push(Some(known.unwrap_or(lines.len())));
            if known.is_none() {
                lines.push(key);
            }
        }
        let instruments = self.asked.instruments && scene.sees_instruments;
        let totals = self.asked.totals && scene.sees_payments;
        let selection = ProfileSelection {
            instruments,
            totals,
            lines,
            without_overlay: !self.asked.overlay,
            ..ProfileSelection::default()
        };
        Some((selection, pages))
    }

    /// The instruments of the payments: mostly their customers' own, the others by their ids.
    async fn instruments(
        &self,
        ctx: &Ctx,
        scene: &Scene<'_>,
        views: &[ProfileView],
    ) -> Option<HashMap<InstrumentId, InstrumentView>> {
        let mut known = HashMap::new();
        if !self.asked.instruments_of_payments || !scene.sees_instruments {
            return Some(known);
        }
        let mut missing = Vec::new();
        for view in views {
            let payments = view.lines.iter().flat_map(|(_, slice)| &slice.items);
            for id in payments.filter_map(|payment| payment.instrument_id) {
                if known.contains_key(&id) || missing.contains(&id) {
                    continue;
                }
                let own = view.instruments.iter().flatten().find(|instrument| instrument.id == id);
                match own {
                    Some(instrument) => drop(known.insert(id, instruments::view_of(view, instrument))),
                    None => missing.push(id),
                }
            }
        }
        if !missing.is_empty() {
            let loaded = reads::instruments_by_id(ctx, &missing).await.ok()?;
            known.extend(missing.into_iter().zip(loaded).filter_map(|(id, view)| Some((id, view?))));
        }
        Some(known)
    }

    fn written(&self, write: impl FnOnce(&mut Json)) -> Option<Vec<u8>> {
        let mut out = Json::new();
        out.raw("{\"data\":{");
        out.raw(&self.key);
        write(&mut out);
        out.raw("}}");
        out.finish()
    }
}

/// The page of a list that has nothing.
fn nothing<T>() -> Slice<T> {
    Slice { items: Vec::new(), has_previous: false, has_next: false, total: Some(0) }
}
