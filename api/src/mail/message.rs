//! What mails say.

use secrecy::ExposeSecret;
use supertokens::mailer::{Mail, MailKind};

/// A mail in words: the same in plain text and in HTML.
pub struct Message {
    pub subject: &'static str,
    pub text: String,
    pub html: String,
}

impl Message {
    pub fn new(mail: &Mail) -> Self {
        let words = Words::of(mail.kind);
        let link = mail.link.expose_secret();
        let Words { subject, opening, action, closing } = words;
        Self {
            subject,
            text: format!("{opening}\n\n{action}:\n{link}\n\n{closing}\n"),
            html: format!(
                "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{subject}</title>\
                 <body style=\"font-family: sans-serif; line-height: 1.5\">\
                 <p>{opening}</p><p><a href=\"{link}\">{action}</a></p>\
                 <p style=\"color: #555\">{closing}</p></body></html>\n",
                link = escape(link),
            ),
        }
    }
}

/// The parts of a mail. None of them needs escaping.
struct Words {
    subject: &'static str,
    opening: &'static str,
    action: &'static str,
    closing: &'static str,
}

impl Words {
    fn of(kind: MailKind) -> Self {
        match kind {
            MailKind::PasswordReset => Self {
                subject: "Choose a new password",
                opening: "Somebody, probably you, asked for a new password for your todos.",
                action: "Choose a new password",
                closing: "The link works once and not for long. If you did not ask for it, leave it: \
                          your password stays as it is.",
            },
            MailKind::EmailVerification => Self {
                subject: "Verify your email",
                opening: "Somebody, probably you, signed up for todos with this email.",
                action: "Verify your email",
                closing: "The link works once and not for long. If you did not sign up, leave it.",
            },
        }
    }
}

/// Makes a text safe within HTML, in attributes, too.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_parts_have_the_link_and_the_html_one_escapes_it() {
        for kind in [MailKind::PasswordReset, MailKind::EmailVerification] {
            let link = "http://localhost:3000/auth/x?token=\"><script>&tenantId=public";
            let mail = Mail { kind, to: "ada@example.com".into(), link: link.into() };
            let message = Message::new(&mail);
            assert!(message.text.contains(&format!("\n{link}\n")), "{}", message.text);
            let escaped = "token=&quot;&gt;&lt;script&gt;&amp;tenantId=public\">";
            assert!(message.html.contains(escaped), "{}", message.html);
            assert!(!format!("{mail:?}").contains("token="), "{mail:?}");
        }
    }
}
