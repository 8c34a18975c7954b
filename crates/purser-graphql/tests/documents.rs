//! The documents in README and docs are documents of this schema.

use async_graphql::Request;

/// The pages that show documents.
const PAGES: [(&str, &str); 2] = [
    ("README.md", include_str!("../../../README.md")),
    ("docs/recipes.md", include_str!("../../../docs/recipes.md")),
];

/// The fenced blocks of GraphQL in a page.
fn blocks(page: &str) -> Vec<&str> {
    let fenced = page.split("```graphql\n").skip(1);
    fenced.map(|rest| rest.split("\n```").next().expect("a block ends")).collect()
}

/// What is wrong with a document: errors of validation name no field of an answer.
async fn faults(document: &str) -> Vec<String> {
    let schema = purser_graphql::schema();
    let answer = purser_graphql::execute(&schema, Request::new(document)).await;
    answer.errors.into_iter().filter(|error| error.path.is_empty()).map(|error| error.message).collect()
}

#[tokio::test]
async fn every_document_that_is_shown_is_one_of_the_schema() {
    let mut count = 0;
    for (name, page) in PAGES {
        for document in blocks(page) {
            assert_eq!(faults(document).await, Vec::<String>::new(), "{name}: {document}");
            count += 1;
        }
    }

    assert!(count >= 7, "only {count} documents were found");
}

#[tokio::test]
async fn a_document_of_another_schema_is_found() {
    assert_eq!(faults("query Wrong { profile { guid nosuch } }").await.len(), 2);
}
