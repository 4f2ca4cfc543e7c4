//! The program itself: compiled with all that it carries, and looked at.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

use crate::{
    graphiql, page,
    run::{self, IdleTimeout},
    step::{Step, step},
    workspace::{self, Profile},
};

/// What it may weigh, in bytes.
const LIMIT: u64 = 40_000_000;

/// Compiles it into `folder`.
pub fn build(folder: &Path) -> Result<PathBuf> {
    let program = folder.join("api");
    step("Program", |step| {
        let commit = commit();
        let mut cargo = workspace::cargo();
        cargo
            .args(["build", "--release", "--locked", "--package", "release"])
            .env("RELEASE_PAGE", page::dist())
            .env("RELEASE_PLAYGROUND", graphiql::dist())
            .env("RELEASE_COMMIT", &commit);
        run::quiet(&mut cargo, IdleTimeout::Build, step).context("the service does not compile")?;
        let built = workspace::target_dir().join(Profile::Release.folder()).join("todos-api");
        let size = fs::copy(built, &program).context("cannot write to target/dist")?;
        ensure!(size <= LIMIT, "the program has {size} bytes: more than {LIMIT}");
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let size = size as f64 / 1e6;
        step.note(format!("{size:.1} MB, of commit {commit}; {}", needs(&program, step)?));
        Ok(())
    })?;
    Ok(program)
}

/// What the sources are; `-dirty` where they are not quite that.
fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).current_dir(workspace::root()).output();
        let output = output.ok().filter(|output| output.status.success())?;
        Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
    };
    match (git(&["rev-parse", "HEAD"]), git(&["status", "--porcelain"])) {
        (Some(commit), Some(changes)) if changes.is_empty() => commit,
        (Some(commit), _) => format!("{commit}-dirty"),
        (None, _) => "unknown".to_owned(),
    }
}

/// What it takes of the system that it runs on.
fn needs(program: &Path, step: &Step) -> Result<String> {
    if !cfg!(target_os = "linux") {
        return Ok("what it links is not looked at on this system".to_owned());
    }
    let said = run::quiet(Command::new("ldd").arg(program), IdleTimeout::Local, step)
        .context("ldd cannot tell what the program links")?;
    let libraries = libraries(&said);
    if libraries.is_empty() {
        return Ok("links nothing of the system".to_owned());
    }
    let glibc = newest_glibc(&fs::read(program)?)
        .map_or(String::new(), |(major, minor)| format!(" (glibc {major}.{minor} or newer)"));
    Ok(format!("links {}{glibc}", libraries.join(", ")))
}

/// The names in what ldd prints, without the kernel's own.
fn libraries(said: &str) -> Vec<&str> {
    let paths = said.lines().filter_map(|line| line.split_whitespace().next());
    let names = paths.map(|path| path.rsplit('/').next().unwrap_or(path));
    names.filter(|name| name.contains(".so") && !name.starts_with("linux-vdso")).collect()
}

/// The newest version that a symbol asks for: `GLIBC_2.34` is among the names of each such program.
fn newest_glibc(program: &[u8]) -> Option<(u32, u32)> {
    const MARK: &[u8] = b"GLIBC_";
    let version = |rest: &[u8]| {
        let end = rest.iter().position(|byte| !byte.is_ascii_digit() && *byte != b'.')?;
        let mut numbers = str::from_utf8(&rest[..end]).ok()?.split('.');
        Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
    };
    let marks = program.windows(MARK.len()).enumerate().filter(|(_, bytes)| *bytes == MARK);
    marks.filter_map(|(at, _)| version(&program[at + MARK.len()..])).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_linked_is_named_without_paths() {
        let said = "\tlinux-vdso.so.1 (0x7fff)\n\tlibc.so.6 => /lib/libc.so.6 (0x7f)\n\
                    \t/lib64/ld-linux-x86-64.so.2 (0x7f)\n";
        assert_eq!(libraries(said), ["libc.so.6", "ld-linux-x86-64.so.2"]);
        assert!(libraries("\tstatically linked\n").is_empty());
    }

    #[test]
    fn the_newest_glibc_counts_as_numbers_do() {
        let program = b"\0GLIBC_2.9\0GLIBC_2.34\0GLIBC_PRIVATE\0GLIBC_2.2.5\0";
        assert_eq!(newest_glibc(program), Some((2, 34)));
        assert_eq!(newest_glibc(b"static"), None);
    }
}
