//! A database that is away, slow, full, or elsewhere.

use std::time::Duration;

use clock::Clock;
use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::json;
use tokio::time::{Instant, sleep, timeout};

use super::{
    LIST, PATIENCE,
    bystanders::{Bystanders, LISTS},
    ready,
    report::{Row, spoken},
    well_again,
    work::{Work, is_told_to_come_back},
};
use crate::support::{
    app::TestApp,
    cluster::Cluster,
    database::TestDatabase,
    proxy::{Proxy, Way},
};

const LOGIN_URL: &str = "DATABASE_AUTHENTICATED_URL";

#[tokio::test]
async fn a_server_that_is_killed_under_load_loses_nothing_that_was_acknowledged() {
    let Some(mut cluster) = Cluster::start().await else { return };
    let database = TestDatabase::migrated_on(cluster.url()).await;
    let app = TestApp::start_on(database, &[], Clock::system()).await;
    let ada = app.guest("ada").await;
    let work = Work::default();
    let crash = async {
        work.added(20).await;
        cluster.kill();
        work.refused(8).await;
        let slowest = work.slowest();
        let began = Instant::now();
        cluster.resume().await;
        let up = began.elapsed();
        let well = well_again(&ada).await;
        work.added(20).await;
        work.end();
        (slowest, up, well)
    };
    let ((), (slowest, up, well)) = tokio::join!(work.run(&ada, 4), crash);
    let kept = work.assert_kept(&ada).await;
    Row {
        about: "database",
        fault: "PostgreSQL is killed (SIGKILL) under load, and started again",
        sees: &format!(
            "503, `Retry-After: 2`, the slowest after {}; the server itself recovers for {}",
            spoken(slowest),
            spoken(up)
        ),
        bystanders: None,
        well_after: Some(well),
        kept: &format!("all {kept} acknowledged todos, each once"),
    }
    .report();
}

#[tokio::test]
async fn a_database_that_dies_under_load_is_told_and_loses_nothing() {
    let app = TestApp::start().await;
    let ada = app.guest("ada").await;
    let work = Work::default();
    let outage = async {
        work.added(20).await;
        app.database.stop().await;
        work.refused(8).await;
        for query in [LIST, r#"{ todo(id: "todo_1") { id } }"#] {
            let answer = ada.send(query, json!({})).await;
            is_told_to_come_back(&answer);
            assert_eq!(answer.header("retry-after"), "2");
            assert_eq!(answer.graphql_error()["extensions"]["code"], "SERVICE_UNAVAILABLE");
        }
        let (status, told) = ready(&app).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(told["database"], "unavailable");
        let slowest = work.slowest();

        app.database.resume().await;
        let well = well_again(&ada).await;
        work.added(20).await;
        work.end();
        (slowest, well)
    };
    let ((), (slowest, well)) = tokio::join!(work.run(&ada, 4), outage);
    let kept = work.assert_kept(&ada).await;
    Row {
        about: "database",
        fault: "PostgreSQL ends every connection and refuses new ones, and comes back, under load",
        sees: &format!("503, `Retry-After: 2`, the slowest after {}", spoken(slowest)),
        bystanders: None,
        well_after: Some(well),
        kept: &format!("all {kept} acknowledged todos, each once"),
    }
    .report();
}

#[tokio::test]
async fn a_slow_database_slows_and_fails_nothing() {
    let (app, proxy) = TestApp::start_behind_proxy(&[]).await;
    let ada = app.guest("ada").await;
    ada.add("before").await;
    proxy.set(Way::Slow(Duration::from_millis(150)));
    let began = Instant::now();
    // Four connections, so three rounds.
    let answers = join_all((0..12).map(|_| ada.send(LIST, json!({})))).await;
    let slowest = began.elapsed();
    for answer in &answers {
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
    }
    assert!(slowest >= Duration::from_millis(900), "{slowest:?}: the proxy slows nothing");
    proxy.set(Way::Open);
    let well = well_again(&ada).await;
    assert_eq!(ada.tasks().await, ["before"]);
    Row {
        about: "database",
        fault: "PostgreSQL 300 ms away (a proxy delays each piece by 150 ms), 12 requests on 4 connections",
        sees: &format!("200, the slowest after {}", spoken(slowest)),
        bystanders: None,
        well_after: Some(well),
        kept: "nothing was refused",
    }
    .report();
}

#[tokio::test]
async fn a_database_that_says_nothing_is_waited_for_within_bounds() {
    let (app, proxy) = TestApp::start_behind_proxy(&[("REQUEST_TIMEOUT", "4")]).await;
    let ada = app.guest("ada").await;
    // By no request: on a busy machine it could take too long as well.
    app.database.execute("insert into todos (user_id, task) values ('ada', 'before')").await;
    well_again(&ada).await;
    proxy.set(Way::Silent);
    let began = Instant::now();
    let answers = timeout(PATIENCE, join_all((0..12).map(|_| ada.send(LIST, json!({}))))).await;
    let slowest = began.elapsed();
    answers.expect("nobody waits without end").iter().for_each(is_told_to_come_back);
    // No pile-up: who is answered leaves nothing behind that waits.
    assert_eq!(app.state.rls.pool().waiting, 0);
    proxy.set(Way::Open);
    let well = well_again(&ada).await;
    Row {
        about: "database",
        fault: "PostgreSQL swallows what it is sent (a proxy keeps it), `REQUEST_TIMEOUT=4`",
        sees: &format!("503 with `Retry-After`, the last after {}", spoken(slowest)),
        bystanders: None,
        well_after: Some(well),
        kept: "nobody waits any more once answered",
    }
    .report();
}

#[tokio::test]
async fn a_server_without_free_connections_is_told_and_asked_again() {
    let app = TestApp::start().await;
    let ada = app.guest("ada").await;
    ada.add("before").await;
    let limit = |limit: i32| {
        format!(
            "do $$ begin execute format('alter database %I connection limit {limit}', \
             current_database()); end $$"
        )
    };
    app.database.execute(&limit(0)).await;
    app.database
        .execute(
            "select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and usename = 'it_login'",
        )
        .await;
    // The connections of before may each cost one answer; then the server says 53300.
    let deadline = Instant::now() + PATIENCE;
    let mut refused = 0;
    while refused < 8 {
        assert!(Instant::now() < deadline, "the server still takes connections");
        let answer = ada.send(LIST, json!({})).await;
        is_told_to_come_back(&answer);
        refused += 1;
    }
    app.database.execute(&limit(-1)).await;
    let well = well_again(&ada).await;
    assert_eq!(ada.tasks().await, ["before"]);
    Row {
        about: "database",
        fault: "PostgreSQL has no connection left (`CONNECTION LIMIT 0`, its 53300)",
        sees: "503, `Retry-After: 2`",
        bystanders: None,
        well_after: Some(well),
        kept: "nothing was under way",
    }
    .report();
}

#[tokio::test]
async fn another_address_takes_over_where_one_dies() {
    let database = TestDatabase::migrated().await;
    let login = database.login_url();
    let (first, second) = (Proxy::before(&login).await, Proxy::before(&login).await);
    let url = format!("{}?host=127.0.0.1&port={}", first.on(&login), second.port());
    let vars = [(LOGIN_URL, url.as_str()), ("DATABASE_URL_DIRECT", &login)];
    let app = TestApp::start_on(database, &vars, Clock::system()).await;
    let ada = app.guest("ada").await;
    let work = Work::default();
    let taking_over = async {
        work.added(20).await;
        first.set(Way::Cut);
        let well = well_again(&ada).await;
        work.added(20).await;
        assert!(second.taken() > 0, "nobody asked the second address");
        work.end();
        well
    };
    let ((), well) = tokio::join!(work.run(&ada, 4), taking_over);
    let kept = work.assert_kept(&ada).await;
    Row {
        about: "database",
        fault: "the first of two addresses of the URL dies under load, the second has taken over",
        sees: "503 for what was under way",
        bystanders: None,
        well_after: Some(well),
        kept: &format!("all {kept} acknowledged todos, each once"),
    }
    .report();
}

#[tokio::test]
async fn the_same_address_may_lead_to_another_server() {
    let (app, proxy) = TestApp::start_behind_proxy(&[]).await;
    let ada = app.guest("ada").await;
    let work = Work::default();
    let moving = async {
        work.added(20).await;
        proxy.set(Way::Cut);
        work.refused(4).await;
        proxy.lead_to(&app.database.login_url()).await;
        let well = well_again(&ada).await;
        work.added(20).await;
        work.end();
        well
    };
    let ((), well) = tokio::join!(work.run(&ada, 4), moving);
    let kept = work.assert_kept(&ada).await;
    Row {
        about: "database",
        fault: "the address of the database goes away and leads to another server, under load",
        sees: "503, `Retry-After: 2`",
        bystanders: None,
        well_after: Some(well),
        kept: &format!("all {kept} acknowledged todos, each once"),
    }
    .report();
}

/// A server that was the primary and is a standby now keeps its connections, and refuses each change.
#[tokio::test]
async fn a_connection_to_a_server_that_was_demoted_is_given_up() {
    let app = TestApp::start().await;
    let ada = app.guest("ada").await;
    ada.add("before").await;
    // A trigger says it in the server's place, on the connections of before alone.
    app.database
        .execute(
            "create table demoted (pid int);
             insert into demoted select pid from pg_stat_activity
                where datname = current_database() and usename = 'it_login';
             grant select on demoted to public;
             create function refuse() returns trigger language plpgsql as $$ begin
                if exists (select from demoted where pid = pg_backend_pid()) then
                    raise 'cannot execute INSERT in a read-only transaction'
                        using errcode = '25006';
                end if;
                return new;
             end $$;
             create trigger refuse before insert on todos
                for each row execute function refuse();",
        )
        .await;
    let began = Instant::now();
    let mut refused = 0;
    loop {
        let add = "mutation { addTodo(input: {task: \"after\"}) { todo { id } } }";
        let answer = ada.send(add, json!({})).await;
        if answer.status == StatusCode::OK {
            break;
        }
        is_told_to_come_back(&answer);
        refused += 1;
        assert!(refused <= 4, "a connection is used again that takes no change");
    }
    let well = began.elapsed();
    assert!(refused > 0, "no connection was demoted");
    assert_eq!(ada.tasks().await, ["after", "before"]);
    Row {
        about: "database",
        fault: "the server is demoted and keeps its connections (a trigger says its 25006)",
        sees: "one 503 for each connection that there was",
        bystanders: None,
        well_after: Some(well),
        kept: "every acknowledged todo",
    }
    .report();
}

#[tokio::test]
async fn a_full_disk_stops_changes_and_nothing_else() {
    let app = TestApp::start().await;
    let ada = app.guest("ada").await;
    ada.add("before").await;
    let bystanders = Bystanders::of(&app).await;
    // A trigger says it in the server's place: a full disk would be everybody's.
    app.database
        .execute(
            "create function refuse() returns trigger language plpgsql as $$ begin
                raise 'could not extend file: No space left on device'
                    using errcode = '53100';
             end $$;
             create trigger refuse before insert or update on todos
                for each row execute function refuse();",
        )
        .await;
    let changes = async {
        for change in [
            "mutation { addTodo(input: {task: \"more\"}) { todo { id } } }",
            r#"mutation { toggleTodo(id: "todo_1") { todo { id } } }"#,
        ] {
            let answer = ada.send(change, json!({})).await;
            is_told_to_come_back(&answer);
        }
        bystanders.answered(LISTS).await;
    };
    let ((), impact) = bystanders.during(changes).await;
    assert_eq!(ada.tasks().await, ["before"]);
    app.database.execute("drop trigger refuse on todos").await;
    let began = Instant::now();
    ada.add("after").await;
    let well = began.elapsed();
    assert_eq!(ada.tasks().await, ["after", "before"]);
    Row {
        about: "database",
        fault: "the disk is full (a trigger says PostgreSQL's 53100)",
        sees: "changes: 503, `Retry-After: 2`",
        bystanders: Some(&impact),
        well_after: Some(well),
        kept: "every acknowledged todo",
    }
    .report();
}

#[tokio::test]
async fn a_full_pool_is_told_soon_and_empties_again() {
    let app = TestApp::start().await;
    let users = [app.guest("ada").await, app.guest("eve").await];
    let mut todos = Vec::new();
    for user in &users {
        todos.push(user.add("mine").await);
    }
    let ada = &users[0];
    // The lock of the rows makes their writers wait, and with them the pool. Each user has half of it.
    let mut holder = app.database.connect().await;
    sqlx::raw_sql("begin; select from todos for update").execute(&mut holder).await.expect("held");
    let toggle =
        "mutation($id: ID!) { updateTodo(input: {id: $id, isComplete: true}) { todo { id } } }";
    let began = Instant::now();
    let refused_after = std::sync::Mutex::new(Vec::new());
    let refused = || refused_after.lock().expect("no panic");
    let waiting = join_all((0..6).map(async |at: usize| {
        let (user, id) = (&users[at % 2], &todos[at % 2]);
        let answer = user.send(toggle, json!({"id": id})).await;
        if answer.status != StatusCode::OK {
            is_told_to_come_back(&answer);
            refused().push(began.elapsed());
        }
        answer.status
    }));
    let (told, ()) = tokio::join!(waiting, async {
        while refused().len() < 2 {
            assert!(began.elapsed() < PATIENCE, "nobody is refused");
            sleep(Duration::from_millis(20)).await;
        }
        sqlx::raw_sql("rollback").execute(&mut holder).await.expect("released");
    });
    assert_eq!(told.iter().filter(|status| **status == StatusCode::OK).count(), 4, "{told:?}");
    let well = well_again(ada).await;
    assert_eq!(ada.tasks().await, ["mine"]);
    assert_eq!(app.state.rls.pool().waiting, 0);
    let waited = *refused().last().expect("two were refused");
    Row {
        about: "database",
        fault: "every connection of the pool is in use (4 writers wait for a row, 2 more come)",
        sees: &format!("503, `Retry-After: 2`, after {}", spoken(waited)),
        bystanders: None,
        well_after: Some(well),
        kept: "the 4 that had a connection were done",
    }
    .report();
}
