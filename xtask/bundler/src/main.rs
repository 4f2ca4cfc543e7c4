//! `bundler <module> <web> <work> [release]`: the page that a browser loads, made from the compiled module
//! and what lies beside it in `web/`. A program of its own, so that cargo compiles it along with the service
//! and `cargo xtask` itself starts soon.

mod bundle;
#[cfg(feature = "compress")]
mod compress;
mod fingerprint;
mod minify;
mod publish;
mod styles;

use std::{env, path::PathBuf};

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let (module, web, work, is_release) = match arguments.as_slice() {
        [module, web, work] => (module, web, work, false),
        [module, web, work, kind] if kind == "release" => (module, web, work, true),
        _ => bail!("usage: bundler <module> <web> <work> [release]; `cargo xtask page` runs it"),
    };
    if is_release && !cfg!(feature = "compress") {
        bail!("this bundler was built without the feature `compress`, which a release needs");
    }
    let [module, web, work] = [module, web, work].map(PathBuf::from);
    println!("{}", bundle::bundle(&module, &web, &work, is_release)?);
    Ok(())
}
