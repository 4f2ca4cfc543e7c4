//! From variables to a [`Config`]: each is read alone first, so that all faults are told at once.

use std::{env::VarError, fs};

use clap::{
    Arg, Command, CommandFactory as _, FromArgMatches as _,
    error::{ContextKind, ContextValue},
};
use secrecy::SecretString;

use super::{Config, faults::Faults, rules};

/// Stands for a variable that must be set and is not, so that the others can be looked at.
const PLACEHOLDER: &str = "postgres://localhost";

/// No file of one secret is longer.
const MAX_SECRET_FILE: u64 = 64 * 1024;

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

pub(super) fn file_variable(name: &str) -> String {
    format!("{name}_FILE")
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
    let value = given(var, name);
    let variable = file_variable(name);
    let Some(path) = given(var, &variable) else {
        return value;
    };
    if value.is_some() {
        faults.variable(name, format!("{name} and {variable} are both set: set one of them."));
        return None;
    }
    match read_secret(&path) {
        Ok(text) => Some(text),
        Err(why) => {
            let wanted = "It should name a file that holds the secret and nothing else";
            faults.variable(name, format!("{variable} is `{path}`, {why}. {wanted}."));
            None
        }
    }
}

fn read_secret(path: &str) -> Result<String, String> {
    let metadata = fs::metadata(path).map_err(|error| format!("which cannot be read ({error})"))?;
    if metadata.len() > MAX_SECRET_FILE {
        return Err(format!("which has more than {MAX_SECRET_FILE} bytes"));
    }
    let text =
        fs::read_to_string(path).map_err(|error| format!("which cannot be read ({error})"))?;
    // Editors and `echo` end a file with a line break, which is no part of the secret.
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err("which is empty".to_owned()),
        text => Ok(text.to_owned()),
    }
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
