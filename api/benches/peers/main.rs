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

use anyhow::{Context as _, Result};
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

struct Servers {
    service: Server,
    beside: Option<Server>,
    postgraphile: Option<Server>,
}

impl Servers {
    fn of(&self, contestant: Contestant) -> Option<&Server> {
        match contestant {
            Contestant::Service => Some(&self.service),
            Contestant::Beside => self.beside.as_ref(),
            Contestant::Postgraphile => self.postgraphile.as_ref(),
            Contestant::PgbenchOneByOne | Contestant::PgbenchPipelined => None,
        }
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let mut database = Database::fill(&options).await?;
    let tokens = Tokens::issue(&options).await?;
    let service = Server::service(&options.service, &options, &tokens).await?;
    let mut servers = Servers { beside: None, postgraphile: None, service };
    if let Some(program) = &options.beside {
        servers.beside = Some(Server::service(program, &options, &tokens).await?);
    }
    if options.contestants.contains(&Contestant::Postgraphile) {
        servers.postgraphile = Some(Server::postgraphile(&options, &tokens).await?);
    }

    let mut report = Report::default();
    let beside = options.beside.is_some().then_some(Contestant::Beside);
    for &workload in &options.workloads {
        for turn in 1..=options.turns {
            eprintln!("{workload}, turn {turn} of {}", options.turns);
            for contestant in options.contestants.iter().copied().chain(beside) {
                let before = database.cpu()?;
                let mut measured = match contestant {
                    Contestant::PgbenchOneByOne => {
                        Pgbench::one_by_one(workload).run(&options, &tokens)?
                    }
                    Contestant::PgbenchPipelined => {
                        Pgbench::pipelined(workload).run(&options, &tokens)?
                    }
                    _ => {
                        let server = servers.of(contestant).context("it was not started")?;
                        Wrk::of(workload, server).run(&options, &tokens)?
                    }
                };
                measured.database_cpu = database.cpu()?.saturating_sub(before);
                database.forget_added().await?;
                report.add(workload, contestant, measured);
            }
        }
    }
    let service = servers.service;
    drop((servers.beside, servers.postgraphile));
    println!("{report}");
    let is_whole = Workload::ALL.iter().all(|workload| options.workloads.contains(workload))
        && Contestant::ALL.iter().all(|contestant| options.contestants.contains(contestant));
    // A chart of some of it would take the place of the whole one.
    if let Some(folder) = options.charts.as_ref().filter(|_| is_whole) {
        chart::draw(&report, folder)?;
    }
    if options.growth != [0] {
        println!("{}", growth::measure(&options, &mut database, &service, &tokens).await?);
    }
    Ok(())
}
