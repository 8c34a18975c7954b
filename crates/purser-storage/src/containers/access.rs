//! The rule of sharing: its inputs, and its result.
//!
//! Whoever changes an input holds the tree's lock ([`crate::tenants::lock_tree`]), reads all inputs here,
//! computes with [`purser_domain::container::accesses`], and stores the result, in one transaction. These
//! functions take no scope, since they see to what everybody may do; they follow a change that was made
//! within one.

use purser_domain::container::{Access, Container, Member, OptOut, Share};
use purser_domain::tenant::Path;
use purser_types::id::{ContainerId, TenantId};

use crate::db::{Connection, Read, Write, all, column, one};
use crate::entity::{access, container, opt_out, share, tenant};
use crate::error::Error;
use crate::sql::Sql;

/// Rows of one insertion; six values each stay far below the 32,766 that SQLite takes.
const ROWS_MAX: usize = 500;

/// Everything that decides who may do what in a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sharing {
    /// The container.
    pub container: Container,
    /// The whole tree of the container's owner, parents before children.
    pub members: Vec<Member>,
    /// The container's shares, in force or not.
    pub shares: Vec<Share>,
    /// The opt-outs of the whole tree, of this container and of all.
    pub opt_outs: Vec<OptOut>,
}

/// What decides who may do what in a container, in four statements.
///
/// # Errors
/// Faults of the database.
pub async fn sharing(on: &impl Read, id: ContainerId) -> Result<Option<Sharing>, Error> {
    let doing = "reading the sharing of a container";
    let find = |text: &str| Sql::internal(text).bind(id.uuid());
    let found: Option<container::Model> =
        one(on, doing, find("SELECT * FROM container WHERE id = $1")).await?;
    let Some(container) = found else { return Ok(None) };
    let tree = "SELECT m.* FROM container c JOIN tenant o ON o.id = c.owner_tenant_id \
                JOIN tenant m ON m.root_id = o.root_id WHERE c.id = $1 ORDER BY m.path";
    let members: Vec<tenant::Model> = all(on, doing, find(tree)).await?;
    let shares = "SELECT * FROM container_share WHERE container_id = $1 ORDER BY id";
    let shares: Vec<share::Model> = all(on, doing, find(shares)).await?;
    let opt_outs = "SELECT e.* FROM container c JOIN tenant o ON o.id = c.owner_tenant_id \
                    JOIN tenant m ON m.root_id = o.root_id JOIN container_opt_out e ON e.tenant_id = m.id \
                    WHERE c.id = $1 AND (e.container_id IS NULL OR e.container_id = c.id) ORDER BY e.id";
    let opt_outs: Vec<opt_out::Model> = all(on, doing, find(opt_outs)).await?;
    let member = |row: tenant::Model| Member {
        tenant_id: TenantId::from_uuid(row.id),
        path: Path::from_stored(row.path),
    };
    Ok(Some(Sharing {
        container: container.parse()?,
        members: members.into_iter().map(member).collect(),
        shares: shares.into_iter().map(share::Model::parse).collect::<Result<_, _>>()?,
        opt_outs: opt_outs.into_iter().map(opt_out::Model::parse).collect::<Result<_, _>>()?,
    }))
}

/// Puts the result of the rule in the place of the container's former one.
///
/// # Errors
/// Faults of the database.
pub async fn store_access(w: &Write, id: ContainerId, accesses: &[Access]) -> Result<(), Error> {
    let doing = "storing the access to a container";
    let forget = Sql::internal("DELETE FROM container_access WHERE container_id = $1").bind(id.uuid());
    w.execute(doing, forget).await?;
    for some in accesses.chunks(ROWS_MAX) {
        let rows: Vec<access::Model> = some.iter().map(|access| access::Model::of(id, access)).collect();
        w.execute(doing, Sql::insert_all(&rows)).await?;
    }
    Ok(())
}

/// The containers whose shares reach a new tenant: granted to one above it with its descendants.
///
/// # Errors
/// Faults of the database.
pub async fn ids_touched_by_tenant(w: &Write, path: &Path) -> Result<Vec<ContainerId>, Error> {
    let text = "SELECT DISTINCT s.container_id AS id FROM container_share s \
                JOIN tenant g ON g.id = s.grantee_tenant_id \
                WHERE s.include_descendants AND s.status = 'ACTIVE' \
                AND length(g.path) < length($1) AND substr($1, 1, length(g.path)) = g.path";
    ids(w, Sql::internal(text).bind(path.as_str())).await
}

/// The containers that are owned in the tree of `root`.
///
/// # Errors
/// Faults of the database.
pub async fn ids_of_tree(w: &Write, root: TenantId) -> Result<Vec<ContainerId>, Error> {
    let text = "SELECT c.id FROM container c JOIN tenant o ON o.id = c.owner_tenant_id \
                WHERE o.root_id = $1 ORDER BY c.id";
    ids(w, Sql::internal(text).bind(root.uuid())).await
}

async fn ids(w: &Write, sql: Sql) -> Result<Vec<ContainerId>, Error> {
    let doing = "listing containers";
    let rows = w.rows(doing, sql).await?;
    rows.iter().map(|row| Ok(ContainerId::from_uuid(column(doing, row, "id")?))).collect()
}
