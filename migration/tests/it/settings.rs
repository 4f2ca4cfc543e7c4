//! What the program sets beside the schema.

use std::{fs, process::Output};

use crate::faults::{connect, new_database, number, program, run, url};

fn text(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err))
}

#[tokio::test]
async fn limit_of_todos_is_the_one_of_the_variable() {
    let name = format!("test_migration_limit_{}", std::process::id());
    let server = new_database(&name).await;
    let up = |max_todos: &str| {
        program(&name, &["up"]).env("MAX_TODOS", max_todos).output().expect("the program runs")
    };
    let mut limits = Vec::new();
    for max_todos in ["", "7", "8"] {
        let output = up(max_todos);
        assert!(output.status.success(), "{}", text(&output));
        let db = connect(url(Some(&name), None)).await;
        limits.push(number(&db, "SELECT quota.max_todos()").await);
        db.close().await.expect("the connection closes");
    }
    assert_eq!(limits, [100_000, 7, 8]);
    let output = up("many");
    assert!(!output.status.success());
    assert!(text(&output).contains("MAX_TODOS is `many`. It should be 1 to"), "{}", text(&output));
    run(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
}

#[tokio::test]
async fn migration_that_waits_for_a_lock_gives_up_and_can_be_repeated() {
    let name = format!("test_migration_lock_{}", std::process::id());
    let server = new_database(&name).await;
    let run_program = |arguments: &[&str]| program(&name, arguments).output().expect("it runs");
    // The last migration but one changes `todos`.
    for arguments in [&["up"][..], &["down", "-n", "2"]] {
        let output = run_program(arguments);
        assert!(output.status.success(), "{}", text(&output));
    }
    let holder = connect(url(Some(&name), None)).await;
    run(&holder, "BEGIN; SELECT FROM todos").await;
    let output = run_program(&["up"]);
    assert!(!output.status.success(), "{}", text(&output));
    for part in ["waited 5s for a lock", "Run the migrations again."] {
        assert!(text(&output).contains(part), "{}", text(&output));
    }
    run(&holder, "ROLLBACK").await;
    let output = run_program(&["up"]);
    assert!(output.status.success(), "{}", text(&output));
    holder.close().await.expect("the connection closes");
    run(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
}

#[tokio::test]
async fn urls_may_be_in_files_and_name_several_hosts() {
    let name = format!("test_migration_files_{}", std::process::id());
    let server = new_database(&name).await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut up = program(&name, &["up"]);
    for (variable, user) in
        [("DATABASE_URL", "it_owner"), ("DATABASE_AUTHENTICATED_URL", "it_login")]
    {
        let file = folder.path().join(variable);
        // The first host refuses connections.
        let url = url(Some(&name), Some(user)).replacen('@', "@127.0.0.1:9,", 1);
        fs::write(&file, format!("{url}?target_session_attrs=read-write\n")).expect("a file");
        up.env_remove(variable).env(format!("{variable}_FILE"), file);
    }
    let output = up.output().expect("the program runs");
    assert!(output.status.success(), "{}", text(&output));
    let db = connect(url(Some(&name), None)).await;
    assert_eq!(number(&db, "SELECT count(*) FROM todos").await, 0);
    db.close().await.expect("the connection closes");
    run(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
}

#[test]
fn parameter_that_cannot_work_is_named_without_the_password() {
    let mut up = program("x", &["up"]);
    up.env("DATABASE_URL", "postgres://a:s3cret@localhost/x?sslcert=y");
    let said = text(&up.output().expect("the program runs"));
    assert!(said.contains("DATABASE_URL") && said.contains("`sslcert`"), "{said}");
    assert!(!said.contains("s3cret"), "{said}");
}

#[test]
fn dollar_in_an_env_file_is_not_replaced() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = "DATABASE_URL=postgres://a:s3cret$HOME@127.0.0.1:9/x\n";
    fs::write(folder.path().join(".env"), file).expect("a file");
    let mut up = program("x", &["up"]);
    up.env_remove("DATABASE_URL").current_dir(folder.path());
    let said = text(&up.output().expect("the program runs"));
    assert!(said.contains("DATABASE_URL in .env has a `$`"), "{said}");
    assert!(!said.contains("s3cret"), "{said}");
}
