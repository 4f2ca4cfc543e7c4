//! Mails that no server sends: kept in the database, for the page that shows them. For development
//! alone, as the owner of the database: the service's own login cannot reach them.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use clock::Clock;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio::sync::OnceCell;
use url::Url;

use super::{message::Message, queue::DeliveryError};
use crate::sqlx_options::sqlx_options;

/// How many mails are kept.
const KEPT: i64 = 100;

/// The lock lets several processes come here at once.
const SCHEMA: &str = "
begin;
select pg_advisory_xact_lock(x'6465766d61696c'::bigint);
create schema if not exists dev_mail;
revoke all on schema dev_mail from public;
create table if not exists dev_mail.mails (
    id bigint generated always as identity primary key,
    sent_at timestamptz not null,
    recipient text not null,
    subject text not null,
    plain text not null,
    html text not null
);
commit";

/// The kept mails; cheap to clone.
#[derive(Clone)]
pub struct Outbox(Arc<Inner>);

struct Inner {
    pool: PgPool,
    schema: OnceCell<()>,
    /// Where they are shown.
    page: Url,
    clock: Clock,
}

/// A mail that is kept.
#[derive(Debug, Serialize, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct Kept {
    pub id: i64,
    pub sent_at: DateTime<Utc>,
    pub recipient: String,
    pub subject: String,
    pub plain: String,
    pub html: String,
}

impl Outbox {
    pub fn new(database_url: &SecretString, page: Url, clock: Clock) -> anyhow::Result<Self> {
        let options = sqlx_options(database_url.expose_secret())?;
        let pool = PgPoolOptions::new().max_connections(1).connect_lazy_with(options);
        Ok(Self(Arc::new(Inner { pool, schema: OnceCell::new(), page, clock })))
    }

    pub(super) async fn keep(&self, to: &str, message: &Message) -> Result<(), DeliveryError> {
        let kept = self.insert(to, message).await;
        kept.map_err(|error| DeliveryError { text: error.to_string(), is_final: false })?;
        // Without the link: the page shows it.
        tracing::info!(mail.subject = message.subject, "a mail is shown at {}", self.0.page);
        Ok(())
    }

    async fn insert(&self, to: &str, message: &Message) -> Result<(), sqlx::Error> {
        let pool = self.pool().await?;
        sqlx::query(
            "insert into dev_mail.mails (sent_at, recipient, subject, plain, html) \
             values ($1, $2, $3, $4, $5)",
        )
        .bind(self.0.clock.now())
        .bind(to)
        .bind(message.subject)
        .bind(&message.text)
        .bind(&message.html)
        .execute(pool)
        .await?;
        sqlx::query(
            "delete from dev_mail.mails where id <= \
             (select id from dev_mail.mails order by id desc offset $1 limit 1)",
        )
        .bind(KEPT)
        .execute(pool)
        .await?;
        Ok(())
    }

    /// All that are kept, newest first.
    pub async fn all(&self) -> Result<Vec<Kept>, sqlx::Error> {
        sqlx::query_as("select * from dev_mail.mails order by id desc")
            .fetch_all(self.pool().await?)
            .await
    }

    pub async fn get(&self, id: i64) -> Result<Option<Kept>, sqlx::Error> {
        sqlx::query_as("select * from dev_mail.mails where id = $1")
            .bind(id)
            .fetch_optional(self.pool().await?)
            .await
    }

    async fn pool(&self) -> Result<&PgPool, sqlx::Error> {
        let Inner { pool, schema, .. } = &*self.0;
        schema
            .get_or_try_init(async || sqlx::raw_sql(SCHEMA).execute(pool).await.map(|_| ()))
            .await?;
        Ok(pool)
    }
}
