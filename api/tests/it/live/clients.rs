//! Subscriptions of graphql-ws, urql and Apollo Client, by the snippets of `docs/api.md`.

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader},
    process::{Child, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use tokio::task::spawn_blocking;

use super::socket::expiry;
use crate::support::{app::TestApp, core::TestClock, node};

const CLIENTS: [&str; 3] = ["graphql-ws", "urql", "apollo"];
/// For what must come, on a busy machine.
const TIMEOUT: Duration = Duration::from_mins(2);

/// A running script and the lines that it prints.
struct Script {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Script {
    /// None without Node.
    fn start(arguments: &[&str]) -> Option<Self> {
        let mut child = node::start("graphql-ws", |node| {
            node.arg("graphql/subscriptions.mjs").args(arguments).stdout(Stdio::piped());
        })?;
        let output = child.stdout.take().expect("piped");
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            BufReader::new(output)
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| sender.send(line))
        });
        Some(Self { child, lines })
    }

    /// Waits until each client has printed this event. The lines of clients that are neither of these events.
    fn wait_for(&self, event: &str) -> Vec<String> {
        let mut missing =
            CLIENTS.map(|client| format!("{client} {event}")).into_iter().collect::<BTreeSet<_>>();
        let mut others = Vec::new();
        while !missing.is_empty() {
            let line = self.lines.recv_timeout(TIMEOUT);
            let line = line.unwrap_or_else(|_| panic!("{missing:?} did not come"));
            if !missing.remove(&line) {
                others.push(line);
            }
        }
        others
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn standard_clients_refresh_and_reconnect_when_the_token_expires() {
    let clock = TestClock::at(1_800_000_000_000);
    let app = TestApp::start_with(&[], clock.clock()).await;
    app.state.live.listening().await;
    let ada = app.guest("ada").await;
    let started = Script::start(&[&app.url, &ada.access_token, &ada.refresh_token]);
    let Some(script) = started else { return };
    let wait_for = async |script: Script, event: &'static str| {
        spawn_blocking(move || {
            let others = script.wait_for(event);
            (script, others)
        })
        .await
        .expect("the events come")
    };
    let (script, _) = wait_for(script, "REFETCH").await;
    ada.add("one").await;
    let (script, others) = wait_for(script, "ADDED one").await;
    assert_eq!(others, [""; 0]);

    clock.set(expiry(&app.claims(&ada).await));
    let (script, others) = wait_for(script, "REFETCH").await;
    assert!(others.contains(&"refresh 200".to_owned()), "{others:?}");
    let ada = app.guest("ada").await;
    ada.add("two").await;
    wait_for(script, "ADDED two").await;
}

#[test]
fn snippets_of_the_documentation_are_those_of_the_tests() {
    let document = include_str!("../../../../docs/api.md");
    for snippet in [
        include_str!("../../clients/graphql/snippets/graphql-ws.mjs"),
        include_str!("../../clients/graphql/snippets/urql.mjs"),
        include_str!("../../clients/graphql/snippets/apollo.mjs"),
    ] {
        assert!(document.contains(&format!("```js\n{snippet}```\n")), "{snippet}");
    }
}
