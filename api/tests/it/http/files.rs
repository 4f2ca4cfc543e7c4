//! Static files: validators, ranges, methods, and addresses that are none (RFC 9110).

use std::fs;

use clock::Clock;
use reqwest::{Method, Response, header};
use tempfile::TempDir;

use crate::support::app::TestApp;

const FILE: &str = "/assets/app-0123456789abcdef.js";
const SOURCE: &str = "export const answer = 42; // ";
const PAGE: &str = "<!doctype html><title>Todos</title>";

/// A page of one script, of which brotli's form is kept, and one that is compressed on the way.
async fn service() -> (TestApp, TempDir) {
    let folder = TempDir::new().expect("a folder");
    let assets = folder.path().join("assets");
    fs::create_dir(&assets).expect("a folder");
    let write = |name: &str, content: &str| fs::write(assets.join(name), content).expect("a file");
    write("app-0123456789abcdef.js", &SOURCE.repeat(20));
    write("app-0123456789abcdef.js.br", "kept compressed");
    write("style-0123456789abcdef.css", &"a { color: red }\n".repeat(50));
    fs::write(folder.path().join("index.html"), PAGE).expect("a file");
    let path = folder.path().to_str().expect("a path").to_owned();
    let app = TestApp::start_with(&[("WEB_DIST", &path)], Clock::system()).await;
    (app, folder)
}

async fn get(app: &TestApp, path: &str, headers: &[(&str, &str)]) -> Response {
    ask(app, Method::GET, path, headers).await
}

async fn ask(app: &TestApp, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
    let request = headers
        .iter()
        .fold(app.request(method, path), |request, (name, value)| request.header(*name, *value));
    request.send().await.expect("a response")
}

fn all(response: &Response, name: header::HeaderName) -> Vec<String> {
    let values = response.headers().get_all(name).iter();
    values.map(|value| value.to_str().expect("text").to_ascii_lowercase()).collect()
}

fn etag(response: &Response) -> String {
    let etag = response.headers().get(header::ETAG).expect("an ETag");
    etag.to_str().expect("text").to_owned()
}

#[tokio::test]
async fn not_modified_repeats_caching_headers() {
    let (app, _folder) = service().await;
    for (path, encoding) in [
        (FILE, "identity"),
        (FILE, "br"),
        (FILE, "gzip"),
        ("/assets/style-0123456789abcdef.css", "gzip"),
        ("/", "identity"),
        ("/account", "gzip"),
    ] {
        let common = [("accept-encoding", encoding), ("accept", "text/html")];
        let full = get(&app, path, &common).await;
        assert_eq!(full.status(), 200, "{path}");
        let etag = etag(&full);
        let modified = full.headers().get(header::LAST_MODIFIED).map(|v| v.to_str().expect("text"));
        let mut conditions = vec![("if-none-match", etag.clone()), ("if-none-match", "*".into())];
        conditions.push(("if-none-match", format!("\"other\", {etag}")));
        conditions.extend(modified.map(|date| ("if-modified-since", date.to_owned())));
        for (name, value) in &conditions {
            for method in [Method::GET, Method::HEAD] {
                let headers = [common[0], common[1], (*name, value.as_str())];
                let response = ask(&app, method, path, &headers).await;
                assert_eq!(response.status(), 304, "{path} {encoding} {name}: {value}");
                for header in [header::CACHE_CONTROL, header::VARY] {
                    let mut found = [all(&response, header.clone()), all(&full, header.clone())];
                    for values in &mut found {
                        values.sort();
                    }
                    assert_eq!(found[0], found[1], "{path} {encoding} {header}");
                }
                assert!(!all(&response, header::VARY).is_empty());
                assert!(response.headers().get(header::CONTENT_TYPE).is_none());
                assert_eq!(response.bytes().await.expect("a body").len(), 0);
            }
        }
        let other = [common[0], common[1], ("if-none-match", "\"other\"")];
        assert_eq!(get(&app, path, &other).await.status(), 200, "{path}");
    }
}

/// Each encoding has an `ETag` of its own, or a weak one.
#[tokio::test]
async fn encodings_share_no_strong_etag() {
    let (app, _folder) = service().await;
    for path in [FILE, "/assets/style-0123456789abcdef.css", "/"] {
        let mut strong = Vec::new();
        for encoding in ["identity", "br", "gzip"] {
            let full = get(&app, path, &[("accept-encoding", encoding)]).await;
            let etag = etag(&full);
            assert!(all(&full, header::VARY).join(",").contains("accept-encoding"), "{path}");
            if !etag.starts_with("W/") {
                strong.push((full.headers().get(header::CONTENT_ENCODING).cloned(), etag));
            }
        }
        strong.sort_by(|one, other| one.1.cmp(&other.1));
        strong.dedup();
        for pair in strong.windows(2) {
            assert_ne!(pair[0].1, pair[1].1, "{path}");
        }
    }
}

#[tokio::test]
async fn range_of_an_outdated_file_is_the_whole_file() {
    let (app, _folder) = service().await;
    let plain = ("accept-encoding", "identity");
    let full = get(&app, FILE, &[plain]).await;
    let (etag, date) = (etag(&full), full.headers()[header::LAST_MODIFIED].clone());
    let date = date.to_str().expect("text");
    let range = ("range", "bytes=3-9");
    let cases = [
        (None, 206),
        (Some(etag.clone()), 206),
        (Some(date.to_owned()), 206),
        (Some("\"other\"".to_owned()), 200),
        (Some(format!("W/{etag}")), 200),
        (Some("Thu, 01 Jan 1970 00:00:00 GMT".to_owned()), 200),
        (Some("nonsense".to_owned()), 200),
    ];
    for (if_range, status) in cases {
        let mut headers = vec![plain, range];
        headers.extend(if_range.as_deref().map(|value| ("if-range", value)));
        let response = get(&app, FILE, &headers).await;
        assert_eq!(response.status(), status, "{if_range:?}");
        let length = response.bytes().await.expect("a body").len();
        assert_eq!(length == 7, status == 206, "{if_range:?}");
    }
    // Of brotli's form, by the ETag of the other.
    let headers = [("accept-encoding", "br"), range, ("if-range", etag.as_str())];
    assert_eq!(get(&app, FILE, &headers).await.status(), 200);
}

#[tokio::test]
async fn unknown_range_units_are_ignored() {
    let (app, _folder) = service().await;
    for range in ["lines=0-1", "bytes=0-1,5-6", "bytes=x", "seconds=1-2", "bytes"] {
        let headers = [("accept-encoding", "identity"), ("range", range)];
        let response = get(&app, FILE, &headers).await;
        assert_eq!(response.status(), 200, "{range}");
        assert_eq!(response.bytes().await.expect("a body").len(), SOURCE.len() * 20, "{range}");
    }
    let beyond = [("accept-encoding", "identity"), ("range", "bytes=100000-")];
    let response = get(&app, FILE, &beyond).await;
    assert_eq!(response.status(), 416);
    assert_eq!(response.headers()["content-range"], format!("bytes */{}", SOURCE.len() * 20));
}

#[tokio::test]
async fn failed_precondition_is_412() {
    let (app, _folder) = service().await;
    let full = get(&app, FILE, &[]).await;
    let etag = etag(&full);
    for (headers, status) in [
        ([("if-match", "\"other\"")], 412),
        ([("if-match", etag.as_str())], 200),
        ([("if-match", "*")], 200),
        ([("if-unmodified-since", "Thu, 01 Jan 1970 00:00:00 GMT")], 412),
    ] {
        assert_eq!(get(&app, FILE, &headers).await.status(), status, "{headers:?}");
    }
}

#[tokio::test]
async fn other_methods_are_405_with_allow() {
    let (app, _folder) = service().await;
    for path in [FILE, "/", "/account", "/assets/nothing.js"] {
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
            let response = ask(&app, method.clone(), path, &[("accept", "text/html")]).await;
            assert_eq!(response.status(), 405, "{method} {path}");
            let allow = all(&response, header::ALLOW).join(",");
            assert_eq!(allow, "get,head", "{method} {path}");
        }
    }
}

#[tokio::test]
async fn unknown_address_is_404_with_the_page() {
    let (app, _folder) = service().await;
    for (path, status) in [
        ("/", 200),
        ("/account", 200),
        ("/account/", 200),
        ("/auth", 200),
        ("/auth/reset-password?token=x", 200),
        ("/auth/callback/github?code=x", 200),
        ("/nope", 404),
        ("/account/nope", 404),
        ("/.env", 404),
        ("/index.php", 404),
        ("/auth/nope", 404),
    ] {
        let response = get(&app, path, &[("accept", "text/html,*/*;q=0.8")]).await;
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(response.text().await.expect("a page"), PAGE, "{path}");
    }
    // Of scripts and the like there is no page.
    let response = get(&app, "/assets/nothing.js", &[]).await;
    assert_eq!(
        (response.status().as_u16(), all(&response, header::CACHE_CONTROL)),
        (404, vec!["no-cache".to_owned()])
    );
}
