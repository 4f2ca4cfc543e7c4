//! The variables, told from what [`Config`](super::Config) says of them: `.env.example` and
//! `docs/configuration.md`.

use std::fmt::Write as _;

use clap::{Arg, CommandFactory as _};
use environment::file_variable;

use super::{
    Config,
    read::{meaning, variable},
};

/// The longest line of `.env.example`.
const WIDTH: usize = 100;

const EXAMPLE: &str = "\
# The settings of the service, with their defaults. `cargo xtask dev` needs none of them: copy this
# file to `.env` and fill in what you change. An empty variable counts as not set, and what the
# environment has already wins. `api config check` tells all that is wrong. A secret can also be in
# a file that NAME_FILE names. Written by `cargo xtask codegen`.
";

const REFERENCE: &str = "\
# Configuration

Environment variables, or lines of a file `.env` in the working directory; what the environment has
already wins. An empty variable counts as not set. `api config check` tells all that is wrong at once,
and so does the start. Written by `cargo xtask codegen`, as [.env.example](../.env.example) is, from
`api/src/config/`, where each is described once.

What has a second name holds a secret, and is never shown. It can be in the file which that name gives
instead, as Docker and systemd hand secrets over: `SMTP_URL_FILE=/run/secrets/smtp`. A line break at
the file's end is no part of it.
";

/// `.env.example`.
#[must_use]
pub fn example() -> String {
    let mut text = EXAMPLE.to_owned();
    let mut section = String::new();
    for argument in Config::command().get_arguments() {
        let Some(name) = variable(argument) else { continue };
        if heading(argument) != section {
            heading(argument).clone_into(&mut section);
            // Writing to a String cannot fail.
            let _ = write!(text, "\n\n# ---- {section} ----\n");
        }
        let meaning = meaning(argument).replace(['`', '<', '>'], "");
        let _ = write!(text, "\n{}{name}={}\n", comment(&meaning), default(argument));
    }
    text
}

/// `docs/configuration.md`.
#[must_use]
pub fn reference() -> String {
    let mut text = REFERENCE.to_owned();
    let mut section = String::new();
    for argument in Config::command().get_arguments() {
        let Some(name) = variable(argument) else { continue };
        if heading(argument) != section {
            heading(argument).clone_into(&mut section);
            let _ =
                write!(text, "\n## {section}\n\n| variable | what | default |\n|---|---|---|\n");
        }
        let default = match default(argument) {
            text if text.is_empty() => "–".to_owned(),
            text => format!("`{text}`"),
        };
        let name = if argument.is_hide_env_values_set() {
            format!("`{name}`, `{}`", file_variable(name))
        } else {
            format!("`{name}`")
        };
        let _ =
            writeln!(text, "| {name} | {} | {default} |", meaning(argument).replace('|', "\\|"));
    }
    text
}

fn heading(argument: &Arg) -> &str {
    argument.get_help_heading().unwrap_or("Other")
}

fn default(argument: &Arg) -> String {
    let values = argument.get_default_values().iter();
    values.map(|value| value.to_string_lossy()).collect::<Vec<_>>().join(",")
}

/// Lines that begin with `#`.
fn comment(text: &str) -> String {
    let mut lines = String::new();
    let mut line = String::from("#");
    for word in text.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push_str(&line);
            lines.push('\n');
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    lines + &line + "\n"
}

#[cfg(test)]
mod tests {
    use super::{super::tests::read, *};

    #[test]
    fn the_example_holds() {
        let example = example();
        let lines = example.lines().filter(|line| !line.starts_with('#'));
        let vars: Vec<_> = lines.filter_map(|line| line.split_once('=')).collect();
        assert_eq!(vars.iter().map(|(name, _)| *name).collect::<Vec<_>>(), Config::variables());
        let filled: Vec<_> = vars.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        assert_eq!(read(&filled).unwrap().port, 3000);
        assert!(example.lines().all(|line| line.chars().count() <= WIDTH));
    }

    #[test]
    fn every_variable_has_a_section_and_is_described_in_one_line() {
        let command = Config::command();
        for argument in command.get_arguments().filter(|argument| variable(argument).is_some()) {
            assert!(argument.get_help_heading().is_some(), "{:?}", argument.get_id());
            assert!(meaning(argument).len() > 10, "{:?}", argument.get_id());
        }
        assert!(reference().contains("| `SMTP_URL`, `SMTP_URL_FILE` | The mail server"));
    }
}
