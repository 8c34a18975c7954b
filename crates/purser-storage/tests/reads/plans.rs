//! The hot statements run over the indexes that were made for them.
//!
//! The planner of PostgreSQL is set up as it is for the reads themselves, so what is seen is what runs.

use purser_storage::read::{HotStatement, POSTGRES_PLANNER, hot_statements};
use tokio_postgres::NoTls;

use crate::database::databases;
use crate::world::{OWNER, World};

/// The index by which the viewer's link to a profile is found.
const LINK: &str = "profile_link_pkey";
/// The start of its name and of its neighbour's on PostgreSQL: in a world as small as this, where a profile
/// has few links, either costs the same, and the statistics of the moment decide.
const LINK_OR_PROFILE: &str = "profile_link_p";

/// What the names of the indexes in a statement's plan must begin with, by the beginning of its name.
const EXPECTED: [(&str, &[&str]); 22] = [
    ("profile by id ", &["profile_pkey", "container_access_pkey", LINK]),
    ("profile by guid", &["profile_guid", "container_access_pkey", LINK]),
    ("profile by identification", &["profile_identification", "container_access_pkey"]),
    ("profile by external id", &["profile_link_external_id", "profile_pkey", "container_access_pkey"]),
    // Two indexes begin with the profile; either will do.
    ("instruments by", &["instrument_", "container_access_pkey"]),
    ("totals by", &["profile_total_pkey", "container_access_pkey"]),
    ("payments by id ", &["payment_profile_newest"]),
    ("payments by identification", &["payment_profile_newest", "profile_identification"]),
    ("payments by guid", &["payment_profile_newest", "profile_guid"]),
    ("payments by external", &["payment_profile_newest", "profile_link_external_id"]),
    ("lines by", &["payment_profile_newest"]),
    ("bare profiles", &["container_access_pkey", "profile_newest", "profile_pkey"]),
    ("profiles", &["container_access_pkey", "profile_newest", "profile_link_newest", "profile_pkey"]),
    ("tagged profiles", &["container_access_pkey", "profile_link_newest", "profile_pkey"]),
    ("payments of an instrument", &["payment_instrument"]),
    ("payments", &["payment_newest"]),
    ("orders", &["customer_order_newest"]),
    ("paying an order", &["payment_order"]),
    ("attempts in review", &["attempt_review"]),
    ("events", &["event_position"]),
    ("transfers", &["ledger_transfer_pkey"]),
    ("disputes", &["dispute_reference"]),
];

fn expected(name: &str) -> &'static [&'static str] {
    let found = EXPECTED.iter().find(|(start, _)| name.starts_with(start));
    found.map(|(_, indexes)| *indexes).expect("every hot statement has an expectation")
}

/// Whether the index of the statement has the order of the answer, so that nothing is gathered and sorted.
fn is_in_order(name: &str) -> bool {
    let is_off_its_end =
        ["payments", "lines", "orders", "attempts in review"].iter().any(|start| name.starts_with(start));
    is_off_its_end && !name.starts_with("payments of an instrument")
}

#[tokio::test]
async fn postgres_reads_the_hot_statements_off_their_indexes() {
    let world = World::new();
    for database in databases(&world).await.iter().filter(|one| one.url.starts_with("postgres")) {
        let (client, connection) = tokio_postgres::connect(&database.url, NoTls).await.expect("a connection");
        tokio::spawn(connection);
        client.batch_execute("ANALYZE").await.expect("statistics");
        client.batch_execute(POSTGRES_PLANNER).await.expect("the session is set");
        for statement in hot_statements(&world.live(OWNER)) {
            let plan = explain_postgres(&client, &statement).await;
            let name = &statement.name;
            for index in expected(name) {
                let index = if *index == LINK { LINK_OR_PROFILE } else { index };
                assert!(plan.contains(&format!("using {index}")), "{name} does not use {index}:\n{plan}");
            }
            assert!(!plan.contains("Seq Scan"), "{name} scans a table:\n{plan}");
            let is_sorted = is_in_order(name) && plan.contains("Sort");
            assert!(!is_sorted, "{name} gathers payments to sort them:\n{plan}");
        }
    }
}

async fn explain_postgres(client: &tokio_postgres::Client, statement: &HotStatement) -> String {
    let types: Vec<&str> = statement.parameter_types.iter().map(tokio_postgres::types::Type::name).collect();
    let nulls = vec!["NULL"; types.len()].join(", ");
    let text = format!(
        "PREPARE hot({}) AS {}; EXPLAIN EXECUTE hot({nulls}); DEALLOCATE hot",
        types.join(", "),
        statement.postgres
    );
    let rows = client.simple_query(&text).await.expect("a plan");
    let line = |message: &tokio_postgres::SimpleQueryMessage| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    };
    rows.iter().filter_map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn sqlite_reads_the_hot_statements_off_their_indexes() {
    let world = World::new();
    let databases = databases(&world).await;
    let path = databases[0].url.strip_prefix("sqlite:").expect("the first is SQLite");
    let file = rusqlite::Connection::open(path).expect("the file opens");
    for statement in hot_statements(&world.live(OWNER)) {
        let plan = explain_sqlite(&file, &statement.sqlite);
        let name = &statement.name;
        for index in expected(name) {
            // Primary keys have no name of ours on SQLite.
            let index = index
                .strip_suffix("_pkey")
                .map_or_else(|| format!(" {index}"), |table| format!("sqlite_autoindex_{table}_1"));
            assert!(plan.contains(&index), "{name} does not use {index}:\n{plan}");
        }
        let is_sorted = is_in_order(name) && plan.contains("TEMP B-TREE");
        assert!(!is_sorted, "{name} gathers payments to sort them:\n{plan}");
        for table in [
            "profile",
            "payment",
            "instrument",
            "profile_link",
            "profile_total",
            "container_access",
            "attempt",
            "event",
            "ledger_transfer",
            "dispute",
            "customer_order",
        ] {
            let scans = plan.lines().any(|line| line.starts_with("SCAN ") && line.contains(table));
            assert!(!scans, "{name} scans {table}:\n{plan}");
        }
    }
}

fn explain_sqlite(file: &rusqlite::Connection, text: &str) -> String {
    let mut prepared =
        file.prepare(&format!("EXPLAIN QUERY PLAN {text}")).expect("the statement is understood");
    let nulls = vec![rusqlite::types::Value::Null; prepared.parameter_count()];
    let rows = prepared.query_map(rusqlite::params_from_iter(nulls), |row| row.get::<_, String>(3));
    rows.expect("a plan").map(|line| line.expect("a line")).collect::<Vec<_>>().join("\n")
}
