//! The service as it is handed out. `cargo xtask dist` builds it.

use std::process::ExitCode;

use api::{
    cli::{self, Program},
    commands::version::Release,
    files::Carried,
};
use mimalloc::MiMalloc;
use rust_embed::Embed;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[derive(Embed)]
#[folder = "$CARRIED_PAGE"]
struct Page;

#[derive(Embed)]
#[folder = "$CARRIED_PLAYGROUND"]
struct Playground;

const RELEASE: Release = Release {
    commit: env!("RELEASE_COMMIT"),
    target: env!("RELEASE_TARGET"),
    rustc: env!("RELEASE_RUSTC"),
};

#[tokio::main]
async fn main() -> ExitCode {
    let carried = Carried {
        page: Some(|name| Some(Page::get(name)?.data)),
        playground: Some(|name| Some(Playground::get(name)?.data)),
    };
    cli::run(Program { carried, release: Some(RELEASE) }).await
}
