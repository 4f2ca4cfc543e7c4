//! Says what the program carries: what `cargo xtask dist` names, else two pages for the tests.

use std::{env, error::Error, path::PathBuf, process::Command};

fn main() -> Result<(), Box<dyn Error>> {
    let tests = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("tests");
    for (wanted, variable, stand_in) in [
        ("RELEASE_PAGE", "CARRIED_PAGE", "page"),
        ("RELEASE_PLAYGROUND", "CARRIED_PLAYGROUND", "playground"),
    ] {
        let folder = given(wanted).map_or_else(|| tests.join(stand_in), PathBuf::from);
        println!("cargo::rerun-if-changed={}", folder.display());
        println!("cargo::rustc-env={variable}={}", folder.display());
    }
    let commit = given("RELEASE_COMMIT").unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=RELEASE_COMMIT={commit}");
    println!("cargo::rustc-env=RELEASE_TARGET={}", env::var("TARGET")?);
    let rustc = Command::new(env::var("RUSTC")?).arg("--version").output()?.stdout;
    println!("cargo::rustc-env=RELEASE_RUSTC={}", String::from_utf8(rustc)?.trim());
    Ok(())
}

fn given(name: &str) -> Option<String> {
    println!("cargo::rerun-if-env-changed={name}");
    env::var(name).ok().filter(|value| !value.is_empty())
}
