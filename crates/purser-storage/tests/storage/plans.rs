//! Workers find what is due by its index, however much there is that is not.

use purser_storage::{DueStatement, Engine, due_statements};

use crate::database::on_each_engine;
use crate::world::World;

/// The index of what each statement takes.
fn index_of(statement: &DueStatement) -> &'static str {
    match statement.name {
        "attempts" => "attempt_due",
        "captures" | "expiries" => "payment_due",
        "notifications" => "notification_due",
        other => panic!("what {other} takes has no expectation"),
    }
}

#[tokio::test]
async fn what_is_due_is_read_off_its_index() {
    on_each_engine(async |world: &World| {
        for statement in due_statements() {
            let plan = match world.store().engine() {
                Engine::Sqlite => world.database.explained(&statement.sqlite).await,
                Engine::Postgres => {
                    // Tables as small as these are quicker read whole.
                    let set = "SET enable_seqscan = off; SET enable_bitmapscan = off";
                    let prepared = format!("PREPARE due(bigint, bigint, bigint) AS {}", statement.postgres);
                    world.database.planned(&[set, &prepared], "EXECUTE due(0, 0, 10)", "DEALLOCATE due").await
                }
            };
            let index = index_of(&statement);
            assert!(plan.contains(index), "{} does not use {index}:\n{plan}", statement.name);
            let is_sorted = plan.contains("Sort Key") || plan.contains("TEMP B-TREE FOR ORDER");
            assert!(!is_sorted, "{} gathers what is due to sort it:\n{plan}", statement.name);
            assert!(!plan.contains("Seq Scan"), "{} scans a table:\n{plan}", statement.name);
        }
    })
    .await;
}
