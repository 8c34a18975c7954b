//! The same rows in the embedded database, copied from PostgreSQL table by table.

use std::{path::Path, pin::pin};

use anyhow::{Context, Result};
use futures::TryStreamExt;
use rusqlite::{Connection, params_from_iter, types::Value};
use tokio_postgres::{
    Client, Row,
    types::{ToSql, Type},
};
use uuid::Uuid;

use crate::database::connect;

/// Fills a migrated file with everything that is in PostgreSQL.
///
/// # Errors
/// Either database fails, or has a table or type that the other has not.
pub(crate) async fn copy(postgres_url: &str, file: &Path) -> Result<()> {
    let client = connect(postgres_url).await?;
    let mut target = Connection::open(file)?;
    // Tables come in no order.
    target.pragma_update(None, "foreign_keys", false)?;
    let text = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'seaql_migrations'";
    for row in client.query(text, &[]).await? {
        let table: String = row.get(0);
        table_of(&client, &mut target, &table).await.with_context(|| format!("copying {table}"))?;
    }
    // No ANALYZE: the product never runs it, so a file in the field has no statistics.
    target.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}

async fn table_of(client: &Client, target: &mut Connection, table: &str) -> Result<()> {
    let shape = client.prepare(&format!("SELECT * FROM {table}")).await?;
    let columns: Vec<&str> = shape.columns().iter().map(tokio_postgres::Column::name).collect();
    let selected: Vec<String> = shape
        .columns()
        .iter()
        // The embedded database keeps JSON as text.
        .map(|column| if *column.type_() == Type::JSONB { "::text" } else { "" })
        .zip(&columns)
        .map(|(cast, column)| format!("{column}{cast}"))
        .collect();
    let text = format!("SELECT {} FROM {table}", selected.join(", "));
    let places = vec!["?"; columns.len()].join(", ");
    let write = target.transaction()?;
    let mut insert =
        write.prepare(&format!("INSERT INTO {table} ({}) VALUES ({places})", columns.join(", ")))?;
    let mut rows = pin!(client.query_raw(&text, [] as [&(dyn ToSql + Sync); 0]).await?);
    while let Some(row) = rows.try_next().await? {
        let values = (0..row.len()).map(|at| value(&row, at)).collect::<Result<Vec<Value>>>()?;
        insert.execute(params_from_iter(values))?;
    }
    drop(insert);
    Ok(write.commit()?)
}

fn value(row: &Row, at: usize) -> Result<Value> {
    let value = match *row.columns()[at].type_() {
        Type::UUID => row.try_get::<_, Option<Uuid>>(at)?.map(|id| Value::Blob(id.as_bytes().to_vec())),
        Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(at)?.map(Value::Blob),
        Type::INT8 => row.try_get::<_, Option<i64>>(at)?.map(Value::Integer),
        Type::INT4 => row.try_get::<_, Option<i32>>(at)?.map(|number| Value::Integer(number.into())),
        Type::BOOL => row.try_get::<_, Option<bool>>(at)?.map(|flag| Value::Integer(flag.into())),
        _ => row.try_get::<_, Option<String>>(at)?.map(Value::Text),
    };
    Ok(value.unwrap_or(Value::Null))
}
