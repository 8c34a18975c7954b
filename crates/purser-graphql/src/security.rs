//! The table: who may ask for what.
//!
//! One row per root field, per object that other objects lead to, and per sensitive field. The guard in
//! front of the executor, the resolvers, the descriptions of the root fields and the tests that
//! enumerate the graph read this table and nothing else; a field without a row does not start.
//!
//! A row names the kinds of viewer that may ask, the scopes that the credential must have (all of
//! them), and, for fields about the person of a profile, the permission that the viewer's grant in
//! the container must have. What an object's row denies is `null` where another object leads to it; what
//! a sensitive field's row denies is `null` there. A root field that is denied is an error, before
//! anything runs.

mod authorize;
mod table;

use purser_domain::KeyScope;
use purser_domain::container::{Permission, Permissions};
use purser_domain::scope::{Viewer, ViewerKind};

pub(crate) use authorize::allow;
pub use authorize::{Denied, DeniedCode, authorize};
pub use table::TABLE;

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// `Query.profile`, `Mutation.createProfile`, an object such as `Profile`, or a field of one or of an input.
    pub subject: &'static str,
    /// The kinds of viewer that may ask.
    pub kinds: &'static [ViewerKind],
    /// The scopes that are needed, all of them.
    pub scopes: &'static [KeyScope],
    /// What the viewer's grant in the container must let it do.
    pub permission: Option<Permission>,
}

impl Row {
    /// The first scope that the viewer lacks.
    #[must_use]
    pub fn missing_scope(&self, viewer: &Viewer) -> Option<KeyScope> {
        self.scopes.iter().copied().find(|scope| !viewer.may(*scope))
    }

    /// Whether the viewer may ask, whatever the container.
    #[must_use]
    pub fn admits(&self, viewer: &Viewer) -> bool {
        self.kinds.contains(&viewer.kind()) && self.missing_scope(viewer).is_none()
    }

    /// Whether the viewer may ask about something in a container where it may do `permissions`.
    #[must_use]
    pub fn admits_in(&self, viewer: &Viewer, permissions: Permissions) -> bool {
        self.admits(viewer) && self.permission.is_none_or(|permission| permissions.contains(permission))
    }

    /// The sentence with which a root field's description ends.
    #[must_use]
    pub fn sentence(&self) -> String {
        let scopes: Vec<String> = self.scopes.iter().map(|scope| format!("`{scope}`")).collect();
        match scopes.as_slice() {
            [] if self.kinds.contains(&ViewerKind::PublishableKey) => "Needs any credential.".to_owned(),
            [] => "Needs a secret key or a token.".to_owned(),
            scopes => format!("Needs {}.", scopes.join(" and ")),
        }
    }
}

/// The row of a subject.
#[must_use]
pub fn row(subject: &str) -> Option<&'static Row> {
    TABLE.binary_search_by(|row| row.subject.cmp(subject)).ok().and_then(|index| TABLE.get(index))
}

/// Whether a viewer may ask for a subject; what has no row is denied.
#[must_use]
pub fn may(viewer: &Viewer, subject: &str) -> bool {
    row(subject).is_some_and(|row| row.admits(viewer))
}

/// Whether a viewer may ask for a sensitive field of something in a container.
#[must_use]
pub fn may_in(viewer: &Viewer, permissions: Permissions, subject: &str) -> bool {
    row(subject).is_some_and(|row| row.admits_in(viewer, permissions))
}

/// What is wrong between the table and a schema, one sentence each; nothing if they fit.
#[must_use]
pub fn differences(sdl: &str) -> Vec<String> {
    let objects = authorize::objects(sdl);
    let has_field = |object: &str, field: &str| {
        objects.iter().any(|known| known.name == object && known.fields.iter().any(|name| name == field))
    };
    let mut found = Vec::new();
    for object in &objects {
        let is_root = object.name == "Query" || object.name == "Mutation";
        let subjects = object.fields.iter().map(|field| format!("{}.{field}", object.name));
        found.extend(
            subjects
                .filter(|subject| is_root && row(subject).is_none())
                .map(|subject| format!("{subject} has no row")),
        );
        if object.is_node && row(&object.name).is_none() {
            found.push(format!("{} is a node and has no row", object.name));
        }
    }
    for row in TABLE {
        let is_known = match row.subject.split_once('.') {
            Some((object, field)) => has_field(object, field),
            None => objects.iter().any(|object| object.name == row.subject),
        };
        if !is_known {
            found.push(format!("the row {} has no field or object", row.subject));
        }
    }
    found
}
