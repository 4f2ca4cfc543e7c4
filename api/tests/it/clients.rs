//! The official Node SDK, in two versions, with the development Core as its Core: `api/tests/clients`.

use std::{
    path::{Path, PathBuf},
    process::Output,
};

use clock::Clock;
use supertokens_dev_core::Options;
use tokio::task::spawn_blocking;

use crate::support::{
    core::{TestClock, TestCore},
    database::TestDatabase,
    node,
};

/// CDI 5.2.
#[tokio::test]
async fn the_official_sdk_21_works_with_the_development_core() {
    run("supertokens-node-21").await;
}

/// CDI 5.4.
#[tokio::test]
async fn the_official_sdk_24_works_with_the_development_core() {
    run("supertokens-node-24").await;
}

async fn run(sdk: &'static str) {
    // The SDK has a clock of its own, which tells the time.
    let core = TestCore::start_with(TestDatabase::new().await, TestClock::at(0), |options| {
        Options { clock: Clock::system(), ..options }
    })
    .await;
    let uri = core.url();
    let output = spawn_blocking(move || run_tests(sdk, &uri)).await.expect("no panic");
    let Some(output) = output else { return };
    let (said, complaints) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{sdk}:\n{said}\n{complaints}");
    // Node takes a folder without tests for a success.
    assert!(!said.contains("# tests 0"), "{sdk} ran no test:\n{said}");
}

/// Runs the tests of the folder. None without Node.
fn run_tests(sdk: &str, core: &str) -> Option<Output> {
    node::run(sdk, |node| {
        node.args(["--test", "--test-reporter=tap", "--test-concurrency=1"])
            .args(test_files(&node::folder()))
            .env("SDK", sdk)
            .env("CORE_URI", core);
    })
}

fn test_files(folder: &Path) -> Vec<PathBuf> {
    let files = folder.join("tests").read_dir().expect("the folder of tests");
    let mut files: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    files.sort();
    files
}
