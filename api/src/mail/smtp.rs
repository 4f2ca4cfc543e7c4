//! Delivery to a mail server by SMTP (RFC 5321).

use std::{net::IpAddr, time::Duration};

use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message as Email, Tokio1Executor,
    message::{Mailbox, MultiPart},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::timeout;
use url::{Host, Url};

use super::{message::Message, queue::DeliveryError};

/// For one command of the protocol.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(10);
/// For a whole mail.
const MAIL_TIMEOUT: Duration = Duration::from_secs(30);

/// A mail server, with connections that are used again.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Smtp {
    pub fn new(url: &SecretString, from: Mailbox) -> anyhow::Result<Self> {
        let url = encrypted(url.expose_secret())?;
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str())
            // Without the error: it could show the URL, and in it the password.
            .map_err(|_| anyhow::anyhow!("SMTP_URL cannot be used"))?
            .timeout(Some(COMMAND_TIMEOUT))
            .build();
        Ok(Self { transport, from })
    }

    pub async fn send(&self, to: &str, message: &Message) -> Result<(), DeliveryError> {
        let email = self
            .email(to, message)
            .map_err(|error| DeliveryError { text: error.to_string(), is_final: true })?;
        match timeout(MAIL_TIMEOUT, self.transport.send(email)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => {
                Err(DeliveryError { is_final: error.is_permanent(), text: error.to_string() })
            }
            Err(_) => Err(DeliveryError { text: "took too long".into(), is_final: false }),
        }
    }

    fn email(&self, to: &str, message: &Message) -> anyhow::Result<Email> {
        let parts = MultiPart::alternative_plain_html(message.text.clone(), message.html.clone());
        Ok(Email::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to.parse()?))
            .subject(message.subject)
            .message_id(None)
            .multipart(parts)?)
    }
}

/// Asks for STARTTLS where the URL leaves it open: name, password and links are secrets. Not on
/// this machine, where nobody listens in and servers for tests have no certificate.
fn encrypted(url: &str) -> anyhow::Result<Url> {
    let mut url = Url::parse(url).map_err(|_| anyhow::anyhow!("SMTP_URL is not a URL"))?;
    let is_chosen = url.scheme() == "smtps" || url.query_pairs().any(|(name, _)| name == "tls");
    if !is_chosen && !is_loopback(&url) {
        url.query_pairs_mut().append_pair("tls", "required");
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        // Of this scheme the parser takes addresses for names.
        Some(Host::Domain(name)) => {
            name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
        }
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_never_travels_in_the_clear_unasked() {
        for (url, expected) in [
            ("smtp://u:p@mail.example.com:587", "smtp://u:p@mail.example.com:587?tls=required"),
            ("smtps://u:p@mail.example.com", "smtps://u:p@mail.example.com"),
            ("smtp://10.0.0.1", "smtp://10.0.0.1?tls=required"),
            ("smtp://127.0.0.1:2525", "smtp://127.0.0.1:2525"),
            ("smtp://[::1]:2525", "smtp://[::1]:2525"),
            ("smtp://localhost:2525", "smtp://localhost:2525"),
            (
                "smtp://mail.example.com?tls=opportunistic",
                "smtp://mail.example.com?tls=opportunistic",
            ),
        ] {
            assert_eq!(encrypted(url).unwrap().as_str(), expected);
        }
    }
}
