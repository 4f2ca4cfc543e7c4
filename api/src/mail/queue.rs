//! The queue between a request and the mail server: what is slow or down there is not felt here.

use std::time::Duration;

use futures_util::{Stream, StreamExt as _, stream};
use supertokens::{Mailer, mailer::Mail};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::sleep,
};

use super::{Delivery, message::Message};

/// How many mails may wait. More would be sent too late to be of use.
const WAITING: usize = 256;
/// How many are sent at once.
const AT_ONCE: usize = 4;
/// The pauses before further tries, where another try can help.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(10)];

/// Why a mail was not delivered.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct DeliveryError {
    pub text: String,
    /// Another try would end the same.
    pub is_final: bool,
}

/// Sends what is handed in, in a task of its own.
pub struct Queue {
    sender: Sender,
    stop: oneshot::Sender<()>,
    worker: JoinHandle<()>,
}

/// The entrance of the queue.
#[derive(Clone)]
pub struct Sender(mpsc::Sender<Mail>);

impl Queue {
    pub fn start(delivery: Delivery) -> Self {
        let (sender, mails) = mpsc::channel(WAITING);
        let (stop, stopped) = oneshot::channel();
        let worker = tokio::spawn(async move {
            let delivery = &delivery;
            until(mails, stopped)
                .for_each_concurrent(AT_ONCE, |mail| deliver(delivery, mail))
                .await;
        });
        Self { sender: Sender(sender), stop, worker }
    }

    pub fn sender(&self) -> Sender {
        self.sender.clone()
    }

    /// Sends what is waiting, and takes no more.
    pub async fn close(self) {
        drop(self.stop);
        let _ = self.worker.await;
    }
}

impl Mailer for Sender {
    fn is_ready(&self) -> bool {
        self.0.capacity() > 0
    }

    fn send(&self, mail: Mail) {
        if let Err(refused) = self.0.try_send(mail) {
            let kind = refused.into_inner().kind;
            tracing::error!(mail.kind = ?kind, "a mail was not sent: too many are waiting");
        }
    }
}

/// The mails, until `stop` is dropped and those that wait then are gone.
fn until(mails: mpsc::Receiver<Mail>, stop: oneshot::Receiver<()>) -> impl Stream<Item = Mail> {
    stream::unfold((mails, Some(stop)), async |(mut mails, mut stop)| {
        if let Some(signal) = &mut stop {
            tokio::select! {
                biased;
                mail = mails.recv() => return mail.map(|mail| (mail, (mails, stop))),
                _ = signal => mails.close(),
            }
        }
        mails.recv().await.map(|mail| (mail, (mails, None)))
    })
}

async fn deliver(delivery: &Delivery, mail: Mail) {
    let message = Message::new(&mail);
    let mut pauses = PAUSES.iter();
    loop {
        let done = match delivery {
            Delivery::Smtp(smtp) => smtp.send(&mail.to, &message).await,
            Delivery::Outbox(outbox) => outbox.keep(&mail.to, &message).await,
        };
        let Err(error) = done else {
            return;
        };
        let pause = if error.is_final { None } else { pauses.next() };
        let Some(pause) = pause else {
            tracing::error!(mail.kind = ?mail.kind, %error, "a mail was not sent");
            return;
        };
        tracing::warn!(mail.kind = ?mail.kind, %error, "a mail is tried again in {pause:?}");
        sleep(*pause).await;
    }
}
