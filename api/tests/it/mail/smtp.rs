//! Mail over a mail server: that it arrives, and that nobody waits for it.

use api::mail::Post;
use clock::Clock;
use serde_json::json;
use supertokens::mailer::{Mail, MailKind};
use tokio::net::TcpListener;

use super::{log::Log, server::MailServer};
use crate::support::{
    app::{Answer, TestApp, config},
    database::TestDatabase,
};

const FROM: &str = "Todos <no-reply@example.com>";

async fn service(server: &MailServer) -> TestApp {
    let url = server.url();
    TestApp::start_with(&[("SMTP_URL", &url), ("MAIL_FROM", FROM)], Clock::system()).await
}

async fn post(url: &str) -> Post {
    let database = TestDatabase::new().await;
    let vars = [("SMTP_URL", url), ("MAIL_FROM", FROM)];
    Post::open(&config(&database, 3000, &vars), Clock::system()).expect("a mail service")
}

fn mail(number: usize) -> Mail {
    Mail {
        kind: MailKind::PasswordReset,
        to: format!("user-{number}@example.com"),
        link: "http://localhost:3000/auth/reset-password?token=t0ken&tenantId=public".into(),
    }
}

async fn ask_for_new_password(app: &TestApp) -> Answer {
    let form = json!({"formFields": [{"id": "email", "value": "ada@example.com"}]});
    let request = app.post("/auth/user/password/reset/token").json(&form);
    Answer::read(request.send().await.expect("the service answers")).await
}

/// Nobody is told that a mail is on its way that would be lost, whether or not there is such an account.
#[tokio::test]
async fn mail_that_would_be_lost_is_not_announced() {
    let server = MailServer::start();
    server.hold();
    let url = server.url();
    let vars = [
        ("SMTP_URL", url.as_str()),
        ("MAIL_FROM", FROM),
        ("RATE_LIMIT_MAIL", "off"),
        ("RATE_LIMIT_ADDRESS", "off"),
    ];
    let app = TestApp::start_with(&vars, Clock::system()).await;
    app.user("ada").await;
    let refused = async {
        loop {
            let answer = ask_for_new_password(&app).await;
            if answer.status != 200 {
                return answer;
            }
        }
    };
    let refused = tokio::time::timeout(std::time::Duration::from_mins(2), refused);
    let refused = refused.await.expect("the queue is bounded");
    assert_eq!(refused.status, 503);
    assert_eq!(refused.message(), "The email could not be sent. Try again in a minute.");
    assert_eq!(refused.header("retry-after"), "60");
    let form = json!({"formFields": [{"id": "email", "value": "nobody@example.com"}]});
    let request = app.post("/auth/user/password/reset/token").json(&form);
    let unknown = Answer::read(request.send().await.expect("the service answers")).await;
    assert_eq!(unknown.status, 503, "an unknown email is answered alike");
}

#[tokio::test]
async fn both_mails_arrive_as_text_and_html_with_links_that_work() {
    let server = MailServer::start();
    let app = service(&server).await;
    let ada = app.user("ada").await;
    let verify = "/auth/user/email/verify";
    let request = app.post(&format!("{verify}/token")).bearer_auth(&ada.access_token);
    request.send().await.expect("the service answers");
    server.wait_for(1).await;
    assert_eq!(ask_for_new_password(&app).await.body, json!({"status": "OK"}));
    let mails = server.wait_for(2).await;

    for (mail, subject, page) in [
        (&mails[0], "Verify your email", "verify-email"),
        (&mails[1], "Choose a new password", "reset-password"),
    ] {
        assert_eq!(
            (&*mail.from, mail.to.concat()),
            ("no-reply@example.com", "ada@example.com".into())
        );
        assert_eq!(mail.header("From"), FROM);
        assert_eq!(mail.header("Subject"), subject);
        assert!(mail.header("Content-Type").starts_with("multipart/alternative"));
        let content = mail.content();
        let (text, html) = content.split_once("Content-Type: text/html").expect("two parts");
        assert!(text.contains("Content-Type: text/plain"), "{content}");
        let link = format!(
            "{}/auth/{page}?token={}",
            app.url.replace("127.0.0.1", "localhost"),
            mail.token()
        );
        assert!(text.contains(&format!("{link}&tenantId=public")), "{text}");
        assert!(html.contains(&format!("href=\"{link}&amp;tenantId=public")), "{html}");
    }

    let body = json!({"method": "token", "token": mails[0].token()});
    let verified = app.post(verify).json(&body).send().await.expect("the service answers");
    assert_eq!(Answer::read(verified).await.body, json!({"status": "OK"}));
    let fields = json!([{"id": "password", "value": "newsecret1"}]);
    let body = json!({"method": "token", "token": mails[1].token(), "formFields": fields});
    let reset = app.post("/auth/user/password/reset").json(&body);
    let reset = Answer::read(reset.send().await.expect("the service answers")).await;
    assert_eq!(reset.body, json!({"status": "OK"}));
}

#[tokio::test]
async fn a_slow_mail_server_slows_no_request() {
    let server = MailServer::start();
    let app = service(&server).await;
    app.user("ada").await;
    server.hold();
    assert_eq!(ask_for_new_password(&app).await.body, json!({"status": "OK"}));
    assert!(server.mails().is_empty(), "it has taken no mail yet");
    server.release();
    assert!(server.wait_for(1).await[0].taken);
}

#[tokio::test]
async fn a_passing_failure_is_tried_again_and_a_final_one_is_not() {
    let server = MailServer::start();
    let post = post(&server.url()).await;
    server.refuse_with(&[451]);
    post.mailer().send(mail(1));
    let mails = server.wait_for(2).await;
    assert_eq!(mails.iter().map(|mail| mail.taken).collect::<Vec<_>>(), [false, true]);

    server.refuse_with(&[554]);
    post.mailer().send(mail(2));
    // Tries that are to follow are waited for.
    post.close().await;
    assert_eq!(server.mails().len(), 3);
}

#[tokio::test]
async fn a_server_without_encryption_gets_no_mail_where_it_is_asked_for() {
    let (log, _guard) = Log::start();
    let server = MailServer::start();
    let post = post(&format!("{}?tls=required", server.url())).await;
    post.mailer().send(mail(1));
    log.wait_for("a mail is tried again").await;
    assert!(server.mails().is_empty());
}

#[tokio::test]
async fn what_waits_is_sent_before_the_service_stops() {
    let server = MailServer::start();
    let post = post(&server.url()).await;
    let mailer = post.mailer();
    (0..20).for_each(|number| mailer.send(mail(number)));
    post.close().await;
    assert_eq!(server.mails().len(), 20);
    mailer.send(mail(20));
    assert_eq!(server.mails().len(), 20, "no more is taken");
}

#[tokio::test]
async fn a_mail_server_that_never_answers_fills_no_memory_and_stops_nobody() {
    let (log, _guard) = Log::start();
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("smtp://{}", silent.local_addr().expect("an address"));
    let post = post(&url).await;
    let mailer = post.mailer();
    (0..10_000).for_each(|number| mailer.send(mail(number)));
    // The queue holds 256.
    let refused = log.text().matches("too many are waiting").count();
    assert_eq!(refused, 10_000 - 256);
}

#[tokio::test]
async fn no_log_shows_a_link_or_the_servers_password() {
    let (log, _guard) = Log::start();
    let server = MailServer::start();
    server.refuse_with(&[451, 554]);
    let post = post(&server.url()).await;
    post.mailer().send(mail(1));
    server.wait_for(2).await;
    post.close().await;
    // No password is taken over a connection that others could read.
    let url = server.url().replace("smtp://", "smtp://todos:s3cret@");
    let refused = self::post(&url).await;
    refused.mailer().send(mail(1));
    for part in ["tried again", "a mail was not sent", "not now", "authentication mechanism"] {
        log.wait_for(part).await;
    }
    let log = log.text();
    for secret in ["t0ken", "s3cret", "user-1"] {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
}
