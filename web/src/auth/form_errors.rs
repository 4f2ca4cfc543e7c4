//! What is wrong with a form, each word at its place.

use std::rc::Rc;

use yew::{AttrValue, Reducible};

use crate::auth::fdi::{FieldError, Outcome};
use crate::auth::forms::FieldSpec;
use crate::client::error::Error;

/// The server's own words for it, said before the form is sent.
const EMAIL_TAKEN: &str = "This email already exists. Please sign in instead.";

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormErrors {
    /// One a field.
    fields: Vec<FieldError>,
    /// What concerns no field by itself.
    pub form: Option<AttrValue>,
    /// Counts up with everything that an answer still on its way cannot know of.
    pub turn: u32,
}

/// What has come to light since.
pub enum Finding {
    Nothing,
    All(FormErrors),
    /// An answer about the address as it was at that turn.
    EmailTaken {
        turn: u32,
    },
    /// A field that is being corrected is not wrong any more, nor is the whole.
    Typed(&'static str),
}

impl Reducible for FormErrors {
    type Action = Finding;

    fn reduce(self: Rc<Self>, finding: Finding) -> Rc<Self> {
        let mut next = Rc::unwrap_or_clone(self);
        next.apply(finding);
        Rc::new(next)
    }
}

impl FormErrors {
    fn apply(&mut self, finding: Finding) {
        let next = self.turn.wrapping_add(1);
        match finding {
            Finding::Nothing => *self = Self { turn: next, ..Self::default() },
            Finding::All(errors) => *self = Self { turn: next, ..errors },
            Finding::EmailTaken { turn } if turn == self.turn => self.put("email", EMAIL_TAKEN),
            Finding::EmailTaken { .. } => {}
            Finding::Typed(id) => {
                self.take(id);
                self.form = None;
                if id == "email" {
                    self.turn = next;
                }
            }
        }
    }

    fn put(&mut self, id: &str, error: &str) {
        self.take(id);
        self.fields.push(FieldError { id: id.to_owned(), error: error.to_owned() });
    }

    fn take(&mut self, id: &str) {
        self.fields.retain(|field| field.id != id);
    }

    /// What need not be sent to be known.
    pub fn missing(specs: &[FieldSpec], values: &[AttrValue]) -> Self {
        let mut errors = Self::default();
        for (spec, value) in specs.iter().zip(values) {
            // Spaces are a password, if an odd one.
            let is_empty = if spec.is_password() { value } else { value.trim() }.is_empty();
            if is_empty {
                errors.put(spec.id, spec.missing);
            }
        }
        errors
    }

    /// What to say of a form with these fields; nothing where it was no refusal.
    pub fn refused(specs: &[FieldSpec], answer: Result<Outcome, Error>) -> Self {
        let mut errors = Self::default();
        match answer {
            Ok(Outcome::Fields(fields)) => {
                for FieldError { id, error } in fields {
                    if specs.iter().any(|spec| spec.id == id) {
                        errors.put(&id, &error);
                    } else {
                        errors.form = Some(error.into());
                    }
                }
            }
            // Which of the two is wrong is nobody's business but the owner's.
            Ok(Outcome::WrongCredentials) => {
                errors.form = Some("That email and password don\u{2019}t match. Try again.".into());
            }
            Ok(Outcome::NotAllowed(reason)) => errors.form = Some(reason.into()),
            Ok(_) => {}
            Err(error) => errors.form = Some(error.to_string().into()),
        }
        errors
    }

    pub fn of(&self, id: &str) -> Option<AttrValue> {
        let found = self.fields.iter().find(|field| field.id == id);
        found.map(|field| field.error.clone().into())
    }

    /// The id of the field to correct first.
    pub fn first_field(&self, specs: &[FieldSpec]) -> Option<&'static str> {
        specs.iter().map(|spec| spec.id).find(|id| self.of(id).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::forms::Form;

    fn missing(email: &'static str, password: &'static str) -> FormErrors {
        FormErrors::missing(Form::SignIn.fields(), &[email.into(), password.into()])
    }

    fn refused(answer: Result<Outcome, Error>) -> FormErrors {
        FormErrors::refused(Form::SignIn.fields(), answer)
    }

    #[test]
    fn empty_fields_are_told_apart() {
        let first = |errors: FormErrors| errors.first_field(Form::SignIn.fields());
        let errors = missing(" ", "x");
        assert_eq!(errors.of("password"), None);
        assert_eq!(first(errors), Some("email"));
        assert_eq!(first(missing("a@b", "")), Some("password"));
        assert_eq!(first(missing("a@b", " ")), None);
    }

    #[test]
    fn an_answer_about_the_address_counts_for_that_address_only() {
        let taken = |findings: Vec<Finding>| {
            let mut errors = FormErrors::default();
            let turn = errors.turn;
            for finding in findings {
                errors.apply(finding);
            }
            errors.apply(Finding::EmailTaken { turn });
            errors.of("email").is_some()
        };
        assert!(taken(vec![]));
        assert!(taken(vec![Finding::Typed("password")]));
        assert!(!taken(vec![Finding::Typed("email")]), "another address");
        assert!(!taken(vec![Finding::Nothing]), "another form, or sent");
        assert!(!taken(vec![Finding::All(FormErrors::default())]), "answered");
    }

    #[test]
    fn what_is_typed_settles_its_own_field_and_the_whole() {
        let mut errors = missing("", "");
        errors.form = Some("Try again.".into());
        errors.apply(Finding::Typed("password"));
        assert_eq!((errors.of("password"), &errors.form), (None, &None));
        assert!(errors.of("email").is_some());
    }

    #[test]
    fn a_field_error_stands_at_its_field() {
        let field = |id: &str| FieldError { id: id.to_owned(), error: format!("bad {id}") };
        let errors = refused(Ok(Outcome::Fields(vec![field("password"), field("age")])));
        assert_eq!(errors.of("password").as_deref(), Some("bad password"));
        assert_eq!(errors.form.as_deref(), Some("bad age"));
    }

    #[test]
    fn wrong_credentials_name_no_field() {
        let errors = refused(Ok(Outcome::WrongCredentials));
        assert_eq!(errors.first_field(Form::SignIn.fields()), None);
        assert!(errors.form.is_some());
    }

    #[test]
    fn a_reason_is_said_in_the_servers_words() {
        let reason = || "Ask later.".to_owned();
        for answer in [Ok(Outcome::NotAllowed(reason())), Err(Error::BadInput(reason()))] {
            assert_eq!(refused(answer).form.as_deref(), Some("Ask later."));
        }
    }
}
