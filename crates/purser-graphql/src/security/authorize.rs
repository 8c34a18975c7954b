//! The guard in front of the executor, and what it needs to know of documents and schemas.

use async_graphql::parser::types::{OperationType, TypeKind, TypeSystemDefinition};
use async_graphql::{Pos, ServerError};
use purser_domain::KeyScope;
use purser_domain::scope::Viewer;

/// Why a request is not executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message())]
pub struct Denied {
    /// Whether a credential is missing or too weak.
    pub code: DeniedCode,
    /// The scope that the credential lacks; none if its kind is at fault.
    pub missing_scope: Option<KeyScope>,
}

/// The two ways of being turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeniedCode {
    /// There is no valid credential.
    Unauthenticated,
    /// The credential does not allow this.
    Forbidden,
}

impl DeniedCode {
    /// The code as clients see it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
        }
    }
}

impl Denied {
    /// What the client is told. It names no field of the document.
    #[must_use]
    pub fn message(&self) -> String {
        match (self.code, self.missing_scope) {
            (DeniedCode::Unauthenticated, _) => "A valid credential is needed.".to_owned(),
            (DeniedCode::Forbidden, Some(scope)) => format!("The credential lacks the scope {scope}."),
            (DeniedCode::Forbidden, None) => "This kind of credential does not allow that.".to_owned(),
        }
    }

    /// The error as it leaves in `errors[]`, with its code.
    #[must_use]
    pub fn into_server_error(self) -> ServerError {
        crate::error::coded(self.code.as_str(), self.message()).into_server_error(Pos::default())
    }
}

/// Whether a viewer may run an operation with these root fields.
///
/// Without a credential nothing but `__typename` may be asked; the schema itself may be read with any.
///
/// # Errors
/// [`Denied`] by the first root field that is not allowed; a field that no schema has is denied too.
pub fn authorize(
    viewer: Option<&Viewer>,
    operation: OperationType,
    root_fields: &[&str],
) -> Result<(), Denied> {
    let root = match operation {
        OperationType::Query => "Query",
        OperationType::Mutation => "Mutation",
        OperationType::Subscription => "Subscription",
    };
    root_fields.iter().filter(|field| **field != "__typename").try_for_each(|field| {
        let viewer = viewer.ok_or(Denied { code: DeniedCode::Unauthenticated, missing_scope: None })?;
        if matches!(*field, "__schema" | "__type") {
            return Ok(());
        }
        allow(viewer, &format!("{root}.{field}"))
    })
}

/// Whether a viewer may ask for one root field, by its row.
///
/// # Errors
/// [`Denied`] if not, or if there is no such row.
pub(crate) fn allow(viewer: &Viewer, subject: &str) -> Result<(), Denied> {
    let denied = |missing_scope| Denied { code: DeniedCode::Forbidden, missing_scope };
    let row = super::row(subject).ok_or(denied(None))?;
    if !row.kinds.contains(&viewer.kind()) {
        return Err(denied(None));
    }
    row.missing_scope(viewer).map_or(Ok(()), |scope| Err(denied(Some(scope))))
}

/// An object or input of a schema, as far as the table is concerned with it.
pub(super) struct ObjectType {
    pub(super) name: String,
    pub(super) fields: Vec<String>,
    pub(super) is_node: bool,
}

/// The objects and inputs of a schema; text that is no schema has none.
pub(super) fn objects(sdl: &str) -> Vec<ObjectType> {
    let Ok(document) = async_graphql::parser::parse_schema(sdl) else { return Vec::new() };
    let types = document.definitions.into_iter().filter_map(|definition| match definition {
        TypeSystemDefinition::Type(definition) => Some(definition.node),
        TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
    });
    let objects = types.filter_map(|definition| match definition.kind {
        TypeKind::Object(object) => Some(ObjectType {
            name: definition.name.node.to_string(),
            fields: object.fields.iter().map(|field| field.node.name.node.to_string()).collect(),
            is_node: object.implements.iter().any(|name| name.node == "Node"),
        }),
        TypeKind::InputObject(object) => Some(ObjectType {
            name: definition.name.node.to_string(),
            fields: object.fields.iter().map(|field| field.node.name.node.to_string()).collect(),
            is_node: false,
        }),
        _ => None,
    });
    objects.collect()
}
