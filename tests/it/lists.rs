//! Lists: pages that meet, and cursors that work for whom and what they were made for.

use purser_tests::{Tenant, each_database_asked_again};
use serde_json::{Value, json};

const COUNT: usize = 7;

async fn tagged(tenant: &Tenant<'_>) {
    for at in 0..COUNT {
        let tags: &[&str] = if at % 2 == 0 { &["even", "all"] } else { &["all"] };
        tenant.profile(json!({ "name": format!("customer {at}"), "tags": tags })).await;
    }
}

/// The names on a page, and the page's own cursors.
async fn page(tenant: &Tenant<'_>, arguments: &str) -> (Vec<String>, Value) {
    let document = format!(
        "{{ profiles({arguments}) {{ nodes {{ name }} edges {{ cursor }} totalCount
            pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
    );
    let answer = tenant.query(&document, json!({})).await;
    let nodes = answer.data("profiles.nodes").as_array().cloned().unwrap_or_default();
    let names = nodes.iter().filter_map(|node| node["name"].as_str()).map(str::to_owned).collect();
    (names, answer.data("profiles").clone())
}

fn names(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    numbers.into_iter().map(|at| format!("customer {at}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_meet_forwards_and_backwards() {
    each_database_asked_again(async |world| {
        let shop = world.root_tenant("shop").await.shop().await.tenant;
        tagged(&shop).await;

        let (mut forwards, mut arguments) = (Vec::new(), "first: 3".to_owned());
        loop {
            let (found, list) = page(&shop, &arguments).await;
            assert_eq!(list["totalCount"], json!(COUNT), "the count is that of the list, not of the page");
            assert_eq!(list["pageInfo"]["endCursor"], list["edges"][found.len() - 1]["cursor"]);
            forwards.extend(found);
            if list["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
            arguments = format!("first: 3, after: {}", list["pageInfo"]["endCursor"]);
        }
        assert_eq!(forwards, names((0..COUNT).rev()), "newest first, each once");

        let (last, list) = page(&shop, "last: 3").await;
        assert_eq!(last, names([2, 1, 0]));
        let (before, list) =
            page(&shop, &format!("last: 3, before: {}", list["pageInfo"]["startCursor"])).await;
        assert_eq!(before, names([5, 4, 3]));
        assert_eq!(list["pageInfo"]["hasPreviousPage"], json!(true));

        let (even, list) = page(&shop, "first: 3, filter: {tag: \"even\"}").await;
        assert_eq!((even, &list["totalCount"]), (names([6, 4, 2]), &json!(4)));
        assert_eq!(page(&shop, "filter: {tag: \"nobody\"}").await.0, names([]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_is_for_its_list_and_its_tenant_only() {
    each_database_asked_again(async |world| {
        let shop = world.root_tenant("shop").await.shop().await.tenant;
        let other = world.root_tenant("other").await.shop().await.tenant;
        tagged(&shop).await;
        tagged(&other).await;
        let (_, list) = page(&shop, "first: 2").await;
        let cursor = list["pageInfo"]["endCursor"].as_str().expect("a cursor").to_owned();
        let (_, list) = page(&other, "first: 2").await;
        let foreign = list["pageInfo"]["endCursor"].as_str().expect("a cursor").to_owned();
        let flipped: String = {
            let mut letters: Vec<char> = cursor.chars().collect();
            let middle = letters.len() / 2;
            letters[middle] = if letters[middle] == 'A' { 'B' } else { 'A' };
            letters.into_iter().collect()
        };

        for forged in
            [foreign.as_str(), flipped.as_str(), "", "AAAA", "' OR 1=1 --", &cursor[..cursor.len() - 1]]
        {
            for arguments in
                [format!("after: {}", json!(forged)), format!("last: 2, before: {}", json!(forged))]
            {
                let answer = shop
                    .query(&format!("{{ profiles({arguments}) {{ nodes {{ name }} }} }}"), json!({}))
                    .await;
                assert_eq!(answer.error_codes(), ["BAD_USER_INPUT"], "{arguments}: {answer}");
                assert_eq!(answer.body["data"]["profiles"], Value::Null);
            }
        }
        let elsewhere = shop
            .query(&format!("{{ payments(after: {}) {{ nodes {{ id }} }} }}", json!(cursor)), json!({}))
            .await;
        assert_eq!(elsewhere.error_codes(), ["BAD_USER_INPUT"], "a cursor of another list");
        let both = shop.query("{ profiles(first: 1, last: 1) { nodes { id } } }", json!({})).await;
        assert_eq!(both.error_codes(), ["BAD_USER_INPUT"], "{both}");
    })
    .await;
}
