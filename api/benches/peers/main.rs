//! The service beside its peers, in one run and in turns: `cargo xtask bench`.
//!
//! What PostgreSQL itself takes for exactly our statements (pgbench, one by one and pipelined), this
//! service, and PostGraphile on the same tables, roles, policies and tokens. Rates depend on the
//! machine, so what counts are the ratios of one run. Linux only: CPU and memory come from /proc.

mod chart;
mod database;
mod growth;
mod load;
mod options;
mod pgbench;
mod process;
mod report;
mod servers;
mod tokens;
mod workload;

use anyhow::Result;
use clap::Parser as _;

use self::{
    database::Database,
    load::Wrk,
    options::Options,
    pgbench::Pgbench,
    report::{Contestant, Report},
    servers::Server,
    tokens::Tokens,
    workload::Workload,
};

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let mut database = Database::fill(&options).await?;
    let tokens = Tokens::issue(&options).await?;
    let service = Server::service(&options, &tokens).await?;
    let postgraphile = Server::postgraphile(&options, &tokens).await?;

    let mut report = Report::default();
    for workload in [Workload::Read, Workload::Add] {
        for turn in 1..=options.turns {
            eprintln!("{workload}, turn {turn} of {}", options.turns);
            for contestant in Contestant::ALL {
                let before = database.cpu()?;
                let mut measured = match contestant {
                    Contestant::PgbenchOneByOne => {
                        Pgbench::one_by_one(workload).run(&options, &tokens)?
                    }
                    Contestant::PgbenchPipelined => {
                        Pgbench::pipelined(workload).run(&options, &tokens)?
                    }
                    Contestant::Service => Wrk::of(workload, &service).run(&options, &tokens)?,
                    Contestant::Postgraphile => {
                        Wrk::of(workload, &postgraphile).run(&options, &tokens)?
                    }
                };
                measured.database_cpu = database.cpu()?.saturating_sub(before);
                database.forget_added().await?;
                report.add(workload, contestant, measured);
            }
        }
    }
    drop(postgraphile);
    println!("{report}");
    if let Some(folder) = &options.charts {
        chart::draw(&report, folder)?;
    }
    println!("{}", growth::measure(&options, &mut database, &service, &tokens).await?);
    Ok(())
}
