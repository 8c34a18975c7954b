//! The SQL of lists of profiles.
//!
//! A page is the newest of each container that the viewer may read, merged. An owner's profiles come from
//! the index `profile_newest`, a grantee's from the index of its own links, `profile_link_newest`: a page
//! costs by the number of the viewer's containers, and neither by the size of a table nor by what others
//! store.
//!
//! A list by tag runs over the viewer's own links only, an owner's as well. The tags are tested link by
//! link in the order of the index, so that a rare tag reads more links than it shows, but never another
//! tenant's.

use std::sync::LazyLock;

use purser_domain::container::{Permission, Permissions};

use super::keyset::{Order, PerDirection, is_within};
use super::statement::Sql;
use super::tables::containers::CONTAINER;
use super::tables::profiles::{LINK, PROFILE};
use super::visibility::{grants, is_owner};

/// The profiles of container `x`.
const OWNED: &str = "FROM profile p WHERE p.container_id = x.container_id";
/// The viewer's links in container `x`.
const LINKED: &str = "FROM profile_link l WHERE l.tenant_id = $1 AND l.container_id = x.container_id";
/// Whether link `l` has the tag `$10`, for PostgreSQL and SQLite.
const HAS_TAG: [&str; 2] = ["l.tags ? $10", "EXISTS (SELECT 1 FROM json_each(l.tags) WHERE value = $10)"];

/// Pages of everything the viewer sees; `$9` is one container or NULL.
pub(super) static NEWEST: LazyLock<PerDirection<Sql>> =
    LazyLock::new(|| PerDirection::new(|order| newest(order, true)));
/// The same without the viewer's overlays.
pub(super) static NEWEST_BARE: LazyLock<PerDirection<Sql>> =
    LazyLock::new(|| PerDirection::new(|order| newest(order, false)));
/// Pages of what the viewer tagged `$10`.
pub(super) static TAGGED: LazyLock<PerDirection<Sql>> = LazyLock::new(|| PerDirection::new(tagged));

/// The number of everything the viewer sees. Counting reads every index entry: only when it is selected.
pub(super) static NEWEST_TOTAL: LazyLock<Sql> = LazyLock::new(|| {
    let is_owner = is_owner("x.grants");
    Sql::both(&total_of(&format!(
        "CASE WHEN {is_owner} THEN (SELECT count(*) {OWNED}) ELSE (SELECT count(*) {LINKED}) END"
    )))
});

/// The number of what the viewer tagged `$10`.
pub(super) static TAGGED_TOTAL: LazyLock<Sql> = LazyLock::new(|| {
    let [postgres, sqlite] =
        HAS_TAG.map(|has_tag| total_of(&format!("(SELECT count(*) {LINKED} AND {has_tag})")));
    Sql::each(&postgres, &sqlite)
});

/// The containers that the viewer may read, with its grants.
fn access() -> String {
    format!(
        "access AS MATERIALIZED (SELECT a.container_id, {grants} AS grants FROM container_access a \
         JOIN_NEXT container c ON c.id = a.container_id AND c.environment = $2 \
         WHERE a.tenant_id = $1 AND a.expires_at > $3 AND ($9 IS NULL OR a.container_id = $9) \
         GROUP BY a.container_id HAVING max(a.permissions & {read}) <> 0)",
        grants = grants(),
        read = Permissions::bit(Permission::ReadProfile),
    )
}

fn total_of(count: &str) -> String {
    format!("WITH {} SELECT CAST(coalesce(sum({count}), 0) AS bigint) FROM access x", access())
}

fn newest(order: Order, has_overlay: bool) -> Sql {
    let is_owner = is_owner("x.grants");
    let owned = |columns: &str| {
        let within = is_within("p.created_at", "p.id");
        order.page(&format!("SELECT {columns} {OWNED} AND {is_owner} AND {within}"), "p.created_at", "p.id")
    };
    let [owned_postgres, _] = owned("p.created_at, p.id");
    let [_, owned_sqlite] = owned("p.rowid");
    let [linked_postgres, linked_sqlite] = linked(order, [&format!("NOT {is_owner}"); 2]);
    page_of(
        order,
        has_overlay,
        &format!(
            "SELECT q.created_at, q.id, x.grants FROM access x \
             CROSS JOIN LATERAL ({owned_postgres} UNION ALL {linked_postgres}) q"
        ),
        &format!(
            "SELECT p.created_at, p.id, x.grants FROM access x CROSS JOIN profile p ON p.rowid IN ({owned_sqlite}) \
             UNION ALL {linked_sqlite}"
        ),
    )
}

fn tagged(order: Order) -> Sql {
    let [postgres, sqlite] = linked(order, HAS_TAG);
    let postgres =
        format!("SELECT q.created_at, q.id, x.grants FROM access x CROSS JOIN LATERAL {postgres} q");
    page_of(order, true, &postgres, &sqlite)
}

/// The viewer's links of container `x` that meet a condition: for PostgreSQL what is joined laterally to
/// `access x`, for SQLite the whole select.
fn linked(order: Order, conditions: [&str; 2]) -> [String; 2] {
    let (created_at, id) = ("l.profile_created_at", "l.profile_id");
    let within = is_within(created_at, id);
    let select = |columns: &str, condition: &str| {
        order.page(&format!("SELECT {columns} {LINKED} AND {condition} AND {within}"), created_at, id)
    };
    let [postgres, _] = select("l.profile_created_at AS created_at, l.profile_id AS id", conditions[0]);
    let [_, rowids] = select("l.rowid", conditions[1]);
    let sqlite = format!(
        "SELECT l.profile_created_at AS created_at, l.profile_id AS id, x.grants FROM access x \
         CROSS JOIN profile_link l ON l.rowid IN ({rowids})"
    );
    [postgres, sqlite]
}

/// The profiles of the positions that `postgres` or `sqlite` select.
fn page_of(order: Order, has_overlay: bool, postgres: &str, sqlite: &str) -> Sql {
    let core = [PROFILE.list("p"), CONTAINER.list("c")].join(", ");
    let link = "LEFT JOIN profile_link l ON l.tenant_id = $1 AND l.profile_id = p.id";
    let (columns, link) = match has_overlay {
        true => ([core, LINK.list("l")].join(", "), link),
        false => (core, ""),
    };
    let text = |positions: &str| {
        format!(
            "WITH {access}, page AS MATERIALIZED (\
             SELECT created_at, id, grants FROM ({positions}) positions {merged} LIMIT $4) \
             SELECT {columns}, page.grants FROM page JOIN_NEXT profile p ON p.id = page.id \
             JOIN_NEXT container c ON c.id = p.container_id {link} {sorted}",
            access = access(),
            merged = order.by("created_at", "id"),
            sorted = order.by("page.created_at", "page.id"),
        )
    };
    Sql::each(&text(postgres), &text(sqlite))
}
