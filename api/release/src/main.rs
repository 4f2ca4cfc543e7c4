//! The service as it is handed out. `cargo xtask dist` builds it.

use std::process::ExitCode;

use api::{
    cli::{self, Program},
    commands::version::Release,
    files::Carried,
};
use include_dir::{Dir, include_dir};
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

static PAGE: Dir = include_dir!("$CARRIED_PAGE");
static PLAYGROUND: Dir = include_dir!("$CARRIED_PLAYGROUND");

const RELEASE: Release = Release {
    commit: env!("RELEASE_COMMIT"),
    target: env!("RELEASE_TARGET"),
    rustc: env!("RELEASE_RUSTC"),
};

#[tokio::main]
async fn main() -> ExitCode {
    let carried = Carried {
        page: Some(|name| Some(PAGE.get_file(name)?.contents())),
        playground: Some(|name| Some(PLAYGROUND.get_file(name)?.contents())),
    };
    cli::run(Program { carried, release: Some(RELEASE) }).await
}
