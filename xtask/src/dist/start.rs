//! How long the program takes from its start to its first "ready", in a folder with nothing in it.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    child::Running,
    interrupt, port,
    postgres::Database,
    run::{self, IdleTimeout},
    service,
    step::step,
    workspace,
};

const LIMIT: Duration = Duration::from_millis(300);
const TURNS: usize = 10;
const PAUSE: Duration = Duration::from_millis(1);
const GIVEN_UP: Duration = Duration::from_secs(30);

/// Fails where the median is above the limit.
pub fn measure(program: &Path) -> Result<()> {
    let (database, _) = Database::throw_away()?;
    let home = workspace::target_dir().join("dist-home");
    fs::create_dir_all(&home).context("cannot make a folder to start in")?;
    let command = |arguments: &[&str]| {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .current_dir(&home)
            .env("DATABASE_URL", &database.owner_url)
            .env("DATABASE_AUTHENTICATED_URL", &database.service_url);
        command
    };
    step("Migrations", |step| run::quiet(&mut command(&["migrate"]), IdleTimeout::Local, step))?;
    let median = step("Start", |step| {
        // The first one makes the development Core's tables and keys.
        let mut times = (0..=TURNS).map(|_| start(command(&[]))).collect::<Result<Vec<_>>>()?;
        times.remove(0);
        times.sort();
        let median = times[TURNS / 2];
        step.note(format!("ready after {} ms (median of {TURNS})", median.as_millis()));
        Ok(median)
    })?;
    fs::remove_dir(&home).context("the program left something in the folder that it ran in")?;
    ensure!(median <= LIMIT, "ready after {median:?}: more than {LIMIT:?}");
    Ok(())
}

fn start(mut command: Command) -> Result<Duration> {
    let port = port::free()?;
    command.env("PORT", port.to_string()).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let started = Instant::now();
    let mut running = Running::spawn(&mut command)?;
    while started.elapsed() < GIVEN_UP {
        interrupt::check()?;
        if service::get(port, "/readyz").is_ok_and(|status| status.contains(" 200 ")) {
            let took = started.elapsed();
            let page = service::get(port, "/")?;
            ensure!(page.contains(" 200 "), "the program does not serve its page: {page}");
            return Ok(took);
        }
        if let Some(status) = running.child.try_wait()? {
            bail!("the program ended at its start ({status})");
        }
        thread::sleep(PAUSE);
    }
    bail!("the program was not ready within {GIVEN_UP:?}")
}
