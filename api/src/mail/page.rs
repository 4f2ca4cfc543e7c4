//! `/dev/mail`: what was mailed lately, for who develops without a mail server.

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};

use super::{
    message::escape,
    outbox::{Kept, Outbox},
};
use crate::error::ApiError;

const NO_STORE: (HeaderName, &str) = (header::CACHE_CONTROL, "no-store");

/// The routes. There is no outbox in production, and so there are none either.
pub fn page(outbox: Outbox) -> Router {
    Router::new().route("/dev/mail", get(list)).route("/dev/mail/{id}", get(one)).with_state(outbox)
}

/// All kept mails, newest first; as JSON for who asks for that.
async fn list(State(outbox): State<Outbox>, headers: HeaderMap) -> Result<Response, ApiError> {
    let mails = outbox.all().await.map_err(unavailable)?;
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    if accept.is_some_and(|accept| accept.contains("application/json")) {
        return Ok(([NO_STORE], Json(mails)).into_response());
    }
    let items: String = mails.iter().map(item).collect();
    let none = if mails.is_empty() { "<p>No mail was sent yet.</p>" } else { "" };
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Mail</title>\
         <body><h1>Mail</h1><p>No mail server is set (SMTP_URL), so mails are kept here. \
         The newest is first.</p>{none}{items}</body></html>"
    );
    Ok(([NO_STORE], Html(html)).into_response())
}

/// The HTML part of one mail, as its reader would see it.
async fn one(State(outbox): State<Outbox>, Path(id): Path<i64>) -> Result<Response, ApiError> {
    let mail = outbox.get(id).await.map_err(unavailable)?.ok_or(ApiError::NotFound)?;
    Ok(([NO_STORE], Html(mail.html)).into_response())
}

fn item(mail: &Kept) -> String {
    let Kept { id, sent_at, recipient, subject, plain, .. } = mail;
    format!(
        "<article><h2>{}</h2><p>To {}, {}. <a href=\"/dev/mail/{id}\">As HTML</a></p>\
         <pre>{}</pre></article><hr>",
        escape(subject),
        escape(recipient),
        sent_at.format("%F %T UTC"),
        with_links(plain),
    )
}

/// The text with its links made to click.
fn with_links(text: &str) -> String {
    let line = |line: &str| {
        let line = escape(line);
        if line.starts_with("http://") || line.starts_with("https://") {
            format!("<a href=\"{line}\">{line}</a>\n")
        } else {
            format!("{line}\n")
        }
    };
    text.lines().map(line).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unavailable(error: sqlx::Error) -> ApiError {
    tracing::error!(%error, "the kept mails cannot be read");
    ApiError::Internal
}
