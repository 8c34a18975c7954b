//! Columns as every table has them.

use sea_orm_migration::prelude::*;

/// An id that another row may name.
pub(crate) fn id(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).uuid().not_null().to_owned()
}

/// An id that may be missing.
pub(crate) fn id_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).uuid().null().to_owned()
}

/// The row's own id.
pub(crate) fn key() -> ColumnDef {
    ColumnDef::new("id").uuid().not_null().primary_key().to_owned()
}

/// Text that is always there; closed enums are such.
pub(crate) fn text(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().not_null().to_owned()
}

/// Text that may be missing.
pub(crate) fn text_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().null().to_owned()
}

/// A JSON document; `jsonb` on PostgreSQL, text on SQLite.
pub(crate) fn json(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).json_binary().not_null().to_owned()
}

/// A JSON document that may be missing.
pub(crate) fn json_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).json_binary().null().to_owned()
}

/// An instant, an amount or a set of bits.
pub(crate) fn int8(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().to_owned()
}

/// An instant that may be missing.
pub(crate) fn int8_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().null().to_owned()
}

/// A version or a position.
pub(crate) fn int4(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).integer().not_null().to_owned()
}

/// A flag.
pub(crate) fn flag(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).boolean().not_null().to_owned()
}

/// Bytes that are always there.
pub(crate) fn bytes(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).binary().not_null().to_owned()
}

/// Bytes that may be missing.
pub(crate) fn bytes_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).binary().null().to_owned()
}

/// A reference that keeps the other row from going away.
pub(crate) fn references(column: &'static str, table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().from_col(column).to(table, "id").to_owned()
}

/// A reference that goes away with the other row.
pub(crate) fn belongs_to(column: &'static str, table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().from_col(column).to(table, "id").on_delete(ForeignKeyAction::Cascade).to_owned()
}

/// Adds columns one by one, which is all that SQLite can do.
pub(crate) async fn add(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: Vec<ColumnDef>,
) -> Result<(), DbErr> {
    for column in columns {
        manager.alter_table(Table::alter().table(table).add_column(column).to_owned()).await?;
    }
    Ok(())
}

/// Removes the same columns, the last first: a check may name those before it.
pub(crate) async fn remove(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: Vec<ColumnDef>,
) -> Result<(), DbErr> {
    for column in columns.into_iter().rev() {
        manager
            .alter_table(Table::alter().table(table).drop_column(column.get_column_name()).to_owned())
            .await?;
    }
    Ok(())
}

/// Adds an id of another row that never goes. Raw, because SQLite takes the reference only as a part of the
/// column, and the schema builder writes it only apart.
pub(crate) async fn referring(
    manager: &SchemaManager<'_>,
    table: &'static str,
    column: &'static str,
    other: &'static str,
) -> Result<(), DbErr> {
    let uuid = match manager.get_database_backend() {
        sea_orm::DbBackend::Sqlite => "uuid_text",
        _ => "uuid",
    };
    let statement = format!("ALTER TABLE {table} ADD COLUMN {column} {uuid} NULL REFERENCES {other} (id)");
    manager.get_connection().execute_unprepared(&statement).await?;
    Ok(())
}
