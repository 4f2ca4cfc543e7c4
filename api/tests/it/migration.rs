//! The migrations, up and down, and the login that they make.

use migration::{
    Migrator, MigratorTrait, SchemaManager,
    index::{Kind, create_concurrently},
    login,
};
use sea_orm::{
    ConnectionTrait as _, Database, DatabaseConnection, DbBackend, Statement, TransactionTrait as _,
};
use uuid::Uuid;

use crate::support::database::TestDatabase;

async fn owner(database: &TestDatabase) -> DatabaseConnection {
    Database::connect(database.owner_url()).await.expect("the owner signs in")
}

/// The schema as text: tables, columns, constraints, indexes, policies, functions, triggers and grants.
async fn schema(database: &TestDatabase) -> Vec<String> {
    sqlx::query_scalar(
        "with relation as (
            select c.* from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname in ('public', 'auth', 'quota') and c.relname not like 'seaql%')
         select format('%s %s rls=%s force=%s acl=%s', relkind, relname, relrowsecurity,
                       relforcerowsecurity, relacl) as line from relation
         union all select format('%s.%s %s null=%s identity=%s default=%s acl=%s', c.relname,
                       attname, atttypid::regtype, not attnotnull, attidentity,
                       pg_get_expr(adbin, adrelid), attacl)
            from pg_attribute a join relation c on c.oid = attrelid
            left join pg_attrdef d on d.adrelid = attrelid and adnum = attnum where attnum > 0
         union all select pg_get_constraintdef(o.oid) from pg_constraint o
            join relation c on c.oid = conrelid
         union all select indexdef from pg_indexes where schemaname = 'public'
            and tablename not like 'seaql%'
         union all select format('%s', p) from pg_policies p
         union all select pg_get_functiondef(p.oid) || coalesce(proacl::text, '') from pg_proc p
            join pg_namespace n on n.oid = pronamespace where nspname in ('auth', 'public', 'quota')
         union all select pg_get_triggerdef(t.oid) from pg_trigger t
            join relation c on c.oid = tgrelid where not tgisinternal
         union all select format('%s %s', nspname, nspacl) from pg_namespace
            where nspname in ('auth', 'quota')
         order by line",
    )
    .fetch_all(&mut database.connect().await)
    .await
    .expect("the catalogue answers")
}

#[tokio::test]
async fn up_down_and_up_again_leave_the_same_schema() {
    let database = TestDatabase::new().await;
    let db = owner(&database).await;
    let empty = schema(&database).await;
    Migrator::up(&db, None).await.expect("up");
    let first = schema(&database).await;
    assert!(first.iter().any(|line| line.contains("todos_select_own")), "{first:#?}");

    Migrator::up(&db, None).await.expect("up again");
    assert_eq!(schema(&database).await, first, "running twice changes nothing");
    Migrator::down(&db, None).await.expect("down");
    assert_eq!(schema(&database).await, empty);
    Migrator::up(&db, None).await.expect("up from nothing");
    assert_eq!(schema(&database).await, first);
    Migrator::fresh(&db).await.expect("fresh");
    assert_eq!(schema(&database).await, first);
}

/// Whether the index of this name is there, and valid.
async fn is_valid(database: &TestDatabase, name: &str) -> Option<bool> {
    let sql = "select indisvalid from pg_index where indexrelid = to_regclass($1)";
    let mut connection = database.connect().await;
    sqlx::query_scalar(sql).bind(name).fetch_optional(&mut connection).await.expect("the catalogue")
}

#[tokio::test]
async fn concurrent_index_is_built_while_the_table_is_written() {
    let database = TestDatabase::migrated().await;
    let db = owner(&database).await;
    let add = "insert into todos (user_id, task) values ('ada', 'x')";
    let mut writer = database.connect().await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("begin; {add}")))
        .execute(&mut writer)
        .await
        .expect("a transaction");
    let build = tokio::spawn(async move {
        let manager = SchemaManager::new(&db);
        create_concurrently(&manager, Kind::Plain, "todos_task", "ON todos (task)").await
    });
    // The index is there as soon as its first part is done, and waits for the writer.
    while is_valid(&database, "todos_task").await.is_none() {
        tokio::task::yield_now().await;
    }
    // A user's own transactions wait for each other, for the sake of the quota.
    database.execute(&add.replace("ada", "eve")).await;
    sqlx::raw_sql("commit").execute(&mut writer).await.expect("committed");
    build.await.expect("no panic").expect("the index is built");
    assert_eq!(is_valid(&database, "todos_task").await, Some(true));
}

#[tokio::test]
async fn index_that_was_not_completed_is_built_again() {
    let database = TestDatabase::migrated().await;
    let db = owner(&database).await;
    let manager = SchemaManager::new(&db);
    let add = "insert into todos (user_id, task) values ('ada', 'x'), ('ada', 'x')";
    database.execute(add).await;
    let build =
        async || create_concurrently(&manager, Kind::Unique, "todos_task", "ON todos (task)").await;
    build().await.expect_err("the tasks are not unique");
    assert_eq!(is_valid(&database, "todos_task").await, Some(false));
    database.execute("delete from todos where id = (select max(id) from todos)").await;
    for _ in 0..2 {
        build().await.expect("the index is built");
        assert_eq!(is_valid(&database, "todos_task").await, Some(true));
    }
}

/// A login of this test alone.
struct Login {
    name: String,
    url: String,
}

impl Login {
    fn new(database: &TestDatabase) -> Self {
        let name = format!("login \"{}", Uuid::new_v4().simple());
        // Needs quoting in SQL and encoding in the URL.
        let url = database.url_as(&name, "p'w/ü");
        Self { name, url }
    }

    async fn facts(&self, database: &TestDatabase) -> (bool, bool, Option<Vec<String>>, bool) {
        sqlx::query_as(
            "select rolcanlogin, rolinherit, rolconfig,
                    pg_has_role(rolname, 'authenticated', 'member')
             from pg_roles where rolname = $1",
        )
        .bind(&self.name)
        .fetch_one(&mut database.connect().await)
        .await
        .expect("the login is there")
    }

    async fn drop(self, database: &TestDatabase) {
        let name = self.name.replace('"', "\"\"");
        database.execute(&format!("drop role \"{name}\"")).await;
    }
}

fn complete() -> (bool, bool, Option<Vec<String>>, bool) {
    (true, false, Some(vec!["role=authenticated".to_owned()]), true)
}

#[tokio::test]
async fn the_login_is_made_once_and_can_sign_in() {
    let database = TestDatabase::migrated().await;
    let (db, made) = (owner(&database).await, Login::new(&database));
    for _ in 0..2 {
        login::ensure(&db, &made.url).await.expect("made, then left alone");
        assert_eq!(made.facts(&database).await, complete());
    }
    let signed_in = Database::connect(&made.url).await.expect("it signs in");
    signed_in.close().await.expect("closed");
    made.drop(&database).await;
}

#[tokio::test]
async fn a_login_that_lacks_something_is_completed() {
    let database = TestDatabase::migrated().await;
    let (db, made) = (owner(&database).await, Login::new(&database));
    let name = made.name.replace('"', "\"\"");
    database.execute(&format!("create role \"{name}\" noinherit nologin")).await;
    login::ensure(&db, &made.url).await.expect("completed");
    assert_eq!(made.facts(&database).await, complete());
    made.drop(&database).await;
}

#[tokio::test]
async fn an_owner_who_may_not_is_told_what_is_missing() {
    let database = TestDatabase::migrated().await;
    let made = Login::new(&database);
    let weak = format!("weak_{}", Uuid::new_v4().simple());
    database.execute(&format!("create role {weak} login password 'x'")).await;
    let db = Database::connect(database.url_as(&weak, "x")).await.expect("signs in");
    let error = login::ensure(&db, &made.url).await.expect_err("it may not").to_string();
    db.close().await.expect("closed");
    database.execute(&format!("drop role {weak}")).await;
    assert!(error.contains("may not create the role"), "{error}");
    assert!(error.contains("CREATEROLE") && !error.contains("p'w"), "{error}");
}

#[tokio::test]
async fn a_superuser_is_never_the_services_login() {
    let database = TestDatabase::migrated().await;
    let url = database.url_as("postgres", "x");
    let error = login::ensure(&owner(&database).await, &url).await.expect_err("refused");
    assert!(error.to_string().contains("is a superuser"), "{error}");
}

/// As a provider may hand it out. Rolled back, because the role is the whole server's.
#[tokio::test]
async fn a_login_that_is_authenticated_can_become_the_support_role_too() {
    let database = TestDatabase::new().await;
    let transaction = owner(&database).await.begin().await.expect("a transaction");
    login::ensure(&transaction, "postgres://authenticated:x@localhost/todos")
        .await
        .expect("it is completed");
    let asked = "select pg_has_role('authenticated', 'todos_support', 'member') as support,
                 rolcanlogin and rolconfig is null as login from pg_roles where rolname = 'authenticated'";
    let row = transaction.query_one_raw(Statement::from_string(DbBackend::Postgres, asked)).await;
    let row = row.expect("the catalogue answers").expect("the role is there");
    assert!(row.try_get::<bool>("", "support").expect("a column"));
    assert!(row.try_get::<bool>("", "login").expect("a column"));
    transaction.rollback().await.expect("nothing stays");
}
