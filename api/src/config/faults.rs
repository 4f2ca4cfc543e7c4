//! What is wrong with the environment: all of it, not what was found first.

use std::fmt;

/// Variables that cannot be used. The text names each, what it holds (no secret) and what it should be.
#[derive(Debug, Default)]
pub struct Faults {
    texts: Vec<String>,
    /// Variables whose own text is wrong: what they have to do with others is not known.
    unreadable: Vec<String>,
}

impl Faults {
    /// One variable, looked at alone.
    pub(super) fn variable(&mut self, name: &str, text: String) {
        self.texts.push(text);
        self.unreadable.push(name.to_owned());
    }

    /// Variables that do not go together.
    pub(super) fn rule(&mut self, names: &[&str], text: impl Into<String>) {
        if !names.iter().any(|name| self.unreadable.iter().any(|other| other == name)) {
            self.texts.push(text.into());
        }
    }

    pub(super) fn into_result<T>(self, value: T) -> Result<T, Self> {
        if self.texts.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [text] = &self.texts[..] {
            return f.write_str(text);
        }
        write!(f, "{} settings cannot be used:", self.texts.len())?;
        self.texts.iter().try_for_each(|text| write!(f, "\n- {text}"))
    }
}

impl std::error::Error for Faults {}
