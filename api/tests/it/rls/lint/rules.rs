use std::collections::BTreeSet;

use rls_lint::{CREATE_IN_PUBLIC, RULES, SERVER_WITH_LEAKS, Severity};
use sqlx::AssertSqlSafe;

use super::{
    cases::{COLUMNS, Case, FUNCTIONS, GRANTS, KEYS, NOTES, OBJECTS, OWN, POLICIES, RELATIONS},
    findings, places,
};
use crate::support::database::TestDatabase;

async fn try_out(cases: &[Case]) {
    for (sql, expected) in cases {
        // What the case does not say about policies is as it should be.
        let policy = if sql.contains("create policy") {
            ""
        } else {
            "create policy own on notes to authenticated using (OWN) with check (OWN);"
        };
        let sql = format!("{NOTES} {policy} {sql}").replace("OWN", OWN);
        assert_eq!(places(&findings(&sql).await), *expected, "{sql}");
    }
}

#[tokio::test]
async fn relations_that_users_reach() {
    try_out(RELATIONS).await;
}

#[tokio::test]
async fn policies_and_what_they_cost() {
    try_out(POLICIES).await;
}

#[tokio::test]
async fn grants_beyond_what_users_need() {
    try_out(GRANTS).await;
}

#[tokio::test]
async fn owners_and_keys() {
    try_out(COLUMNS).await;
}

#[tokio::test]
async fn what_is_checked_over_the_rows_of_all_users() {
    try_out(KEYS).await;
}

#[tokio::test]
async fn functions_that_users_can_call() {
    try_out(FUNCTIONS).await;
}

#[tokio::test]
async fn objects_that_users_make_or_meet() {
    try_out(OBJECTS).await;
}

#[test]
fn every_rule_is_broken_here_or_beside() {
    let tried =
        [RELATIONS, POLICIES, GRANTS, COLUMNS, KEYS, FUNCTIONS, OBJECTS].into_iter().flatten();
    let tried: BTreeSet<_> =
        tried.flat_map(|(_, expected)| *expected).map(|(rule, _)| *rule).collect();
    // The server of these tests may have another default.
    let elsewhere = |id: &str| {
        id.starts_with("login-")
            || [CREATE_IN_PUBLIC.id, SERVER_WITH_LEAKS.id, "policy-unsigned-claims"].contains(&id)
    };
    let untried =
        RULES.iter().map(|rule| rule.id).filter(|id| !tried.contains(id) && !elsewhere(id));
    assert_eq!(untried.collect::<Vec<_>>(), [""; 0]);
}

#[tokio::test]
async fn servers_that_are_known_to_leak() {
    let database = TestDatabase::new().await;
    let mut connection = database.connect().await;
    let sql =
        format!("with server as (select $1 as number, 'x' as version) {}", SERVER_WITH_LEAKS.sql);
    for (number, leaks) in [
        (130_022, true),
        (140_018, true),
        (140_019, false),
        (150_013, true),
        (150_014, false),
        (160_009, true),
        (160_010, false),
        (170_005, true),
        (170_006, false),
        (180_000, false),
    ] {
        let found = sqlx::query(AssertSqlSafe(sql.clone())).bind(number);
        let found = found.fetch_optional(&mut connection).await.expect("an answer");
        assert_eq!(found.is_some(), leaks, "{number}");
    }
}

#[tokio::test]
async fn a_table_added_without_thought() {
    let found = findings(
        "create table notes (id serial primary key, user_id text, title text);
         grant all on notes to authenticated; grant all on notes_id_seq to authenticated",
    )
    .await;
    let told: Vec<_> = found
        .iter()
        .map(|finding| format!("{} {}: {}", finding.severity.name(), finding.rule, finding.message))
        .collect();
    // PostgreSQL 17 has one more to grant.
    let told: Vec<_> = told.iter().map(|line| line.replace("has MAINTAIN, ", "has ")).collect();
    assert_eq!(
        told,
        [
            "error table-without-rls: table notes can be reached by authenticated without \
             row-level security",
            "error grant-beyond-rows: authenticated has REFERENCES, TRIGGER, TRUNCATE on table \
             notes, to which no policy applies",
            "warning grant-owner-column: authenticated may write user_id of table notes, which says \
             whose a row is: INSERT, UPDATE",
            "warning grant-sequence: authenticated has SELECT, UPDATE, USAGE on sequence notes_id_seq",
            "warning owner-column-nullable: user_id of table notes says whose a row is, and may be \
             NULL",
            "warning owner-column-without-default: user_id of table notes says whose a row is, and \
             its default is not from the claims",
            "warning key-choosable: id of table notes has its default from a sequence that users \
             must be able to use",
        ]
    );
    assert_eq!(found.iter().filter(|finding| finding.severity == Severity::Error).count(), 2);
    assert!(
        found
            .iter()
            .all(|finding| { finding.object == "table notes" || finding.rule == "grant-sequence" })
    );
}
