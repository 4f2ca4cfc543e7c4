//! The program in a folder of its own, with no file beside it.

use std::fs;

use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, VARY,
};

use crate::support::{Database, Home, Service, fails, free_port, start, succeeds};

const ASSET: &str = "/assets/app-0123456789.js";

#[tokio::test]
async fn the_page_the_playground_and_the_migrations_are_in_it() {
    let (database, home) = (Database::create().await, Home::empty());
    succeeds(&mut home.migrate(&database));
    let service = home.serve(&database, &[]).await;

    let page = service.get("/").header(ACCEPT, "text/html").send().await.unwrap();
    assert_eq!(page.headers()[CACHE_CONTROL], "no-cache");
    assert!(page.text().await.unwrap().contains("The page of the tests"));
    let playground = service.get("/graphiql").header(ACCEPT, "text/html").send().await.unwrap();
    assert!(playground.text().await.unwrap().contains("The playground of the tests"));
    let script = service.get("/graphiql/assets/main-01234567.js").send().await.unwrap();
    assert!(script.text().await.unwrap().contains("the playground"));

    for (encoding, file) in [("br", "br"), ("gzip", "gz")] {
        let packed = service.get(ASSET).header(ACCEPT_ENCODING, encoding).send().await.unwrap();
        assert_eq!(packed.headers()[CONTENT_ENCODING], encoding);
        let bytes = fs::read(format!("tests/page{ASSET}.{file}")).unwrap();
        assert_eq!(packed.bytes().await.unwrap(), bytes, "as it was packed beforehand");
    }
    assert_eq!(home.entries(), [""; 0], "it left something behind");
}

/// A folder may be served in place of what is carried, and is answered for alike.
#[tokio::test]
async fn what_is_carried_has_the_headers_of_a_folder() {
    let (database, home) = (Database::create().await, Home::empty());
    succeeds(&mut home.migrate(&database));
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("assets")).unwrap();
    for name in ["/index.html", ASSET, &format!("{ASSET}.br"), &format!("{ASSET}.gz")] {
        let copy = format!("{}{name}", folder.path().display());
        fs::copy(format!("tests/page{name}"), copy).unwrap();
    }
    fs::write(folder.path().join("assets/another-0123456789.js"), "").unwrap();
    let domain = ("API_DOMAIN", "http://localhost:3000");
    let carried = home.serve(&database, &[domain]).await;
    let served =
        home.serve(&database, &[domain, ("WEB_DIST", folder.path().to_str().unwrap())]).await;

    for (path, encoding) in [
        ("/", "br"),
        ("/auth/callback/github", "identity"),
        (ASSET, "br"),
        (ASSET, "gzip"),
        (ASSET, "identity"),
        ("/assets/app-0123456789.js.map", "br"),
        ("/assets/", "br"),
        ("/assets", "br"),
        ("/assets/../index.html", "br"),
        ("/assets/%2e%2e/index.html", "br"),
        ("/nothing", "br"),
    ] {
        let mut answers = Vec::new();
        for service in [&carried, &served] {
            let request = service.get(path).header(ACCEPT, "text/html");
            let answer = request.header(ACCEPT_ENCODING, encoding).send().await.unwrap();
            let (status, headers) = (answer.status(), told(answer.headers()));
            answers.push((status, headers, answer.bytes().await.unwrap()));
        }
        assert_eq!(answers[0], answers[1], "{path} as {encoding}");
    }
    let another = |service: &Service| service.get("/assets/another-0123456789.js").send();
    assert_eq!(another(&served).await.unwrap().status(), 200, "this one serves the folder");
    assert_eq!(another(&carried).await.unwrap().status(), 404);
    let half = |service: &Service| service.get(ASSET).header("range", "bytes=3-9").send();
    let (one, other) = (half(&carried).await.unwrap(), half(&served).await.unwrap());
    assert_eq!((one.status(), other.status()), (206.try_into().unwrap(), one.status()));
    assert_eq!(one.bytes().await.unwrap(), other.bytes().await.unwrap());
}

/// What does not differ from one request or one build of the page to the next.
fn told(headers: &HeaderMap) -> Vec<String> {
    let names = [CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY].map(|name| name.to_string());
    let security = ["content-security-policy", "x-content-type-options", "referrer-policy"];
    let names = names.into_iter().chain(security.map(str::to_owned));
    names
        .map(|name| format!("{name}: {:?}", headers.get_all(&name).iter().collect::<Vec<_>>()))
        .collect()
}

#[tokio::test]
async fn of_two_migrations_at_once_one_waits() {
    let (database, home) = (Database::create().await, Home::empty());
    let programs: Vec<_> = (0..2).map(|_| start(&mut home.migrate(&database))).collect();
    for program in programs {
        let output = program.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    // Whoever has the lock keeps others waiting.
    let holder = database.hold_migration_lock().await;
    let waiting = start(&mut home.migrate(&database));
    database.until_somebody_waits_for_a_lock().await;
    drop(holder);
    assert!(waiting.wait_with_output().unwrap().status.success());

    let mut status = home.program(&["migrate", "status"]);
    database.owner(&mut status);
    let said = succeeds(&mut status);
    assert!(said.contains("Applied") && !said.contains("Pending"), "{said}");
}

#[tokio::test]
async fn secrets_may_be_in_files() {
    let (database, home) = (Database::create().await, Home::empty());
    let secrets = Home::empty();
    let owner = secrets.write("owner", database.owner_url());
    let login = secrets.write("login", database.login_url());
    let mut migrate = home.program(&["migrate"]);
    migrate.env("DATABASE_URL_FILE", owner).env("DATABASE_AUTHENTICATED_URL_FILE", login);
    succeeds(&mut migrate);
}

#[test]
fn what_the_migrations_lack_is_said_without_the_password() {
    let home = Home::empty();
    let said = fails(&mut home.program(&["migrate"]));
    assert!(said.contains("DATABASE_URL is not set"), "{said}");
    let mut wrong = home.program(&["migrate"]);
    let said = fails(wrong.env("DATABASE_URL", "mysql://me:s3cret@localhost/todos"));
    assert!(
        said.contains("not a URL of a PostgreSQL database") && !said.contains("s3cret"),
        "{said}"
    );
}

#[test]
fn the_version_needs_no_settings() {
    let home = Home::empty();
    let said = succeeds(&mut home.program(&["version"]));
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines[0], format!("api {}", env!("CARGO_PKG_VERSION")));
    assert!(lines[1].starts_with("commit "), "{said}");
    assert!(lines[2].starts_with("target ") && lines[2].contains('-'), "{said}");
    assert!(lines[3].starts_with("rustc 1."), "{said}");
}

#[tokio::test]
async fn the_healthcheck_says_whether_the_service_is_ready() {
    let (database, home) = (Database::create().await, Home::empty());
    succeeds(&mut home.migrate(&database));
    let service = home.serve(&database, &[("HOST", "0.0.0.0")]).await;
    let said = succeeds(&mut service.healthcheck(&home, &database));
    assert!(said.contains(r#""database":"ok""#), "{said}");

    let mut elsewhere = service.healthcheck(&home, &database);
    elsewhere.env("PORT", free_port().to_string());
    let said = fails(&mut elsewhere);
    assert!(said.contains("nothing answers"), "{said}");
}
