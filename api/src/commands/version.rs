//! `api version`: what a program was built from.

/// What a release remembers of how it was made.
#[derive(Debug)]
pub struct Release {
    /// In full; with `-dirty` where the files were others than the commit's.
    pub commit: &'static str,
    /// The machine that it is for, as rustc names it.
    pub target: &'static str,
    /// The compiler, as it names itself.
    pub rustc: &'static str,
}

/// A line each, for people and scripts.
pub fn text(release: Option<&Release>) -> String {
    let version = env!("CARGO_PKG_VERSION");
    match release {
        None => format!("api {version}, built from a checkout"),
        Some(Release { commit, target, rustc }) => {
            format!("api {version}\ncommit {commit}\ntarget {target}\n{rustc}")
        }
    }
}
