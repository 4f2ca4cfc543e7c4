//! `schema-diff OLD NEW`: what of the change between two schemas breaks clients. Fails when something does.

mod change;
mod diff;
mod kinds;
mod types;

use std::{env, fs, process::ExitCode};

use anyhow::{Context, Result, bail};
use change::Severity;

fn main() -> ExitCode {
    match run() {
        Ok(Severity::Breaking) => ExitCode::FAILURE,
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Prints the changes, the worst first, and answers how bad it is.
fn run() -> Result<Severity> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [old, new] = &arguments[..] else { bail!("usage: schema-diff OLD NEW") };
    let read = |path: &String| {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
        Ok::<_, anyhow::Error>((path.clone(), text))
    };
    let ((old, old_text), (new, new_text)) = (read(old)?, read(new)?);
    let parse = |path, text| diff::parse(text).with_context(|| format!("{path} is no schema"));
    let changes = diff::changes(&parse(&old, &old_text)?, &parse(&new, &new_text)?);
    for change in &changes {
        println!("{change}");
    }
    Ok(changes.iter().map(|change| change.severity).max().unwrap_or(Severity::Safe))
}
