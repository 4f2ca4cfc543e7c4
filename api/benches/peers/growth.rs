//! Whether a list costs the same however large the table is, and however deep its page lies.

use std::fmt::Write as _;

use anyhow::Result;
use api::todos::{TodoOrder, cursor::encode};
use serde_json::json;

use super::{
    database::{Database, TODOS_EACH},
    load::Wrk,
    options::Options,
    report::{Measured, median},
    servers::Server,
    tokens::{ASKING, COLLECTOR, Tokens},
    workload::Workload,
};

/// Todos of the one list whose pages are asked for at several depths.
const COLLECTED: u64 = 100_000;
const PAGE: u64 = 50;
/// Where the users begin who fill the table and never ask.
const OTHERS: u64 = 1_000_000;

pub async fn measure(
    options: &Options,
    database: &mut Database,
    service: &Server,
    tokens: &Tokens,
) -> Result<String> {
    let mut text = String::from("### The same list in a larger table\n\n");
    text += "| rows | p50 ms | p99 ms | to the smallest |\n|--:|--:|--:|--:|\n";
    let mut smallest = None;
    let mut others = 0;
    database.keep_only_asking().await?;
    for rows in &options.growth {
        let wanted = (rows / TODOS_EACH).saturating_sub(ASKING);
        database.add_users(OTHERS + others, OTHERS + wanted - 1, TODOS_EACH).await?;
        others = wanted;
        let (p50, p99) = times(options, || Wrk::of(Workload::Read, service).run(options, tokens))?;
        let ratio = p50 / *smallest.get_or_insert(p50);
        writeln!(text, "| {rows} | {p50:.2} | {p99:.2} | {ratio:.2} |")?;
    }

    database.add_users(COLLECTOR, COLLECTOR, COLLECTED).await?;
    text += "\n### Pages of one list of 100,000\n\n";
    text += "| todos before the page | p50 ms | p99 ms | to the first |\n|--:|--:|--:|--:|\n";
    let mut first = None;
    for before in [0, COLLECTED / 10, COLLECTED / 2, COLLECTED - 2 * PAGE] {
        let after = match before {
            0 => json!(null),
            _ => json!(encode(&database.place(COLLECTOR, before).await?, TodoOrder::OpenFirst)),
        };
        let query = format!(
            "{{ todos(first: {PAGE}, after: {after}) {{ nodes {{ id task isComplete insertedAt }} \
             pageInfo {{ hasNextPage endCursor }} }} }}"
        );
        let wrk = Wrk::asking(service, query, PAGE);
        let (p50, p99) = times(options, || wrk.run_as(options, tokens.collector.path()))?;
        let ratio = p50 / *first.get_or_insert(p50);
        writeln!(text, "| {before} | {p50:.2} | {p99:.2} | {ratio:.2} |")?;
    }
    Ok(text)
}

/// Medians of p50 and p99, in milliseconds.
fn times(options: &Options, run: impl Fn() -> Result<Measured>) -> Result<(f64, f64)> {
    let turns = (0..options.turns).map(|_| run()).collect::<Result<Vec<_>>>()?;
    let millis = |time: fn(&Measured) -> std::time::Duration| {
        median(turns.iter().map(|turn| time(turn).as_secs_f64() * 1e3))
    };
    Ok((millis(|turn| turn.p50), millis(|turn| turn.p99)))
}
