//! Every root field, asked by everybody: no credential, a publishable key, the owner, a sibling with a
//! grant, one whose grant was revoked, the tenant above, and a stranger of another tree.
//!
//! The schema is asked which root fields there are; one without a row in the table fails, and so does a
//! row without a field.

mod table;
mod things;

use std::collections::BTreeSet;

use purser_tests::{Answer, Client, each_database_asked_again};
use serde_json::{Value, json};

use table::{MUTATIONS, QUERIES, Row};
use things::Things;

const MUTATION: &str = "mutation";

fn document(kind: &str, filled: &str) -> String {
    if kind == MUTATION {
        format!("mutation {{ {filled} {{ userErrors {{ code message field }} }} }}")
    } else {
        format!("{{ {filled} }}")
    }
}

async fn ask(client: &Client, kind: &str, filled: &str) -> Answer {
    client.post(json!({ "query": document(kind, filled) }).to_string()).await
}

/// What an answer is, in the words of the table.
fn outcome(things: &Things<'_>, field: &str, answer: &Answer) -> String {
    match answer.status {
        401 | 403 => return answer.status.to_string(),
        _ if answer.body.get("errors").is_some() => return format!("{:?}", answer.error_codes()),
        _ => {}
    }
    let data = &answer.body["data"][field];
    if let Some(errors) = data.get("userErrors").and_then(Value::as_array) {
        let code = errors.first().and_then(|error| error["code"].as_str());
        return code.unwrap_or("DONE").to_owned();
    }
    let word = if data.is_null() {
        "NULL"
    } else if things.shows(answer) {
        "SHOWN"
    } else {
        "OWN"
    };
    word.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_root_field_has_a_row() {
    each_database_asked_again(async |world| {
        let tenant = world.root_tenant("any").await;
        let document = "{ __schema { queryType { fields { name } } mutationType { fields { name } } subscriptionType { name } } }";
        let schema = tenant.query(document, json!({})).await;
        for (path, rows) in [("queryType", QUERIES), ("mutationType", MUTATIONS)] {
            let fields = schema.data(&format!("__schema.{path}.fields")).as_array().cloned().unwrap_or_default();
            let fields: BTreeSet<&str> = fields.iter().filter_map(|field| field["name"].as_str()).collect();
            let rows: BTreeSet<&str> = rows.iter().map(|row| row.field).collect();
            assert_eq!(fields, rows, "fields of {path} and rows of the table");
        }
        assert_eq!(schema.data("__schema.subscriptionType"), &Value::Null, "subscriptions need a table too");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_gets_what_the_table_says_and_refusals_change_nothing() {
    each_database_asked_again(async |world| {
        let things = Things::make(world).await;
        let mut wrong = Vec::new();
        for (kind, row) in rows() {
            let mut check = async |who: &str, client: &Client, expected: &str| {
                let is_harmless = expected != "DONE" && kind == MUTATION;
                let before = if is_harmless { things.state().await } else { String::new() };
                let sent = world.gate().sent();
                let answer = ask(client, kind, &things.filled(row.ask)).await;
                let got = outcome(&things, row.field, &answer);
                if got != expected {
                    wrong.push(format!("{} by {who}: {got}, not {expected}: {answer}", row.ask));
                }
                if is_harmless {
                    assert_eq!(things.state().await, before, "{} by {who} changed something", row.ask);
                    assert_eq!(world.gate().sent(), sent, "{} by {who} was sent", row.ask);
                }
            };
            check("nobody", world.anonymous(), "401").await;
            let is_public = row.field == "viewer";
            check("publishable", &things.publishable, if is_public { "SHOWN" } else { "403" }).await;
            let [of_owner, of_others @ ..] = row.outcomes;
            for (tenant, expected) in things.others.iter().zip(of_others) {
                check(&tenant.slug, &tenant.client, expected).await;
            }
            check("owner", &things.owner.client, of_owner).await;
        }
        assert!(
            wrong.is_empty(),
            "{} outcomes are not those of the table:\n{}",
            wrong.len(),
            wrong.join("\n")
        );
    })
    .await;
}

fn rows() -> impl Iterator<Item = (&'static str, &'static Row)> {
    let queries = QUERIES.iter().map(|row| ("query", row));
    queries.chain(MUTATIONS.iter().map(|row| (MUTATION, row)))
}

/// For who has no share: the revoked one, the parent and the stranger.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_shared_looks_to_the_byte_like_what_is_not_there() {
    each_database_asked_again(async |world| {
        let things = Things::make(world).await;
        let mut compared = 0;
        for (kind, row) in rows() {
            let [_, of_others @ ..] = row.outcomes;
            for (tenant, expected) in things.others.iter().zip(of_others).skip(1) {
                if ["DONE", "SHOWN"].contains(&expected) {
                    continue;
                }
                let hidden = ask(&tenant.client, kind, &things.filled(row.ask)).await;
                let missing = ask(&tenant.client, kind, &things.filled_with_nothing(row.ask)).await;
                let told = (hidden.status, things.masked(&hidden));
                assert_eq!(told, (missing.status, things.masked(&missing)), "{} by {}", row.ask, tenant.slug);
                compared += 1;
            }
        }
        assert!(compared > 150, "{compared} pairs were compared");
    })
    .await;
}
