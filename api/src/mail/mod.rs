//! How the mails that the recipes want sent reach their readers: by a mail server, or, while one
//! develops without one, on a page.

mod message;
mod outbox;
mod page;
mod queue;
mod smtp;

use clock::Clock;
use supertokens::Mailer;

use std::sync::Arc;

pub use self::{outbox::Outbox, page::page};
use self::{queue::Queue, smtp::Smtp};
use crate::config::Config;

/// Where mails go.
enum Delivery {
    Smtp(Smtp),
    Outbox(Outbox),
}

/// The mail service.
pub struct Post {
    queue: Queue,
    outbox: Option<Outbox>,
}

impl Post {
    /// Asks nothing of a server or database yet: they may come later.
    pub fn open(config: &Config, clock: Clock) -> anyhow::Result<Self> {
        let outbox = match (&config.smtp_url, &config.database_url) {
            (None, Some(database_url)) => {
                let page = config.api_domain().join("dev/mail")?;
                Some(Outbox::new(database_url, page, clock)?)
            }
            _ => None,
        };
        let delivery = match (&outbox, &config.smtp_url, &config.mail_from) {
            (Some(outbox), ..) => Delivery::Outbox(outbox.clone()),
            (None, Some(url), Some(from)) => Delivery::Smtp(Smtp::new(url, from.clone())?),
            _ => anyhow::bail!("SMTP_URL and MAIL_FROM are not set"),
        };
        Ok(Self { queue: Queue::start(delivery), outbox })
    }

    /// Where the recipes hand in their mails.
    pub fn mailer(&self) -> Arc<dyn Mailer> {
        Arc::new(self.queue.sender())
    }

    /// The mails that are kept, if no server sends them.
    pub fn outbox(&self) -> Option<Outbox> {
        self.outbox.clone()
    }

    /// Sends what is waiting, and takes no more.
    pub async fn close(self) {
        self.queue.close().await;
    }
}
