//! The short form of `cargo xtask load`: everybody at once, for some seconds.

use std::{collections::BTreeSet, fs, time::Duration};

use crate::support::{
    database::TestDatabase,
    load::{Crowd, Kind, Load},
    program::{Program, memory},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_writes_sign_ins_refreshes_and_sockets_go_on_beside_each_other() {
    const SLACK: u64 = 32 * 1024;
    /// On a machine that does much else.
    const PATIENCE: Duration = Duration::from_mins(1);
    let database = TestDatabase::migrated().await;
    let limits = ["RATE_LIMIT_ADDRESS", "RATE_LIMIT_ACCOUNT", "RATE_LIMIT_ACCOUNT_TOTAL"];
    let program = Program::start(&database, &limits.map(|limit| (limit, "off"))).await;
    let load = Load {
        users: 10,
        sockets: 40,
        workers: 8,
        duration: Duration::from_secs(4),
        rate: Some(60.0),
    };
    let mut crowd = Crowd::gather(&program.url, &load).await;
    // What is made once is made.
    for warm in [crowd.renew(20).await, crowd.work(&load).await] {
        assert_eq!((warm.faults, &warm.told), (0, &Vec::new()));
    }
    let before = memory(program.id());
    let outcome = crowd.work(&load).await;
    assert_eq!((outcome.faults, &outcome.told), (0, &Vec::new()));
    let kinds: BTreeSet<_> = outcome.samples.iter().map(|sample| sample.kind).collect();
    assert!(kinds.len() >= Kind::ALL.len() - 1, "a sign-in is rare: {kinds:?}");
    for sample in &outcome.samples {
        assert!(sample.at < load.duration && sample.took < PATIENCE, "{sample:?}");
    }
    assert!(outcome.took >= load.duration / 2);
    assert!(outcome.events > 0, "each change is told to its user's sockets");
    let after = memory(program.id());
    assert!(after < before + SLACK, "{before} kB, then {after} kB");
}

/// It would fill them up to 2 MB after minutes, which looks like a leak (`server/memory.rs`).
#[tokio::test]
async fn the_system_leaves_the_pages_of_memory_small() {
    let database = TestDatabase::migrated().await;
    let program = Program::start(&database, &[]).await;
    let status = fs::read_to_string(format!("/proc/{}/status", program.id())).expect("Linux");
    assert!(status.lines().any(|line| line == "THP_enabled:\t0"), "{status}");
}
