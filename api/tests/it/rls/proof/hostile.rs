//! SQL of an attacker who got as far as the database, as one user: no word of another's row comes out.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::super::{claims, login};
use crate::support::database::TestDatabase;

const SECRET: &str = "not hers";

/// What a statement gives away: all its rows as text, or its error.
async fn outcome(connection: &mut PgConnection, sql: &str) -> String {
    let mut transaction = connection.begin().await.expect("a transaction");
    let peek = "create function pg_temp.peek(text) returns boolean language plpgsql cost 0.0000001
                as $$ begin raise exception 'seen: %', $1; end $$";
    sqlx::raw_sql(peek).execute(&mut *transaction).await.expect("a function of one's own");
    sqlx::query("select set_config('request.jwt.claims', $1, true)")
        .bind(claims("ada"))
        .execute(&mut *transaction)
        .await
        .expect("the claims are set");
    let all = format!("with x as ({sql}) select coalesce(string_agg(x::text, ','), '') from x");
    let all = sqlx::query_scalar::<_, String>(AssertSqlSafe(all));
    all.fetch_one(&mut *transaction).await.unwrap_or_else(|error| error.to_string())
}

#[tokio::test]
async fn no_statement_tells_of_anothers_row() {
    let database = TestDatabase::migrated().await;
    database
        .execute(&format!(
            "insert into todos (user_id, task) values ('ada', 'hers'), ('eve', '{SECRET}');
             analyze todos"
        ))
        .await;
    let mut connection = login(&database).await;
    for (sql, own) in [
        ("select * from todos", "hers"),
        ("select * from todos where user_id = 'eve' or true", "hers"),
        ("select count(*) from todos", "(1)"),
        ("select * from todos where user_id <> auth.user_id()", ""),
        ("select task from todos union all select task from only todos", "(hers),(hers)"),
        ("select a.task from todos a cross join todos b cross join todos c", "(hers)"),
        ("select max(task), min(task) from todos", "(hers,hers)"),
        ("select * from todos order by user_id desc limit 1", "hers"),
        // What a function of one's own, or an error, sees of a row before the policy does.
        ("select * from todos where pg_temp.peek(task)", "seen: hers"),
        ("select task::int from todos", "\"hers\""),
        ("select * from todos where 1 / (case task when 'not hers' then 0 else 1 end) = 1", "hers"),
        ("update todos set task = task || '!' returning task", "(hers!)"),
        ("update todos set is_complete = true where task = 'not hers' returning task", ""),
        (
            "delete from todos using todos other where other.user_id = 'eve' returning other.task",
            "",
        ),
        ("delete from todos returning task", "(hers)"),
        ("insert into todos (task) select task from todos returning task", "(hers)"),
        ("select * from todos where ctid = '(0,2)'", ""),
        // What the server keeps of all rows.
        ("select most_common_vals, histogram_bounds from pg_stats where tablename = 'todos'", ""),
        ("select stavalues1 from pg_statistic", "permission denied"),
        (
            "select query from pg_stat_activity where query like '%not%hers%' and pid <> pg_backend_pid()",
            "",
        ),
        ("select query_to_xml('select * from todos', true, true, '')", "hers"),
        ("select set_config('row_security', 'off', true), count(*) from todos", "(off,1)"),
        ("select pg_read_file('pg_hba.conf')", "permission denied"),
    ] {
        let outcome = outcome(&mut connection, sql).await;
        assert!(!outcome.contains(SECRET), "{sql}: {outcome}");
        assert!(outcome.contains(own), "{sql}: {outcome}");
        assert!(!own.is_empty() || outcome.is_empty(), "{sql}: {outcome}");
    }
}
