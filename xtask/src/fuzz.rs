//! Goes on for as long as it is told with what the tests try for moments: `api/tests/it/fuzz`.

use anyhow::{Result, ensure};
use clap::Args;

use crate::{
    postgres::{self, Cluster},
    run::{self, IdleTimeout},
    step::step,
    workspace,
};

#[derive(Args)]
pub struct Options {
    /// How long all targets together may take
    #[arg(long, default_value_t = 60)]
    minutes: u64,
}

/// Each of them runs by itself, one after the other.
const TARGETS: [&str; 5] = [
    "no_header_is_a_fault_of_ours_or_a_session_of_nobody",
    "no_body_is_a_fault_of_ours",
    "no_cursor_is_a_fault_of_ours",
    "no_answer_of_a_core_is_more_than_a_short_error",
    "no_answer_of_a_provider_is_a_fault_of_ours",
];

pub fn run(options: &Options) -> Result<()> {
    postgres::sweep();
    let seconds = options.minutes * 60 / TARGETS.len() as u64;
    ensure!(seconds > 0, "--minutes has to be 1 or more");
    let cluster = step("PostgreSQL for the tests", Cluster::throw_away)?;
    for target in TARGETS {
        let mut cargo = workspace::cargo();
        cargo.arg("test").args(workspace::MEMBERS).args(["--all-features", "--test", "it"]);
        cargo.args(["--", "--nocapture", target]);
        cargo.env("TEST_DATABASE_URL", cluster.superuser_url());
        cargo.env("FUZZ_SECONDS", seconds.to_string());
        step(&format!("{target}, {seconds} s"), |step| {
            run::streamed(&mut cargo, IdleTimeout::Measurement, step)
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn every_target_is_a_test() {
        let folder = workspace::root().join("api/tests/it/fuzz");
        let files = fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("a file"));
        let text: String =
            files.map(|file| fs::read_to_string(file.path()).expect("a text")).collect();
        for target in TARGETS {
            assert!(text.contains(&format!("#[test]\nfn {target}()")), "{target}");
        }
        assert_eq!(text.matches("    fuzz(&runtime, ").count(), TARGETS.len());
    }
}
