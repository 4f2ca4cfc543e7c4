//! From variables to a [`Config`]: each is read alone first, so that all faults are told at once.

use std::env::VarError;

use clap::{
    Arg, Command, CommandFactory as _, FromArgMatches as _,
    error::{ContextKind, ContextValue},
};
use environment::file_variable;
use secrecy::SecretString;

use super::{Config, faults::Faults, rules};

/// Stands for a variable that must be set and is not, so that the others can be looked at.
const PLACEHOLDER: &str = "postgres://localhost";

impl Config {
    /// Reads the environment. An empty variable counts as not set. A secret can be in a file that
    /// `NAME_FILE` names.
    pub fn from_env() -> Result<Self, Faults> {
        let mut faults = Faults::default();
        for name in Self::variables() {
            for name in [&name, &file_variable(&name)] {
                if let Err(VarError::NotUnicode(_)) = std::env::var(name) {
                    faults.variable(name, format!("{name} is not UTF-8."));
                }
            }
        }
        Self::read(&|name| std::env::var(name).ok(), faults)
    }

    /// One secret alone, for a command that needs no more.
    pub fn secret_from_env(name: &str) -> Result<Option<SecretString>, Faults> {
        let mut faults = Faults::default();
        let value = secret(&|name| std::env::var(name).ok(), name, &mut faults);
        faults.into_result(value.map(SecretString::from))
    }

    /// The URL of a database alone, for a command that needs no more. Production requires the same of it as the service.
    pub fn database_from_env(name: &str) -> Result<Option<SecretString>, Faults> {
        let url = Self::secret_from_env(name)?;
        let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|text| text == value);
        let requires_tls =
            is("APP_ENV", "production") && !is("DATABASE_ALLOW_UNVERIFIED_TLS", "true");
        let mut faults = Faults::default();
        if let Some(Err(text)) =
            url.as_ref().map(|url| rules::check_database(name, url, requires_tls))
        {
            faults.variable(name, text);
        }
        faults.into_result(url)
    }

    /// Reads variables by name.
    pub fn from_vars(var: impl Fn(&str) -> Option<String>) -> Result<Self, Faults> {
        Self::read(&var, Faults::default())
    }

    /// The names of the variables.
    pub(super) fn variables() -> Vec<String> {
        let command = Self::command();
        command.get_arguments().filter_map(variable).map(str::to_owned).collect()
    }

    fn read(var: &dyn Fn(&str) -> Option<String>, mut faults: Faults) -> Result<Self, Faults> {
        let Some(mut config) = Self::parse(var, &mut faults, |_| true) else { return Err(faults) };
        config.providers = config.provider_vars.read(var, &mut faults);
        config.dashboard = config.dashboard_vars.read(config.environment);
        rules::check(&config, &mut faults);
        faults.into_result(config)
    }

    /// Reads the `wanted` variables alone: the others have their defaults, and required ones hold nothing to use.
    pub(super) fn parse(
        var: &dyn Fn(&str) -> Option<String>,
        faults: &mut Faults,
        wanted: impl Fn(&str) -> bool,
    ) -> Option<Self> {
        let command = Self::command();
        let mut arguments = vec![command.get_name().to_owned()];
        for argument in command.get_arguments() {
            let (Some(name), Some(long)) = (variable(argument), argument.get_long()) else {
                continue;
            };
            if !wanted(name) {
                if argument.is_required_set() {
                    arguments.push(format!("--{long}={PLACEHOLDER}"));
                }
                continue;
            }
            let value = if argument.is_hide_env_values_set() {
                secret(var, name, faults)
            } else {
                given(var, name)
            };
            let is_usable = match &value {
                Some(value) => is_usable(argument, name, value, faults),
                None if argument.is_required_set() => {
                    let text = format!("{name} is not set. It should be: {}", meaning(argument));
                    faults.variable(name, text);
                    false
                }
                None => true,
            };
            match value {
                Some(value) if is_usable => arguments.push(format!("--{long}={value}")),
                _ if argument.is_required_set() => {
                    arguments.push(format!("--{long}={PLACEHOLDER}"));
                }
                _ => {}
            }
        }
        // Given as arguments, so that an empty variable is not read behind our back.
        let command = command.mut_args(|argument| argument.env(None::<&str>));
        let read = command.try_get_matches_from(arguments);
        match read.and_then(|matches| Self::from_arg_matches(&matches)) {
            Ok(config) => Some(config),
            Err(error) => {
                faults.rule(&[], error.to_string());
                None
            }
        }
    }
}

pub(super) fn variable(argument: &Arg) -> Option<&str> {
    argument.get_env()?.to_str()
}

/// What a variable holds. An empty one counts as not set.
pub(super) fn given(var: &dyn Fn(&str) -> Option<String>, name: &str) -> Option<String> {
    var(name).filter(|value| !value.is_empty())
}

/// A secret, from its variable or from the file that `NAME_FILE` names.
pub(super) fn secret(
    var: &dyn Fn(&str) -> Option<String>,
    name: &str,
    faults: &mut Faults,
) -> Option<String> {
    environment::secret(var, name).unwrap_or_else(|error| {
        faults.variable(name, error.to_string());
        None
    })
}

/// Whether clap takes this text for this argument, looked at as if there were no other.
fn is_usable(argument: &Arg, name: &str, value: &str, faults: &mut Faults) -> bool {
    let long = argument.get_long().unwrap_or_default();
    let alone = argument.clone().env(None::<&str>).required(false);
    let read =
        Command::new("api").arg(alone).try_get_matches_from(["api", &format!("--{long}={value}")]);
    let Err(error) = read else { return true };
    let holds = if argument.is_hide_env_values_set() {
        "holds something else".to_owned()
    } else {
        // Of a list, the one that is wrong.
        let wrong = match error.get(ContextKind::InvalidValue) {
            Some(ContextValue::String(text)) if !text.is_empty() => text,
            _ => value,
        };
        format!("is `{wrong}`")
    };
    faults.variable(name, format!("{name} {holds}. It should be: {}", meaning(argument)));
    false
}

/// What the variable is to be, in sentences: clap takes the last full stop away.
pub(super) fn meaning(argument: &Arg) -> String {
    let text = argument.get_help().map(ToString::to_string).unwrap_or_default();
    if text.ends_with(['.', '…']) { text } else { text + "." }
}
