//! Commands of ours in the documents: each is asked for its help, with all that it is called with.

use std::{
    collections::BTreeSet,
    process::{Command, Stdio},
};

use anyhow::{Context, Result};
use clap::CommandFactory as _;

use super::{Document, blocks};
use crate::{
    Arguments, programs,
    workspace::{self, Profile},
};

/// Each command of the document that is none. The programs have to be built.
pub fn faults(document: &Document) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for call in calls(&document.text) {
        if let Some(said) = complaint(&call)? {
            faults.push(format!("{}: `{}`: {said}", document.name, call.join(" ")));
        }
    }
    Ok(faults)
}

/// Lines of shell blocks and inline code that begin with a program of ours, word by word.
fn calls(text: &str) -> BTreeSet<Vec<&str>> {
    let lines = blocks(text).into_iter().filter(|(language, _)| *language == "sh");
    let lines = lines.flat_map(|(_, lines)| lines);
    let inline = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    lines.chain(inline).filter_map(call).collect()
}

fn call(line: &str) -> Option<Vec<&str>> {
    let line = line.split(" # ").next().unwrap_or(line);
    let mut words: Vec<&str> = Vec::new();
    for word in line.split_whitespace().skip_while(|word| word.contains('=')) {
        // An ellipsis stands for anything: for a value, or for whatever could follow.
        match words.last() {
            Some(last) if word == "…" && last.starts_with("--") => words.push("X"),
            _ if word == "…" => {}
            _ => words.push(word),
        }
    }
    let words = match words.as_slice() {
        ["cargo", "run", "-p", program @ ("api" | "migration"), rest @ ..] => {
            let rest = rest.strip_prefix(&["--"]).unwrap_or(rest);
            [&[*program], rest].concat()
        }
        ["cargo", "xtask", "api", rest @ ..] | ["target/dist/api", rest @ ..] => {
            [&["api"], rest].concat()
        }
        _ => words,
    };
    matches!(words.as_slice(), ["api" | "migration", ..] | ["cargo", "xtask", _, ..])
        .then_some(words)
}

/// What the program has against it.
fn complaint(call: &[&str]) -> Result<Option<String>> {
    let (program, arguments) = match call {
        ["cargo", "xtask", ..] => {
            // The first word is the program's name.
            let parsed = Arguments::command().try_get_matches_from(&call[1..]);
            return Ok(parsed.err().map(|error| first_line(&error.to_string())));
        }
        [program, arguments @ ..] => (*program, arguments),
        [] => return Ok(None),
    };
    let mut command = Command::new(programs::path(program, Profile::Dev));
    command.args(arguments.iter().map(|word| word.trim_matches(['\'', '"']))).arg("--help");
    workspace::forget(&mut command);
    let output = command.current_dir(workspace::root()).stdin(Stdio::null()).output();
    let output =
        output.with_context(|| format!("{program} is not built: run `cargo xtask codegen`"))?;
    let complains = !output.status.success();
    Ok(complains.then(|| first_line(&String::from_utf8_lossy(&output.stderr))))
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or("it fails").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_of_ours_are_found() {
        let text = "`cargo xtask dev`, `cargo xtask` or `cargo test`\n```sh\n\
                    RLS_CLAIMS=signed api serve # now\ncargo run -p api -- roles list …\nls\n\
                    api rls-lint --url …\n```\n";
        let found: Vec<_> = calls(text).into_iter().map(|call| call.join(" ")).collect();
        assert_eq!(
            found,
            ["api rls-lint --url X", "api roles list", "api serve", "cargo xtask dev"]
        );
    }

    #[test]
    fn a_command_that_is_not_there_is_told() {
        let told = |call: &str| complaint(&call.split(' ').collect::<Vec<_>>()).unwrap();
        assert_eq!(told("cargo xtask dev --port 4000"), None);
        assert!(told("cargo xtask deploy").unwrap().contains("deploy"));
        assert!(told("cargo xtask dev --prot 4000").unwrap().contains("--prot"));
    }
}
