//! The hot statements by name, for whoever asks an engine how it would run them.

use purser_domain::Scope;
use purser_types::id::{ContainerId, InstrumentId, ProfileId};
use purser_types::page::{Direction, Page};
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::key::Key;
use super::selection::{PaymentFilter, PaymentsKey, ProfileKey, ProfileSelection};
use super::statement::Statement;
use super::view::ProfileFilter;
use super::{attempts, history, orders, payments, profiles};

/// How connections to PostgreSQL are set up before the statements are planned.
pub const POSTGRES_PLANNER: &str = super::executor::PLANNER;

/// A statement as both engines are given it.
#[derive(Debug, Clone)]
pub struct HotStatement {
    /// What it is for.
    pub name: String,
    /// The text for PostgreSQL, with parameters `$1`, `$2`, …
    pub postgres: String,
    /// The types of its parameters.
    pub parameter_types: Vec<Type>,
    /// The text for SQLite, with parameters `?1`, `?2`, …
    pub sqlite: String,
}

/// Every statement of a page of the graph that a customer waits for. Tests explain them on both engines,
/// so that an index that is not used any more is noticed before a customer does.
#[must_use]
pub fn hot_statements(scope: &Scope) -> Vec<HotStatement> {
    let mut hot = Vec::new();
    for direction in [Direction::Forward, Direction::Backward] {
        let page = Page { size: 10, from: None, direction, with_total: false };
        let wanted = PaymentsKey { page, filter: PaymentFilter::default(), is_brief: false };
        let selection = ProfileSelection {
            instruments: true,
            payments: vec![wanted.clone()],
            totals: true,
            lines: vec![wanted.clone()],
            without_overlay: false,
        };
        let container_id = ContainerId::from_uuid(Uuid::nil());
        let keys = [
            ("id", ProfileKey::Id(ProfileId::from_uuid(Uuid::nil()))),
            ("guid", ProfileKey::Guid(String::new())),
            ("identification", ProfileKey::CustomerIdentification { container_id, value: String::new() }),
            ("external id", ProfileKey::ExternalId(String::new())),
        ];
        for (by, key) in keys {
            let batch = profiles::one_statements(scope, &Key::of(&key), &selection);
            let parts = ["profile", "instruments", "totals", "payments", "lines"].into_iter().zip(&batch);
            hot.extend(
                parts.map(|(part, statement)| named(format!("{part} by {by} {direction:?}"), statement)),
            );
        }
        let lists = [
            ("profiles", None, true),
            ("bare profiles", None, false),
            ("tagged profiles", Some(String::new()), true),
        ];
        for (name, tag, has_overlay) in lists {
            let filter = ProfileFilter { container_id: None, tag };
            let batch = profiles::page_statements(scope, &filter, &page, has_overlay);
            hot.extend(batch.iter().map(|statement| named(format!("{name} {direction:?}"), statement)));
        }
        let instrument_id = Some(InstrumentId::from_uuid(Uuid::nil()));
        let lists = [("payments", None), ("payments of an instrument", instrument_id)];
        for (name, instrument_id) in lists {
            let filter = PaymentFilter { instrument_id, ..PaymentFilter::default() };
            let batch = payments::page_statements(scope, &filter, &page);
            hot.extend(batch.iter().map(|statement| named(format!("{name} {direction:?}"), statement)));
        }
        let lists = orders::statements(scope, &page).into_iter();
        let review = ("attempts in review", attempts::statement(scope, &page));
        hot.extend(lists.chain([review]).map(|(name, it)| named(format!("{name} {direction:?}"), &it)));
    }
    hot.extend(history::statements(scope).map(|(name, statement)| named(name.to_owned(), &statement)));
    hot
}

fn named(name: String, statement: &Statement) -> HotStatement {
    HotStatement {
        name,
        postgres: statement.sql.postgres.clone(),
        parameter_types: statement.params.iter().map(super::statement::Param::postgres_type).collect(),
        sqlite: statement.sql.sqlite.clone(),
    }
}
