//! What a profile, or several, are looked up by, as a condition that parents and children share.
//!
//! Children repeat the condition of their parent instead of waiting for its row, so that everything
//! about one customer leaves at once. There is one text per kind of key, whatever the values.

use std::sync::Arc;

use uuid::Uuid;

use super::selection::ProfileKey;
use super::statement::{Param, Sql};
use super::visibility::{grants_for, is_owner, reads_profiles};

/// A key with its values, which are the last parameters of every statement that has one.
#[derive(Clone)]
pub(super) struct Key {
    kind: Kind,
    params: Vec<Param>,
}

/// The kinds of key.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Ids,
    /// Profiles that a statement of the same read has just shown to the viewer.
    Seen,
    Guid,
    Identification,
    ExternalId,
}

/// A text for each kind of key.
pub(super) struct PerKey {
    ids: Sql,
    seen: Sql,
    guid: Sql,
    identification: Sql,
    external_id: Sql,
}

impl Key {
    /// Several profiles by their ids.
    pub(super) fn ids(ids: Arc<[Uuid]>) -> Self {
        Self { kind: Kind::Ids, params: vec![Param::Ids(ids)] }
    }

    /// Profiles of a page that was read a moment ago, in the scope of the same request: that the viewer
    /// sees them need not be proven again.
    pub(super) fn seen(ids: Arc<[Uuid]>) -> Self {
        Self { kind: Kind::Seen, params: vec![Param::Ids(ids)] }
    }

    /// The profile that a caller asked for.
    pub(super) fn of(key: &ProfileKey) -> Self {
        let text = |text: &str| Param::Text(text.into());
        match key {
            ProfileKey::Id(id) => Self::ids(Arc::new([id.uuid()])),
            ProfileKey::Guid(guid) => Self { kind: Kind::Guid, params: vec![text(guid)] },
            ProfileKey::CustomerIdentification { container_id, value } => {
                Self { kind: Kind::Identification, params: vec![text(value), Param::Id(container_id.uuid())] }
            }
            ProfileKey::ExternalId(value) => Self { kind: Kind::ExternalId, params: vec![text(value)] },
        }
    }

    /// The values.
    pub(super) fn params(&self) -> impl Iterator<Item = Param> {
        self.params.iter().cloned()
    }
}

impl Kind {
    /// The condition on profile `p`; its values start at parameter `first`.
    fn condition(self, first: usize) -> String {
        let second = first + 1;
        match self {
            Self::Ids | Self::Seen => format!("p.id IN_IDS(${first})"),
            Self::Guid => format!("p.guid = ${first}"),
            Self::Identification => {
                format!("p.customer_identification = ${first} AND p.container_id = ${second}")
            }
            Self::ExternalId => format!(
                "p.id = (SELECT e.profile_id FROM profile_link e \
                 WHERE e.tenant_id = $1 AND e.environment = $2 AND e.external_id = ${first})"
            ),
        }
    }

    /// Profiles with this key as rows of one column `id`, for PostgreSQL and SQLite, whoever may see them.
    pub(super) fn ids(self, first: usize) -> [String; 2] {
        match self {
            Self::Ids | Self::Seen => [
                format!("(SELECT unnest(${first}) AS id)"),
                format!("(SELECT unhex(value) AS id FROM json_each(${first}))"),
            ],
            Self::Guid | Self::Identification | Self::ExternalId => {
                let text = format!("(SELECT p.id FROM profile p WHERE {})", self.condition(first));
                [text.clone(), text]
            }
        }
    }

    /// Whether the viewer sees the profile `k` of [`known`]: it may read in the container, and it owns the
    /// container, is linked to the profile, or presented what only the customer's own merchants know.
    pub(super) fn sees(self) -> String {
        let reads = reads_profiles("k.grants");
        match self {
            Self::Seen => "1 = 1".to_owned(),
            Self::Guid | Self::Identification => reads,
            Self::Ids | Self::ExternalId => {
                format!("{reads} AND ({} OR k.linked_id IS NOT NULL)", is_owner("k.grants"))
            }
        }
    }

    /// A common table `known`: profile `p`, its container `c` and the viewer's link `l` by this key, with
    /// `columns` of them and the viewer's `grants`. Materialised, since the grants would be computed once
    /// for every place that names them. Must be followed by [`Kind::sees`].
    pub(super) fn known(self, columns: &str, first: usize) -> String {
        match self {
            Self::Seen => format!(
                "WITH known AS MATERIALIZED (SELECT {columns} FROM profile p WHERE {})",
                self.condition(first)
            ),
            Self::Ids | Self::Guid | Self::Identification | Self::ExternalId => {
                known(columns, &self.condition(first))
            }
        }
    }
}

/// A common table as of [`Kind::known`] with a condition of one's own.
pub(super) fn known(columns: &str, condition: &str) -> String {
    format!(
        "WITH known AS MATERIALIZED (SELECT {columns}, {grants} AS grants, l.profile_id AS linked_id \
         FROM profile p JOIN_NEXT container c ON c.id = p.container_id \
         LEFT JOIN profile_link l ON l.tenant_id = $1 AND l.profile_id = p.id \
         WHERE c.environment = $2 AND {condition})",
        grants = grants_for("p.container_id"),
    )
}

impl PerKey {
    /// Writes the text of each kind.
    pub(super) fn new(write: impl Fn(Kind) -> Sql) -> Self {
        Self {
            ids: write(Kind::Ids),
            seen: write(Kind::Seen),
            guid: write(Kind::Guid),
            identification: write(Kind::Identification),
            external_id: write(Kind::ExternalId),
        }
    }

    /// The text for a key.
    pub(super) fn of(&self, key: &Key) -> &Sql {
        match key.kind {
            Kind::Ids => &self.ids,
            Kind::Seen => &self.seen,
            Kind::Guid => &self.guid,
            Kind::Identification => &self.identification,
            Kind::ExternalId => &self.external_id,
        }
    }
}
