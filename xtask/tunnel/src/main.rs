//! `tunnel --server https://localtunnel.me --service http://127.0.0.1:3000`: until its standard input ends, which
//! it does with the process that began it, however that ends.

use std::{io, process, thread, time::Duration};

use anyhow::Result;
use clap::Parser;
use tunnel::{Pauses, Relay, keep_open};
use url::Url;

const PAUSES: Pauses = Pauses { first: Duration::from_secs(1), longest: Duration::from_secs(30) };

#[derive(Parser)]
struct Options {
    /// The localtunnel server
    #[arg(long)]
    server: Url,
    /// The service whose keys are shown
    #[arg(long)]
    service: Url,
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    thread::spawn(|| {
        io::copy(&mut io::stdin(), &mut io::sink()).ok();
        process::exit(0)
    });
    let relay = Relay::new(&options.service)?;
    let told = |url: &Url| println!("{url}");
    keep_open(&options.server, &relay, PAUSES, told).await.map(drop)
}
