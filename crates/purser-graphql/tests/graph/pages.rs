//! Pages and cursors.

use serde_json::{Value, json};

use crate::world::{World, text};
use purser_domain::KeyScopes;

const PAGE: &str = "query($first: Int, $after: String, $last: Int, $before: String) {
    containers(first: $first, after: $after, last: $last, before: $before) {
        totalCount nodes { name } edges { cursor node { name } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";

async fn containers(world: &World, count: usize) {
    for number in 0..count {
        world.done("createContainer", json!({ "name": format!("c{number}") }), "container { id }").await;
    }
}

fn names(page: &Value) -> Vec<String> {
    page["containers"]["nodes"].as_array().expect("nodes").iter().map(|node| text(&node["name"])).collect()
}

#[tokio::test]
async fn pages_go_forth_and_back_without_repeating_or_skipping() {
    let world = World::new().await;
    containers(&world, 5).await;

    let first = world.ask(PAGE, json!({ "first": 2 })).await;
    let end = text(&first["containers"]["pageInfo"]["endCursor"]);
    let second = world.ask(PAGE, json!({ "first": 2, "after": end })).await;
    let start = text(&second["containers"]["pageInfo"]["startCursor"]);
    let back = world.ask(PAGE, json!({ "last": 2, "before": start })).await;
    let last = world.ask(PAGE, json!({ "last": 1 })).await;

    assert_eq!(names(&first), ["c4", "c3"]);
    assert_eq!(names(&second), ["c2", "c1"]);
    assert_eq!(names(&back), ["c4", "c3"]);
    assert_eq!(names(&last), ["c0"]);
    assert_eq!(first["containers"]["totalCount"], 5);
    let info = |page: &Value| {
        let info = &page["containers"]["pageInfo"];
        (info["hasPreviousPage"].clone(), info["hasNextPage"].clone())
    };
    assert_eq!(info(&first), (json!(false), json!(true)));
    assert_eq!(info(&second), (json!(true), json!(true)));
    assert_eq!(info(&last), (json!(true), json!(false)));
    assert_eq!(second["containers"]["edges"][0]["cursor"], start);
}

#[tokio::test]
async fn a_cursor_of_elsewhere_and_a_page_out_of_bounds_are_refused() {
    let world = World::new().await;
    containers(&world, 2).await;
    let page = world.ask(PAGE, json!({ "first": 1 })).await;
    let cursor = text(&page["containers"]["pageInfo"]["endCursor"]);
    let mut forged = cursor.clone().into_bytes();
    forged[0] = if forged[0] == b'0' { b'1' } else { b'0' };
    let forged = String::from_utf8(forged).expect("text");
    let refused = [("containers".to_owned(), "BAD_USER_INPUT".to_owned())];

    for variables in [
        json!({ "after": forged }),
        json!({ "after": "" }),
        json!({ "before": "c3Vycml2ZQ==" }),
        json!({ "first": 0 }),
        json!({ "first": 101 }),
        json!({ "last": -1 }),
        json!({ "first": 1, "last": 1 }),
        json!({ "first": 1, "before": cursor }),
    ] {
        let answer = world.ask_with(KeyScopes::all(), PAGE, variables.clone()).await;
        assert_eq!(answer.errors, refused, "{variables}");
        assert_eq!(answer.data, json!({ "containers": null }), "{variables}");
    }
    let stranger = world.stranger().await;
    let foreign = world.ask_as(stranger, KeyScopes::all(), PAGE, json!({ "after": cursor })).await;
    assert_eq!(foreign.errors, refused);
    let document = "query($after: String) { containers: profiles(after: $after) { nodes { id } } }";
    let other_list = world.ask_with(KeyScopes::all(), document, json!({ "after": cursor })).await;
    assert_eq!(other_list.errors, refused);
}

#[tokio::test]
async fn the_whole_is_counted_only_if_it_is_asked_for() {
    let world = World::new().await;
    containers(&world, 2).await;

    let (_, without) = world.count("{ containers { nodes { id } } }", json!({})).await;
    let (_, with) = world.count("{ containers { totalCount } }", json!({})).await;

    assert_eq!(without, 1);
    assert!(with <= 2, "{with} statements");
}
