//! What is wrong with the sign-in form, each word at its place.

use std::rc::Rc;

use yew::{AttrValue, Reducible};

use crate::services::auth::{EMAIL_TAKEN, Outcome};
use crate::services::error::Error;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthErrors {
    pub email: Option<AttrValue>,
    pub password: Option<AttrValue>,
    /// What concerns no field by itself.
    pub form: Option<AttrValue>,
    /// Counts up with everything that an answer still on its way cannot know of.
    pub turn: u32,
}

/// What has come to light since.
pub enum Finding {
    Nothing,
    All(AuthErrors),
    /// An answer about the address as it was at that turn.
    EmailTaken {
        turn: u32,
    },
    /// A field that is being corrected is not wrong any more, nor is the whole.
    EmailTyped,
    PasswordTyped,
}

impl Reducible for AuthErrors {
    type Action = Finding;

    fn reduce(self: Rc<Self>, finding: Finding) -> Rc<Self> {
        let mut next = Rc::unwrap_or_clone(self);
        next.apply(finding);
        Rc::new(next)
    }
}

impl AuthErrors {
    fn apply(&mut self, finding: Finding) {
        let next = self.turn.wrapping_add(1);
        match finding {
            Finding::Nothing => *self = Self { turn: next, ..Self::default() },
            Finding::All(errors) => *self = Self { turn: next, ..errors },
            Finding::EmailTaken { turn } if turn == self.turn => {
                self.email = Some(EMAIL_TAKEN.into());
            }
            Finding::EmailTaken { .. } => {}
            Finding::EmailTyped => (self.email, self.form, self.turn) = (None, None, next),
            Finding::PasswordTyped => (self.password, self.form) = (None, None),
        }
    }

    /// What need not be sent to be known.
    pub fn missing(email: &str, password: &str) -> Self {
        Self {
            email: email.trim().is_empty().then(|| "Enter your email address.".into()),
            password: password.is_empty().then(|| "Enter your password.".into()),
            ..Self::default()
        }
    }

    pub fn refused(answer: Result<Outcome, Error>) -> Self {
        let mut errors = Self::default();
        match answer {
            Ok(Outcome::Welcome(_) | Outcome::SignedInElsewhere) => {}
            Ok(Outcome::Fields(fields)) => {
                for field in fields {
                    let error = Some(field.error.into());
                    match field.id.as_str() {
                        "email" => errors.email = error,
                        "password" => errors.password = error,
                        _ => errors.form = error,
                    }
                }
            }
            // Which of the two is wrong is nobody's business but the owner's.
            Ok(Outcome::WrongCredentials) => {
                errors.form = Some("That email and password don\u{2019}t match. Try again.".into());
            }
            Ok(Outcome::NotAllowed(reason)) => errors.form = Some(reason.into()),
            Err(error) => errors.form = Some(error.to_string().into()),
        }
        errors
    }

    /// The id of the field to correct first.
    pub fn first_field(&self) -> Option<&'static str> {
        match (&self.email, &self.password) {
            (Some(_), _) => Some("email"),
            (None, Some(_)) => Some("password"),
            (None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::auth::FieldError;

    #[test]
    fn empty_fields_are_told_apart() {
        let errors = AuthErrors::missing(" ", "x");
        assert_eq!(errors.first_field(), Some("email"));
        assert_eq!(errors.password, None);
        assert_eq!(AuthErrors::missing("a@b", "").first_field(), Some("password"));
        assert_eq!(AuthErrors::missing("a@b", "x").first_field(), None);
    }

    #[test]
    fn an_answer_about_the_address_counts_for_that_address_only() {
        let taken = |findings: Vec<Finding>| {
            let mut errors = AuthErrors::default();
            let turn = errors.turn;
            for finding in findings {
                errors.apply(finding);
            }
            errors.apply(Finding::EmailTaken { turn });
            errors.email.is_some()
        };
        assert!(taken(vec![]));
        assert!(taken(vec![Finding::PasswordTyped]));
        assert!(!taken(vec![Finding::EmailTyped]), "another address");
        assert!(!taken(vec![Finding::Nothing]), "another form, or sent");
        assert!(!taken(vec![Finding::All(AuthErrors::default())]), "answered");
    }

    #[test]
    fn a_field_error_stands_at_its_field() {
        let field = |id: &str| FieldError { id: id.to_owned(), error: format!("bad {id}") };
        let errors =
            AuthErrors::refused(Ok(Outcome::Fields(vec![field("password"), field("age")])));
        assert_eq!(errors.password.as_deref(), Some("bad password"));
        assert_eq!(errors.form.as_deref(), Some("bad age"));
    }

    #[test]
    fn wrong_credentials_name_no_field() {
        let errors = AuthErrors::refused(Ok(Outcome::WrongCredentials));
        assert_eq!(errors.first_field(), None);
        assert!(errors.form.is_some());
    }
}
