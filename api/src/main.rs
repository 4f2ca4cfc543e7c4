//! The service as a checkout builds it: what it serves is in folders. `api/release` carries all of it.

use std::process::ExitCode;

use api::cli::{self, Program};
use mimalloc::MiMalloc;

/// A request is some hundreds of small allocations, which the system's allocator takes a quarter of its
/// time for.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(Program::default()).await
}
