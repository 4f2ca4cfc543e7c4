//! Row-level security for a table in one call: see [`OwnRows`].

use sea_orm_migration::prelude::*;

/// The role that every request of a signed-in user runs as.
pub const ROLE: &str = "authenticated";

/// The role that reads what belongs to others, for who is permitted to: see [`ReadAny`].
pub const SUPPORT: &str = "todos_support";

/// Creates a role where the cluster has none of this name. Roles belong to the whole cluster, so
/// two databases may try at once.
pub async fn ensure_role(db: &impl ConnectionTrait, role: &'static str) -> Result<(), DbErr> {
    let sql = format!(
        "DO $$
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
                CREATE ROLE {role} NOLOGIN NOINHERIT;
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL; -- another database of this cluster was quicker
        END $$"
    );
    db.execute_unprepared(&sql).await?;
    Ok(())
}

/// A table whose rows belong to the user in `owner_column`: each user reads, adds, changes and
/// deletes their own rows and cannot tell that others exist.
///
/// ```ignore
/// OwnRows::new("todos").insert(&["task"]).update(&["task", "is_complete"]).protect(manager).await
/// ```
pub struct OwnRows {
    table: &'static str,
    owner_column: &'static str,
    insert_columns: &'static [&'static str],
    update_columns: &'static [&'static str],
}

impl OwnRows {
    /// Rows of `table` belong to the user in its column `user_id`.
    pub const fn new(table: &'static str) -> Self {
        Self { table, owner_column: "user_id", insert_columns: &[], update_columns: &[] }
    }

    /// Columns that a user may give when adding a row.
    #[must_use]
    pub const fn insert(mut self, columns: &'static [&'static str]) -> Self {
        self.insert_columns = columns;
        self
    }

    /// Columns that a user may change. Never the owner column: a row could be given away.
    #[must_use]
    pub const fn update(mut self, columns: &'static [&'static str]) -> Self {
        self.update_columns = columns;
        self
    }

    /// Turns row-level security on (for the owner of the table too), makes the four policies
    /// and grants exactly the columns named.
    pub async fn protect(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(&self.sql()).await?;
        Ok(())
    }

    fn sql(&self) -> String {
        let Self { table, owner_column, .. } = self;
        // Wrapped in a scalar sub-select the function runs once a statement, not once a row,
        // and an index that leads on the owner column serves the policy.
        let own = format!("(SELECT auth.user_id()) = \"{owner_column}\"");
        let policies = format!(
            "ALTER TABLE \"{table}\" ENABLE ROW LEVEL SECURITY;
             ALTER TABLE \"{table}\" FORCE ROW LEVEL SECURITY;
             REVOKE ALL ON \"{table}\" FROM PUBLIC, {ROLE};
             GRANT SELECT, DELETE ON \"{table}\" TO {ROLE};
             CREATE POLICY {table}_select_own ON \"{table}\" FOR SELECT TO {ROLE} USING ({own});
             CREATE POLICY {table}_insert_own ON \"{table}\" FOR INSERT TO {ROLE} \
                WITH CHECK ({own});
             CREATE POLICY {table}_update_own ON \"{table}\" FOR UPDATE TO {ROLE} \
                USING ({own}) WITH CHECK ({own});
             CREATE POLICY {table}_delete_own ON \"{table}\" FOR DELETE TO {ROLE} USING ({own});"
        );
        let grant = |command: &str, columns: &[&str]| {
            if columns.is_empty() {
                return String::new();
            }
            let columns = columns.join("\", \"");
            format!("\nGRANT {command} (\"{columns}\") ON \"{table}\" TO {ROLE};")
        };
        policies + &grant("INSERT", self.insert_columns) + &grant("UPDATE", self.update_columns)
    }
}

/// A table whose every row may be read, and none changed, by who has a permission (claim `st-perm`).
///
/// The policy is for a role of its own, [`SUPPORT`]. As one more policy for [`ROLE`] it would be
/// added with OR to every query of every user, which no index could then serve, and the lists of
/// who has the permission would be full of strangers' rows.
pub struct ReadAny {
    table: &'static str,
    permission: &'static str,
}

impl ReadAny {
    pub const fn new(table: &'static str, permission: &'static str) -> Self {
        Self { table, permission }
    }

    pub async fn permit(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let Self { table, permission } = self;
        let sql = format!(
            "GRANT SELECT ON \"{table}\" TO {SUPPORT};
             CREATE POLICY {table}_select_any ON \"{table}\" FOR SELECT TO {SUPPORT} \
                USING ((SELECT auth.session() -> 'st-perm' -> 'v' ? '{permission}'));"
        );
        manager.get_connection().execute_unprepared(&sql).await?;
        Ok(())
    }

    pub async fn forbid(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let table = self.table;
        let sql = format!(
            "DROP POLICY {table}_select_any ON \"{table}\";
             REVOKE SELECT ON \"{table}\" FROM {SUPPORT};"
        );
        manager.get_connection().execute_unprepared(&sql).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::OwnRows;

    #[test]
    fn grants_name_their_columns_and_nothing_is_granted_unasked() {
        let sql = OwnRows::new("notes").insert(&["title", "body"]).sql();
        assert!(sql.contains(r#"GRANT INSERT ("title", "body") ON "notes" TO authenticated"#));
        assert!(!sql.contains("GRANT UPDATE"));
        assert_eq!(sql.matches("CREATE POLICY").count(), 4);
    }
}
