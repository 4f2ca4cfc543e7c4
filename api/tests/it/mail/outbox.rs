//! `/dev/mail`: mails that are kept while there is no mail server.

use api::mail::Post;
use clock::Clock;
use reqwest::{StatusCode, header};
use sqlx::{Connection as _, PgConnection};
use supertokens::mailer::{Mail, MailKind};

use super::log::Log;
use crate::support::{
    app::{Answer, TestApp, config},
    core::TestCore,
    database::TestDatabase,
    mail,
};

fn mail_to(to: &str) -> Mail {
    Mail {
        kind: MailKind::EmailVerification,
        to: to.to_owned(),
        link: "http://localhost:3000/auth/verify-email?token=\"<b>&tenantId=public".into(),
    }
}

async fn keep(app: &TestApp, mails: impl Iterator<Item = Mail>) {
    let post = Post::open(&config(&app.database, 3000, &[]), Clock::system()).expect("an outbox");
    let mailer = post.mailer();
    mails.for_each(|mail| mailer.send(mail));
    post.close().await;
}

async fn page(app: &TestApp, path: &str) -> (StatusCode, String) {
    let request = app.get(path).header(header::ACCEPT, "text/html");
    let answer = Answer::read(request.send().await.expect("the service answers")).await;
    (answer.status, answer.body.as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn mails_are_shown_with_their_links_and_nothing_of_them_is_markup() {
    let app = TestApp::start().await;
    assert!(page(&app, "/dev/mail").await.1.contains("No mail was sent yet"));
    keep(&app, [mail_to("<i>ada@example.com")].into_iter()).await;
    let (status, html) = page(&app, "/dev/mail").await;
    assert_eq!(status, StatusCode::OK);
    let link = "http://localhost:3000/auth/verify-email?token=&quot;&lt;b&gt;&amp;tenantId=public";
    assert!(html.contains(&format!("<a href=\"{link}\">{link}</a>")), "{html}");
    assert!(html.contains("To &lt;i&gt;ada@example.com"), "{html}");
    assert!(html.contains("<a href=\"/dev/mail/1\">"), "{html}");

    let (_, html) = page(&app, "/dev/mail/1").await;
    assert!(html.contains(&format!("<a href=\"{link}\">Verify your email</a>")), "{html}");
    assert_eq!(page(&app, "/dev/mail/2").await.0, StatusCode::NOT_FOUND);
    let odd = app.get("/dev/mail/x").send().await.expect("the service answers");
    assert_eq!(odd.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_newest_hundred_are_kept() {
    let app = TestApp::start().await;
    keep(&app, (0..120).map(|number| mail_to(&format!("{number}@example.com")))).await;
    let mails = mail::all(&app).await;
    assert_eq!(mails.len(), 100);
}

#[tokio::test]
async fn where_a_mail_server_sends_there_is_no_such_page() {
    let smtp = [("SMTP_URL", "smtp://127.0.0.1:9"), ("MAIL_FROM", "no-reply@example.com")];
    let core = TestCore::start().await;
    let core_url = core.url();
    let production = [
        ("APP_ENV", "production"),
        ("TRUSTED_PROXIES", "10.0.0.0/8"),
        ("API_DOMAIN", "https://example.com"),
        ("SUPERTOKENS_URI", core_url.as_str()),
    ];
    for vars in [&smtp[..], &[&production[..], &smtp].concat()] {
        let app = TestApp::start_with(vars, core.clock.clock()).await;
        for path in ["/dev/mail", "/dev/mail/1"] {
            let request = app.get(path).header(header::ACCEPT, "application/json");
            let answer = request.send().await.expect("the service answers");
            assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        }
    }
}

#[tokio::test]
async fn the_services_login_cannot_reach_kept_mails() {
    let app = TestApp::start().await;
    keep(&app, [mail_to("ada@example.com")].into_iter()).await;
    let mut login = PgConnection::connect(&app.database.login_url()).await.expect("it signs in");
    let refused = sqlx::query("select from dev_mail.mails").execute(&mut login).await;
    let refused = refused.expect_err("not for the service");
    assert!(refused.to_string().contains("permission denied for schema dev_mail"), "{refused}");
}

#[tokio::test]
async fn several_processes_may_keep_their_first_mail_at_once() {
    let (log, _guard) = Log::start();
    let database = TestDatabase::migrated().await;
    let posts = (0..4)
        .map(|_| Post::open(&config(&database, 3000, &[]), Clock::system()).expect("an outbox"));
    let posts: Vec<_> = posts.collect();
    for post in &posts {
        post.mailer().send(mail_to("ada@example.com"));
    }
    futures_util::future::join_all(posts.into_iter().map(Post::close)).await;
    assert!(!log.text().contains("tried again"), "{}", log.text());
    let mut connection = database.connect().await;
    let kept: i64 = sqlx::query_scalar("select count(*) from dev_mail.mails")
        .fetch_one(&mut connection)
        .await
        .expect("the database answers");
    assert_eq!(kept, 4);
}
