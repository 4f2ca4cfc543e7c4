//! The seam to mail: the recipes say what is to be sent, the application knows how.

use secrecy::SecretString;

/// A mail that a recipe wants sent. Whoever has the link may act for its reader: it belongs into
/// the mail alone, not into a log.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Which of the two mails this is.
    pub kind: MailKind,
    /// The reader's email.
    pub to: String,
    /// Where on the page the reader goes on. Works once, and not for long.
    pub link: SecretString,
}

/// What a mail is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailKind {
    /// A link that resets the password.
    PasswordReset,
    /// A link that verifies the email.
    EmailVerification,
}

/// Takes mails for delivery.
pub trait Mailer: Send + Sync + 'static {
    /// Whether a mail that is sent now will be taken. Asked before anybody is told that one is on its way.
    fn is_ready(&self) -> bool {
        true
    }

    /// Takes a mail and returns at once: an answer that waited for it would tell by its duration
    /// whether there was one.
    fn send(&self, mail: Mail);
}
