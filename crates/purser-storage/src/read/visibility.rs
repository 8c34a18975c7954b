//! What the viewer may see, as the pieces of SQL that every statement here is built of.
//!
//! The first three parameters of every statement are the scope: `$1` the viewer's tenant, `$2` its
//! environment, `$3` its instant. A grant counts while `expires_at > $3`; several grants of a container
//! are one, bit by bit. The permissions and the ownership travel as one number, [`OWNER`] being a bit
//! that no permission uses.

use purser_domain::Scope;
use purser_domain::container::{Permission, Permissions};

use super::statement::Param;
use super::view::Grant;

/// The bit that says that the grant is the owner's.
const OWNER: i64 = 1 << 62;

/// The scope as the first three parameters.
pub(super) fn scoped(scope: &Scope, more: impl IntoIterator<Item = Param>) -> Vec<Param> {
    let mut params = Vec::with_capacity(16);
    params.push(Param::Id(scope.tenant().uuid()));
    params.push(Param::Word(scope.environment().as_str()));
    params.push(Param::Int(scope.now().unix_micros()));
    params.extend(more);
    params
}

/// All grants of a group of `container_access` rows `a` as one number. SQLite cannot aggregate bits, so
/// each is taken out, maximised and put back; PostgreSQL is given the same text, and the same answer.
pub(super) fn grants() -> String {
    let permissions = Permission::ALL.iter().map(|permission| Permissions::bit(*permission));
    let bits: Vec<String> = permissions.map(|bit| format!("max(a.permissions & {bit})")).collect();
    format!("{} | max(CASE WHEN a.is_owner THEN {OWNER} ELSE 0 END)", bits.join(" | "))
}

/// The viewer's grants for the container that `container_id` names; NULL if it has none.
pub(super) fn grants_for(container_id: &str) -> String {
    format!(
        "(SELECT {} FROM container_access a \
         WHERE a.tenant_id = $1 AND a.container_id = {container_id} AND a.expires_at > $3)",
        grants()
    )
}

/// Whether grants let see profiles at all.
pub(super) fn reads_profiles(grants: &str) -> String {
    format!("({grants} & {}) <> 0", Permissions::bit(Permission::ReadProfile))
}

/// Whether grants are the owner's.
pub(super) fn is_owner(grants: &str) -> String {
    format!("({grants} & {OWNER}) <> 0")
}

/// What travelled as one number.
pub(super) fn grant_of(bits: i64) -> Grant {
    Grant { permissions: Permissions::from_bits(bits & !OWNER), is_owner: bits & OWNER != 0 }
}
