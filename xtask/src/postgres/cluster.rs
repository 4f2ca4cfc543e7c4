//! An embedded cluster: made, started, asked for its database, stopped.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Error, Result, bail};
use rustix::process::Signal;

use super::{
    binaries::Binaries,
    credentials::{Credentials, DATABASE, OWNER, SUPERUSER},
    place::{self, Place},
    postmaster::Postmaster,
    privileges::RunAs,
};
use crate::{
    environment,
    interrupt::{self, Interrupted},
    pid::{self, PidFile},
    port,
    run::{self, Failed, IdleTimeout},
    signal,
    step::Step,
    workspace,
};

const APPEARS_WITHIN: Duration = Duration::from_secs(1);

/// A running PostgreSQL server of our own; dropped, it stops.
pub struct Cluster {
    binaries: Binaries,
    run_as: RunAs,
    place: Place,
    credentials: Credentials,
    is_durable: bool,
    stopped: bool,
}

impl Cluster {
    /// The cluster that is kept between starts, in `.data` where possible.
    pub fn kept(step: &mut Step) -> Result<Self> {
        let run_as = match Place::existing() {
            Some(folder) => RunAs::owner_of(&folder)?,
            None => server_user(step)?,
        };
        Self::start(Place::kept(&run_as)?, run_as, true, None, step)
    }

    /// The URLs of owner and service in the kept cluster, if somebody has it running.
    pub fn running() -> Result<Option<(String, String)>> {
        let Some(folder) = Place::existing() else { return Ok(None) };
        let Some(port) = Postmaster::of(&folder.join("data")).and_then(|found| found.port) else {
            return Ok(None);
        };
        let credentials = Credentials { port, ..Credentials::read(&place::credentials_file())? };
        Ok(Some((credentials.owner_url(), credentials.service_url())))
    }

    /// A cluster that is deleted at the end and takes no care to survive a crash.
    pub fn throw_away(step: &mut Step) -> Result<Self> {
        Self::throw_away_of(None, step)
    }

    /// The same, of a version.
    pub fn throw_away_of(major: Option<u32>, step: &mut Step) -> Result<Self> {
        let run_as = server_user(step)?;
        Self::start(Place::throw_away(&run_as)?, run_as, false, major, step)
    }

    /// A cluster that is deleted at the end, but writes as one that is kept: its times count.
    pub fn for_bench(step: &mut Step) -> Result<Self> {
        let run_as = server_user(step)?;
        Self::start(Place::throw_away(&run_as)?, run_as, true, None, step)
    }

    fn start(
        place: Place,
        run_as: RunAs,
        is_durable: bool,
        wanted: Option<u32>,
        step: &mut Step,
    ) -> Result<Self> {
        let existing = fs::read_to_string(place.data().join("PG_VERSION")).ok();
        let existing = existing.and_then(|text| text.trim().parse().ok());
        let binaries = Binaries::find(existing.or(wanted), &run_as, step)?;
        let credentials = credentials(&place, existing.is_some())?;
        let mut cluster = Self { binaries, run_as, place, credentials, is_durable, stopped: false };
        if existing.is_none() {
            cluster.initialise(step)?;
        }
        let taken_over = cluster.run(step)?;
        cluster.prepare(step)?;
        step.note(cluster.described(taken_over));
        Ok(cluster)
    }

    /// Makes the data folder beside its final place, so that a kill leaves no half of one.
    fn initialise(&self, step: &Step) -> Result<()> {
        step.doing("initdb");
        let (incoming, password) =
            (self.place.folder.join("incoming"), self.place.folder.join("password"));
        if incoming.exists() {
            fs::remove_dir_all(&incoming)?;
        }
        fs::write(&password, &self.credentials.superuser)?;
        self.run_as.own(&password)?;
        let mut initdb = self.run_as.command(&self.binaries.program("initdb"));
        initdb
            .args(["--auth=scram-sha-256", "--encoding=UTF8", "--username", SUPERUSER])
            .arg(if cfg!(target_os = "linux") { "--locale=C.UTF-8" } else { "--locale=C" })
            .arg("--pwfile")
            .arg(&password)
            .arg("--pgdata")
            .arg(&incoming);
        if self.place.is_throw_away() {
            initdb.arg("--no-sync");
        }
        let made = run::quiet(&mut initdb, IdleTimeout::Local, step);
        fs::remove_file(&password)?;
        made.context("cannot make a PostgreSQL cluster")?;
        Ok(fs::rename(incoming, self.place.data())?)
    }

    /// Starts the server, or takes over the one that a killed run left; says whether it did the latter.
    fn run(&mut self, step: &Step) -> Result<bool> {
        if let Some(found) = Postmaster::of(&self.place.data()) {
            if let Some(port) = found.port.filter(|port| port::answers(*port)) {
                self.credentials.port = port;
                interrupt::watch(found.pid, Signal::QUIT);
                return Ok(true);
            }
            self.pg_ctl(&["stop", "-m", "immediate", "-w", "-t", "60"], step).ok();
        }
        if self.credentials.move_to_a_free_port()? && !self.place.is_throw_away() {
            self.credentials.write(&place::credentials_file())?;
        }
        let launched = self.launch(step);
        if launched.as_ref().is_err_and(Error::is::<Interrupted>) {
            self.await_orphan();
        }
        launched?;
        if let Some(postmaster) = Postmaster::of(&self.place.data()) {
            interrupt::watch(postmaster.pid, Signal::QUIT);
        }
        Ok(false)
    }

    /// A server that was killed a moment ago still holds its folder: its last processes are about to go.
    fn launch(&self, step: &Step) -> Result<()> {
        const ATTEMPTS: u32 = 6;
        step.doing("starting");
        let options = self.options();
        let log = self.place.log();
        let shown = log.to_string_lossy().into_owned();
        for attempt in 1..=ATTEMPTS {
            fs::remove_file(&log).ok();
            let started =
                self.pg_ctl(&["start", "-w", "-t", "300", "-l", &shown, "-o", &options], step);
            let Err(error) = started else { return Ok(()) };
            interrupt::check()?;
            let said = fs::read_to_string(&log).unwrap_or_default();
            let held = said.contains("postmaster.pid") || said.contains("still in use");
            if !held || attempt == ATTEMPTS {
                let error = match error.downcast::<Failed>() {
                    Ok(failed) => failed.with_output(said).into(),
                    Err(error) => error,
                };
                return Err(error.context("PostgreSQL does not start"));
            }
            if attempt + 1 == ATTEMPTS {
                Postmaster::forget_gone(&self.place.data());
            }
            thread::sleep(Duration::from_secs(1));
        }
        Ok(())
    }

    /// `pg_ctl`, when it is stopped, may have started a server that has not written who it is: [`Self::stop`] would
    /// miss it.
    fn await_orphan(&self) {
        let asked = Instant::now();
        while Postmaster::of(&self.place.data()).is_none() && asked.elapsed() < APPEARS_WITHIN {
            thread::sleep(run::POLL);
        }
    }

    fn options(&self) -> String {
        let mut options = format!(
            "-c listen_addresses=127.0.0.1 -c port={} -c unix_socket_directories= -c max_connections=200",
            self.credentials.port
        );
        if !self.is_durable {
            options.push_str(" -c fsync=off -c synchronous_commit=off -c full_page_writes=off");
        }
        options
    }

    /// The owner and its database. As at a hosted PostgreSQL, the owner is no superuser but may make roles.
    fn prepare(&self, step: &Step) -> Result<()> {
        let owner = &self.credentials.owner;
        let sql = format!(
            "select 'create role {OWNER}' where not exists (select from pg_roles where rolname = '{OWNER}') \\gexec\n\
             alter role {OWNER} with login createrole nosuperuser password '{owner}';\n\
             select 'create database {DATABASE} owner {OWNER}' \
             where not exists (select from pg_database where datname = '{DATABASE}') \\gexec\n"
        );
        let mut psql = Command::new(self.binaries.program("psql"));
        environment::restrict(&mut psql);
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1"])
            .args(["-U", SUPERUSER, "-d", "postgres", "-p", &self.credentials.port.to_string()])
            .env("PGPASSWORD", &self.credentials.superuser)
            .env("PGCONNECT_TIMEOUT", "10");
        run::fed(&mut psql, &sql, IdleTimeout::Local, step).context(
            "cannot prepare the database; `cargo xtask dev --reset` makes a new cluster",
        )?;
        Ok(())
    }

    fn pg_ctl(&self, arguments: &[&str], step: &Step) -> Result<String> {
        let mut pg_ctl = self.run_as.command(&self.binaries.program("pg_ctl"));
        pg_ctl.arg("-D").arg(self.place.data()).args(arguments);
        run::quiet(&mut pg_ctl, IdleTimeout::Local, step)
    }

    /// A program that came with the server.
    pub fn program(&self, name: &str) -> PathBuf {
        self.binaries.program(name)
    }

    /// Where to remember the service of a throw-away cluster: a killed run leaves both.
    pub fn pid_file(&self) -> PidFile {
        place::pid_file(&self.place.folder)
    }

    pub fn owner_url(&self) -> String {
        self.credentials.owner_url()
    }

    pub fn service_url(&self) -> String {
        self.credentials.service_url()
    }

    pub fn superuser_url(&self) -> String {
        self.credentials.url(SUPERUSER, &self.credentials.superuser, "postgres")
    }

    fn described(&self, taken_over: bool) -> String {
        let (version, port) = (&self.binaries.version, self.credentials.port);
        let place = workspace::shown(&self.place.folder);
        let reason = if self.place.is_throw_away() {
            ", thrown away at the end"
        } else if Path::new(&place).is_absolute() {
            ", because its user cannot enter this folder"
        } else {
            ""
        };
        let history = if taken_over { ", taken over from a run that was killed" } else { "" };
        format!("{version} on port {port}, in {place}{reason}{history}")
    }

    pub fn stop(&mut self) {
        if std::mem::replace(&mut self.stopped, true) {
            return;
        }
        let postmaster = Postmaster::of(&self.place.data());
        if postmaster.is_some() {
            let mut pg_ctl = self.run_as.command(&self.binaries.program("pg_ctl"));
            pg_ctl.arg("-D").arg(self.place.data()).args(["stop", "-m", "fast", "-w", "-t", "5"]);
            // Not through `run`: a stop that was asked for must not stop this.
            let stopped =
                pg_ctl.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
            if !stopped.is_ok_and(|status| status.success())
                && let Some(postmaster) = Postmaster::of(&self.place.data())
            {
                signal::process(postmaster.pid, Signal::QUIT);
                pid::ends(postmaster.pid);
            }
        }
        if let Some(postmaster) = postmaster {
            interrupt::unwatch(postmaster.pid);
        }
        if self.place.is_throw_away() {
            // The next start sweeps up what is left.
            place::remove(&self.place.folder).ok();
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The user that runs the server, after its programs are there: their package may bring that user.
fn server_user(step: &mut Step) -> Result<RunAs> {
    Binaries::find(None, &RunAs::detect()?, step)?;
    RunAs::detect()
}

fn credentials(place: &Place, initialised: bool) -> Result<Credentials> {
    if place.is_throw_away() {
        return Credentials::generate();
    }
    let file = place::credentials_file();
    if file.exists() {
        return Credentials::read(&file);
    }
    if initialised {
        bail!(
            "{} is gone, and with it the passwords of the database in {}: put the file back, or delete that \
             database and start with an empty one by `cargo xtask dev --reset`",
            workspace::shown(&file),
            workspace::shown(&place.folder)
        );
    }
    let credentials = Credentials::generate()?;
    credentials.write(&file)?;
    Ok(credentials)
}
