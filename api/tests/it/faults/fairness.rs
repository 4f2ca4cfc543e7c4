//! One user who asks for as much as possible, and other users who are served as before.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use clock::Clock;
use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::{
    PATIENCE,
    bystanders::{Bystanders, LISTS},
    report::Row,
    well_again,
};
use crate::support::app::TestApp;

const SEARCH: &str = r#"{ todos(filter: {taskContains: "needle"}) { nodes { id } } }"#;

/// The most searches that the server ran at once, and whether it ran any.
async fn most_searches(app: &TestApp, is_over: &AtomicBool) -> i64 {
    let observer = &mut app.database.connect().await;
    let sql = "select count(*) from pg_stat_activity where datname = current_database() and state = 'active' \
               and pid <> pg_backend_pid() and query ilike '%ilike%'";
    let mut most = 0;
    while !is_over.load(Ordering::SeqCst) {
        let count: i64 = sqlx::query_scalar(sql).fetch_one(&mut *observer).await.expect("a count");
        most = most.max(count);
        sleep(Duration::from_millis(2)).await;
    }
    most
}

#[tokio::test]
async fn searches_of_one_user_refuse_no_list_of_another() {
    let app = TestApp::start_with(&[("DATABASE_MAX_CONNECTIONS", "16")], Clock::system()).await;
    let ada = app.guest("ada").await;
    app.database
        .execute("insert into todos (user_id, task) select 'ada', 'task ' || n from generate_series(1, 60000) n")
        .await;
    let bystanders = Bystanders::of(&app).await;

    let is_over = AtomicBool::new(false);
    let searching = join_all((0..32).map(async |_| {
        let mut found = 0;
        while !is_over.load(Ordering::SeqCst) {
            found += usize::from(ada.send(SEARCH, json!({})).await.status == StatusCode::OK);
        }
        found
    }));
    let other = async {
        // The searches are under load from here on.
        let deadline = Instant::now() + PATIENCE;
        while app.state.rls.pool().waiting < 8 {
            assert!(Instant::now() < deadline, "no search waits");
            sleep(Duration::from_millis(2)).await;
        }
        let ((), impact) = bystanders.during(bystanders.answered(LISTS)).await;
        is_over.store(true, Ordering::SeqCst);
        impact
    };
    let (found, impact, most) = tokio::join!(searching, other, most_searches(&app, &is_over));
    assert!((1..=2).contains(&most), "{most} searches of one user at once");
    assert!(found.iter().sum::<usize>() > 0, "searches go on, too");
    Row {
        about: "load",
        fault: "one user sends 32 searches at once over 60,000 todos",
        sees: "they: two searches run at once, the others wait",
        bystanders: Some(&impact),
        well_after: Some(well_again(&ada).await),
        kept: "all",
    }
    .report();
}
