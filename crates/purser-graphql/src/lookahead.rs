//! From a document's selection to what is fetched ahead.
//!
//! The root resolver of a profile reads the whole selection below itself and asks for everything in one
//! flush. Children then take what is there if their own arguments made the same key, and fall back to
//! the loaders if not, so that a wrong guess here costs a statement and never an answer.
//!
//! The library has taken `@skip` and `@include` out of the document by then, and its iterator follows
//! fragments; its `Lookahead` is not used for arguments, because it merges aliases.

use async_graphql::{Context, InputType, Name, SelectionField, Value};
use purser_services::selection::{PaymentsKey, ProfileSelection};

use crate::context::Session;
use crate::page::PageArguments;
use crate::payments::{Payment, PaymentFilterInput};

/// The fields of a connection's nodes, whether they are asked for through `nodes` or `edges`.
fn nodes<'a>(connection: SelectionField<'a>) -> Vec<SelectionField<'a>> {
    let mut found = Vec::new();
    for field in connection.selection_set() {
        match field.name() {
            "nodes" => found.extend(field.selection_set()),
            "edges" => {
                for node in field.selection_set().filter(|field| field.name() == "node") {
                    found.extend(node.selection_set());
                }
            }
            _ => {}
        }
    }
    found
}

/// What the field being resolved, which is a profile, asks for around it.
pub(crate) fn of_profile(gql: &Context<'_>, session: &Session) -> ProfileSelection {
    of_profile_fields(gql.field().selection_set().collect(), session)
}

/// What the nodes of the field being resolved, which is a connection of profiles, ask for around them.
pub(crate) fn of_profiles(gql: &Context<'_>, session: &Session) -> ProfileSelection {
    of_profile_fields(nodes(gql.field()), session)
}

fn of_profile_fields(fields: Vec<SelectionField<'_>>, session: &Session) -> ProfileSelection {
    let mut selection = ProfileSelection::default();
    for field in fields {
        match field.name() {
            "instruments" | "preferredInstrument" | "preferredMethod" => selection.instruments = true,
            "totals" => selection.totals = true,
            "payments" => {
                let has_instrument = nodes(field).iter().any(|node| node.name() == "instrument");
                selection.instruments |= has_instrument;
                let key = payments_key(field, session).filter(|key| !selection.payments.contains(key));
                selection.payments.extend(key);
            }
            _ => {}
        }
    }
    // What the viewer may not see is null there, and need not be fetched.
    selection.instruments &= session.may("Instrument");
    if !session.may("Payment") {
        selection.payments.clear();
        selection.totals = false;
    }
    selection
}

/// The key of a profile's field `payments`; none if its arguments are wrong, which its resolver will say.
fn payments_key(field: SelectionField<'_>, session: &Session) -> Option<PaymentsKey> {
    let arguments = field.arguments().ok()?;
    let page = PageArguments::new(
        argument(&arguments, "first")?,
        argument(&arguments, "after")?,
        argument(&arguments, "last")?,
        argument(&arguments, "before")?,
    );
    let filter: Option<PaymentFilterInput> = argument(&arguments, "filter")?;
    let with_total = field.selection_set().any(|field| field.name() == "totalCount");
    let page = page.page::<Payment>(session.ctx(), with_total).ok()?;
    Some(PaymentsKey { page, filter: filter.unwrap_or_default().filter()?, is_brief: is_brief(field) })
}

/// Whether a connection of payments asks for none of their documents, so that these need not be fetched.
pub(crate) fn is_brief(connection: SelectionField<'_>) -> bool {
    let is_document = |name: &str| matches!(name, "decline" | "nextAction" | "route" | "metadata" | "urls");
    !nodes(connection).iter().any(|node| is_document(node.name()))
}

/// An argument's value as the resolver will get it; none if it is no such value.
fn argument<T: InputType>(arguments: &[(Name, Value)], name: &str) -> Option<T> {
    let value = arguments.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    T::parse(value).ok()
}
