//! 200,000 todos of 10,000 users, 20 each.

use std::time::Duration;

use anyhow::{Context as _, Result};
use api::todos::cursor::Place;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _};
use url::Url;

use super::{options::Options, process, tokens::STEP};

pub const USERS: u64 = 10_000;
pub const TODOS_EACH: u64 = 20;
const LAST_REQUESTS: Duration = Duration::from_millis(300);

/// Users `user-1` and on, each with as many todos, a third of them done, of the last two hundred days.
fn todos(first_user: u64, last_user: u64, each: u64) -> String {
    format!(
        "INSERT INTO todos (user_id, task, is_complete, inserted_at)
         SELECT 'user-' || u, 'Task ' || n || ' of user ' || u, n % 3 = 0,
                now() - (n * 37 + u) % 5000 * interval '1 hour'
         FROM generate_series(1, {each}) n, generate_series({first_user}, {last_user}) u"
    )
}

pub struct Database {
    url: Url,
    postmaster: u32,
    last_id: i64,
}

impl Database {
    pub async fn fill(options: &Options) -> Result<Self> {
        let mut url = Url::parse(&options.superuser_url).context("BENCH_SUPERUSER_URL")?;
        url.set_path(Url::parse(&options.owner_url).context("DATABASE_URL")?.path());
        let mut connection = PgConnection::connect(url.as_str()).await?;
        let backend: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
            .fetch_one(&mut connection)
            .await
            .context("no backend")?;
        let postmaster = process::parent(u32::try_from(backend)?)?;
        let mut database = Self { url, postmaster, last_id: 0 };
        database.add_users(1, USERS, TODOS_EACH).await?;
        Ok(database)
    }

    /// CPU that the server and all its backends have taken so far.
    pub fn cpu(&self) -> Result<Duration> {
        process::cpu_of_family(self.postmaster)
    }

    pub async fn add_users(&mut self, first: u64, last: u64, each: u64) -> Result<()> {
        self.execute(&todos(first, last, each)).await?;
        self.execute("VACUUM ANALYZE todos").await?;
        let mut connection = PgConnection::connect(self.url.as_str()).await?;
        let row = connection.fetch_one("SELECT max(id) FROM todos").await?;
        self.last_id = row.try_get(0)?;
        Ok(())
    }

    /// Leaves the users of the tokens alone in the table.
    pub async fn keep_only_asking(&self) -> Result<()> {
        let sql = format!("DELETE FROM todos WHERE substr(user_id, 6)::bigint % {STEP} <> 0");
        self.execute(&sql).await?;
        self.execute("VACUUM FULL ANALYZE todos").await
    }

    /// The last of so many todos of a user, as the list has them.
    pub async fn place(&self, user: u64, todos: u64) -> Result<Place> {
        let mut connection = PgConnection::connect(self.url.as_str()).await?;
        let sql = format!(
            "SELECT is_complete, inserted_at, id FROM todos WHERE user_id = 'user-{user}'
             ORDER BY (NOT is_complete) DESC, inserted_at DESC, id DESC OFFSET {} LIMIT 1",
            todos - 1
        );
        let row = connection.fetch_one(sqlx::raw_sql(AssertSqlSafe(sql))).await?;
        let is_complete: bool = row.try_get(0)?;
        Ok(Place { is_open: !is_complete, inserted_at: row.try_get(1)?, id: row.try_get(2)? })
    }

    /// Takes back what a turn added, so that the next finds the same table.
    pub async fn forget_added(&self) -> Result<()> {
        // What was under way when the load ended comes a moment later.
        tokio::time::sleep(LAST_REQUESTS).await;
        self.execute(&format!("DELETE FROM todos WHERE id > {}", self.last_id)).await?;
        self.execute("VACUUM todos").await?;
        self.execute("CHECKPOINT").await
    }

    async fn execute(&self, sql: &str) -> Result<()> {
        let mut connection = PgConnection::connect(self.url.as_str()).await?;
        connection.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await?;
        Ok(connection.close().await?)
    }
}
