//! `cargo xtask dev`: from a fresh clone to a running product, and back.

use std::{
    env,
    fs::{self, File, TryLockError},
    io::Write,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::{
    interrupt, page, port,
    postgres::{self, Database},
    programs, question,
    stack::{self, Settings, Stack},
    tunnel::Tunnel,
    workspace::{self, Profile},
};

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct Options {
    /// Where the page, the API and the playground are served
    #[arg(long, env = "PORT", default_value_t = 3000, value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,
    /// Open the page in the browser
    #[arg(long)]
    open: bool,
    /// Build everything optimised, and the page small
    #[arg(long)]
    release: bool,
    /// Delete the embedded database first; asks before it does
    #[arg(long)]
    reset: bool,
    /// Answer the question of --reset with yes
    #[arg(long, requires = "reset")]
    yes: bool,
    /// Use a new database that is deleted at the end
    #[arg(long, conflicts_with = "reset")]
    ephemeral: bool,
    /// Let Neon fetch the JWKS, and nothing else, through a localtunnel server: localtunnel.me, or the one that
    /// `TUNNEL_HOST` names
    #[arg(long)]
    tunnel: bool,
}

pub fn run(options: &Options) -> Result<()> {
    let (stack, _lock) = start(options)?;
    serve(stack, options)
}

/// Brings everything up. The second value keeps another `dev` from using the same cluster.
fn start(options: &Options) -> Result<(Stack, Option<File>)> {
    postgres::sweep();
    if options.ephemeral || !postgres::is_given() {
        postgres::require_development()?;
    }
    let (database, pid_file, lock) = if options.ephemeral {
        port::require_free(options.port)?;
        let (database, pid_file) = Database::throw_away()?;
        (database, pid_file, None)
    } else {
        let pid_file = stack::pid_file()?;
        let lock = lock()?;
        if pid_file.stop_orphan() {
            println!("ended the service of an earlier run that was killed");
        }
        port::require_free(options.port)?;
        if options.reset {
            reset(options.yes)?;
        }
        (Database::open()?, pid_file, Some(lock))
    };
    let profile = Profile::from_release(options.release);
    stack::build(&page::toolchain()?, profile, Settings::Own)?;
    if options.tunnel {
        programs::build_tunnel(profile)?;
    }
    // Building takes a while: long enough for somebody else to take the port.
    port::require_free(options.port)?;
    let (port, settings) = (options.port, Settings::Own);
    let options = stack::Options { port, profile, settings, variables: vec![], pid_file };
    let stack = Stack::start(database, options)?;
    Ok((stack, lock))
}

/// Until a signal, or until the service ends by itself.
fn serve(mut stack: Stack, options: &Options) -> Result<()> {
    let address = &stack.address;
    println!();
    println!("  Page        {address}");
    println!("  JWKS        {address}/auth/jwt/jwks.json");
    println!("  Playground  {address}/graphiql");
    println!();
    println!(
        "Cookies ignore ports. Another instance with a Core of its own needs another host name in the"
    );
    println!(
        "same browser: set API_DOMAIN to http://127.0.0.1:PORT for one of them, and open the page there."
    );
    println!();
    println!("Ctrl-C stops everything.");
    if options.open {
        open(address);
    }
    stack.service.show_output();
    let tunnel = options.tunnel.then(|| Tunnel::open(options.port)).transpose()?;
    while !interrupt::requested() {
        if let Some(status) = stack.service.ended()? {
            bail!(
                "the service ended by itself ({status}); its last lines:\n{}",
                stack.service.last_lines()
            );
        }
        thread::sleep(Duration::from_millis(100));
    }
    // The end that was asked for, as told above: no failure.
    drop(tunnel);
    println!("stopping the service, then PostgreSQL");
    drop(stack);
    println!("stopped");
    Ok(())
}

/// One `dev` a checkout: the kernel lets go of the lock however we end.
fn lock() -> Result<File> {
    let path = workspace::data_dir().join("dev.lock");
    let lock = File::options().create(true).truncate(false).read(true).write(true).open(&path);
    let mut lock = lock.with_context(|| format!("cannot open {}", workspace::shown(&path)))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let other = fs::read_to_string(&path).unwrap_or_default();
            bail!(
                "`cargo xtask dev` is already running here (process {}): stop it, or add `--ephemeral --port <another>`",
                other.trim()
            );
        }
        Err(TryLockError::Error(error)) => return Err(error).context("cannot lock .data/dev.lock"),
    }
    lock.set_len(0)?;
    writeln!(lock, "{}", std::process::id())?;
    Ok(lock)
}

fn reset(yes: bool) -> Result<()> {
    if postgres::is_given() {
        bail!(
            "--reset deletes the embedded database, but DATABASE_URL names another one: unset it, or reset that one yourself"
        );
    }
    if !yes && !question::confirmed("Delete the embedded database and all its todos?")? {
        bail!("nothing was deleted");
    }
    println!(
        "{}",
        if postgres::delete_kept()? {
            "deleted the embedded database"
        } else {
            "there was no database to delete"
        }
    );
    Ok(())
}

fn open(address: &str) {
    let system = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let quiet = |command: &mut Command| {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().is_ok()
    };
    let browser = env::var("BROWSER").ok().filter(|browser| !browser.is_empty());
    let opened = browser.is_some_and(|browser| quiet(Command::new(browser).arg(address)))
        || quiet(Command::new(system).arg(address));
    if !opened {
        println!("no browser could be opened");
    }
}
