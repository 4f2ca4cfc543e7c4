//! What comes in from outside, made by chance from what is well formed: nothing of it may panic, count for
//! good, or be answered as a fault of ours.
//!
//! Some cases of each in every run of the tests; `cargo xtask fuzz --minutes 60` goes on for an hour.

mod change;
mod core;
mod graphql;
mod provider;
mod session;

use std::{
    env,
    time::{Duration, Instant},
};

use proptest::{
    strategy::Strategy,
    test_runner::{Config, TestCaseResult, TestRunner},
};
use tokio::runtime::Runtime;

/// Cases of a run that is not told how long it may take.
const CASES: u32 = 128;

/// Tries what `strategy` makes, until `FUZZ_SECONDS` are over where they are set.
fn fuzz<T: std::fmt::Debug>(
    runtime: &Runtime,
    strategy: &impl Strategy<Value = T>,
    test: impl AsyncFn(T) -> TestCaseResult,
) {
    let seconds = env::var("FUZZ_SECONDS").ok().map(|text| text.parse().expect("a number"));
    let until = Instant::now() + Duration::from_secs(seconds.unwrap_or(0));
    let mut cases = 0;
    loop {
        let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
        let outcome = TestRunner::new(config).run(strategy, |case| runtime.block_on(test(case)));
        outcome.expect("holds, whatever comes in");
        cases += CASES;
        if Instant::now() >= until {
            break;
        }
    }
    println!("{cases} cases");
}
