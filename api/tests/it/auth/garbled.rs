//! Emails that releases before the charset garbled: the query of the upgrade guide finds them.

use super::scripts::WORDS;
use crate::support::database::TestDatabase;

const GUIDE: &str = include_str!("../../../../docs/guides/upgrade.md");

/// What a real Core stored: UTF-8 read as ISO-8859-1, in lower case.
fn garbled(email: &str) -> String {
    email.bytes().map(char::from).collect::<String>().to_lowercase()
}

#[tokio::test]
async fn documented_query_finds_garbled_emails_and_what_was_typed() {
    let database = TestDatabase::new().await;
    let mut connection = database.connect().await;
    // As in the Core, but for columns that are not asked for.
    let table = "create table emailpassword_users (user_id text primary key, email text not null)";
    database.execute(table).await;
    // All letters of two bytes that lower case knows nothing of, or already has.
    let letters: String = ('\u{a1}'..'\u{7ff}').filter(|letter| letter.is_lowercase()).collect();
    let words = WORDS.map(|(_, word)| word).into_iter().chain([letters.as_str(), "שלום"]);
    let mut expected = Vec::new();
    for typed in words.map(|word| format!("{word}@example.com")) {
        let stored = garbled(&typed);
        assert_ne!(stored, typed);
        // Whole ones are left alone, whoever stored them.
        for (kind, email) in [("garbled", &stored), ("whole", &typed)] {
            sqlx::query("insert into emailpassword_users values ($1, $2)")
                .bind(format!("{kind} {typed}"))
                .bind(email)
                .execute(&mut connection)
                .await
                .expect("a row");
        }
        expected.push((format!("garbled {typed}"), stored, typed));
    }
    database.execute("insert into emailpassword_users values ('ada', 'ada@example.com')").await;

    let query = GUIDE.split("```sql\n").nth(1).and_then(|rest| rest.split("```").next());
    let query = query.expect("a query").to_owned();
    let mut found: Vec<(String, String, String)> = sqlx::query_as(sqlx::AssertSqlSafe(query))
        .fetch_all(&mut connection)
        .await
        .expect("the query runs");
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}
