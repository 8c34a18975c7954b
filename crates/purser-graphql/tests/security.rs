//! The table of who may ask for what, and the guard that reads it.

use async_graphql::parser::types::OperationType;
use purser_domain::container::{Permission, Permissions};
use purser_domain::scope::{Actor, Viewer, ViewerKind};
use purser_domain::{Environment, KeyScope, KeyScopes};
use purser_graphql::security::{self, Denied, DeniedCode, TABLE, authorize};
use purser_types::id::{ApiKeyId, TenantId};

const TENANT: &str = "ten_01h455vb4pex5vsknk084sn02q";
const KEY: &str = "key_01h455vb4pex5vsknk084sn02q";

fn viewer(kind: ViewerKind, scopes: KeyScopes) -> Viewer {
    let tenant: TenantId = TENANT.parse().expect("id");
    let key: ApiKeyId = KEY.parse().expect("id");
    let actor = match kind {
        ViewerKind::SecretKey => Actor::SecretKey(key),
        ViewerKind::PublishableKey => Actor::PublishableKey(key),
        ViewerKind::Token => Actor::Token("ann".to_owned()),
        ViewerKind::Operator => Actor::Operator,
    };
    Viewer::verified(tenant, Environment::Sandbox, actor, scopes)
}

fn roots() -> impl Iterator<Item = (&'static security::Row, OperationType, &'static str)> {
    TABLE.iter().filter_map(|row| match row.subject.split_once('.')? {
        ("Query", field) => Some((row, OperationType::Query, field)),
        ("Mutation", field) => Some((row, OperationType::Mutation, field)),
        _ => None,
    })
}

#[test]
fn the_table_is_in_order_and_has_each_subject_once() {
    for pair in TABLE.windows(2) {
        assert!(pair[0].subject < pair[1].subject, "{} and {}", pair[0].subject, pair[1].subject);
    }
    assert!(TABLE.iter().all(|row| security::row(row.subject) == Some(row)));
}

#[test]
fn table_and_schema_fit() {
    assert_eq!(security::differences(&purser_graphql::sdl()), Vec::<String>::new());
}

#[test]
fn a_root_field_without_a_row_and_a_row_without_a_field_are_found() {
    let sdl = "type Query { viewer: Int, planted: Int } interface Node { id: ID! } type Odd implements Node { id: ID! }";

    let found = security::differences(sdl);

    assert!(found.contains(&"Query.planted has no row".to_owned()));
    assert!(found.contains(&"Odd is a node and has no row".to_owned()));
    assert!(found.contains(&"the row Query.profile has no field or object".to_owned()));
    assert!(found.contains(&"the row Profile.email has no field or object".to_owned()));
    assert!(!found.iter().any(|sentence| sentence.contains("Query.viewer")));
}

#[test]
fn nobody_without_a_credential_asks_for_more_than_the_typename() {
    let unauthenticated = Err(Denied { code: DeniedCode::Unauthenticated, missing_scope: None });
    for (_, kind, field) in roots() {
        assert_eq!(authorize(None, kind, &[field]), unauthenticated, "{field}");
    }
    assert_eq!(authorize(None, OperationType::Query, &["__schema"]), unauthenticated);
    assert_eq!(authorize(None, OperationType::Query, &["__typename", "viewer"]), unauthenticated);
    assert_eq!(authorize(None, OperationType::Query, &["__typename"]), Ok(()));
}

#[test]
fn each_scope_of_each_root_field_is_needed_and_all_are_enough() {
    for (row, operation, field) in roots() {
        for kind in ViewerKind::ALL {
            let all =
                authorize(Some(&viewer(*kind, row.scopes.iter().copied().collect())), operation, &[field]);
            let is_allowed = row.kinds.contains(kind);
            assert_eq!(all.is_ok(), is_allowed, "{field} as {kind}");
        }
        for missing in row.scopes {
            let others = KeyScope::ALL.iter().copied().filter(|scope| scope != missing).collect();
            let denied = authorize(Some(&viewer(ViewerKind::SecretKey, others)), operation, &[field]);
            let expected = Denied { code: DeniedCode::Forbidden, missing_scope: Some(*missing) };
            assert_eq!(denied, Err(expected), "{field} without {missing}");
        }
    }
}

#[test]
fn a_publishable_key_asks_who_it_is_and_nothing_else() {
    let publishable = viewer(ViewerKind::PublishableKey, KeyScopes::all());
    let allowed: Vec<&str> = roots()
        .filter(|(_, operation, field)| authorize(Some(&publishable), *operation, &[field]).is_ok())
        .map(|(_, _, field)| field)
        .collect();
    assert_eq!(allowed, ["viewer"]);
}

#[test]
fn one_denied_field_denies_the_operation_and_unknown_fields_are_denied() {
    let reader = viewer(ViewerKind::SecretKey, [KeyScope::PaymentsRead].into_iter().collect());
    let profiles = Denied { code: DeniedCode::Forbidden, missing_scope: Some(KeyScope::ProfilesRead) };
    assert_eq!(authorize(Some(&reader), OperationType::Query, &["payments", "profiles"]), Err(profiles));
    let unknown = Denied { code: DeniedCode::Forbidden, missing_scope: None };
    assert_eq!(authorize(Some(&reader), OperationType::Query, &["secrets"]), Err(unknown));
    assert_eq!(authorize(Some(&reader), OperationType::Subscription, &["payments"]), Err(unknown));
    assert_eq!(authorize(Some(&reader), OperationType::Mutation, &["payments"]), Err(unknown));
    assert_eq!(authorize(Some(&reader), OperationType::Query, &["payments", "__schema"]), Ok(()));
}

#[test]
fn a_denial_leaves_with_its_code_and_names_only_the_scope() {
    let denied = Denied { code: DeniedCode::Forbidden, missing_scope: Some(KeyScope::ProfilesRead) };

    let error = serde_json::to_value(denied.into_server_error()).expect("an error is JSON");

    assert_eq!(error["message"], "The credential lacks the scope profiles:read.");
    assert_eq!(error["extensions"]["code"], "FORBIDDEN");
}

#[test]
fn personal_data_needs_the_scope_and_the_permission() {
    let pii: KeyScopes = [KeyScope::ProfilesPii].into_iter().collect();
    let read_pii: Permissions = [Permission::ReadPii].into_iter().collect();
    let personal = ["Profile.email", "Profile.phone", "Profile.birthDate", "Profile.addresses"];
    for subject in personal.into_iter().chain(["CardDetails.holder", "IbanDetails.holder"]) {
        let may = |kind, scopes, permissions| security::may_in(&viewer(kind, scopes), permissions, subject);
        assert!(may(ViewerKind::SecretKey, pii, read_pii), "{subject}");
        assert!(!may(ViewerKind::SecretKey, KeyScopes::NONE, read_pii), "{subject}");
        assert!(!may(ViewerKind::SecretKey, pii, Permissions::NONE), "{subject}");
        assert!(!may(ViewerKind::PublishableKey, pii, read_pii), "{subject}");
    }
}
