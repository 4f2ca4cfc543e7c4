//! The browser test: the product as it runs in development, driven by a headless Chromium.

use std::{env, fs, path::PathBuf, process::Command};

use anyhow::{Context, Result};

use crate::{
    apt,
    node::Node,
    npm,
    page::{self, Toolchain},
    port,
    postgres::Database,
    run::{self, IdleTimeout},
    stack::{self, Settings, Stack},
    step::{Step, print, step},
    workspace::{self, Profile},
};

const NAMES: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];
const MACOS: [&str; 2] = [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// What the browser test needs beside the product.
pub struct Browser {
    node: Node,
    chromium: PathBuf,
}

impl Browser {
    /// Finds or installs it: before all that takes long, so that what is missing is said at once.
    pub fn find() -> Result<Self> {
        step("Browser and its driver", |step| {
            let node = Node::find(step)
                .context("the browser test needs Node and npm (`--skip-browser` leaves it out)")?;
            let chromium = chromium(step)?;
            npm::install(&folder(), step)?;
            step.note(chromium.display().to_string());
            Ok(Self { node, chromium })
        })
    }

    /// Tests what is built: the tests whose names one of these regular expressions matches, or all without any.
    pub fn test(&self, names: &[String]) -> Result<()> {
        let (stack, issuer) = start(Profile::Dev)?;
        let outcome = step("Browser test", |step| {
            let mut test = self.prepare(&stack, &issuer, step)?;
            test.env("TEST_NAMES", names.join("|"));
            run::streamed(&mut test, IdleTimeout::Build, step)
        });
        if outcome.is_err() {
            print(&format!("the service's last lines:\n{}", stack.service.last_lines()));
        }
        outcome
    }

    /// Runs a script of `web/e2e/package.json` on the page as it is deployed, and on a service of this profile.
    pub fn script(&self, toolchain: &Toolchain, profile: Profile, name: &str) -> Result<()> {
        stack::build_for_visitors(toolchain, profile)?;
        let (stack, _) = start(profile)?;
        step("Browser", |step| {
            let mut script = self.node.npm(&folder(), &["run", "--silent", name])?;
            script.env("BASE_URL", &stack.address).env("CHROMIUM", &self.chromium);
            run::streamed(&mut script, IdleTimeout::Build, step)
        })
    }

    fn prepare(&self, stack: &Stack, issuer: &str, step: &mut Step) -> Result<Command> {
        let artifacts = workspace::target_dir().join("e2e");
        if artifacts.exists() {
            fs::remove_dir_all(&artifacts)?;
        }
        fs::create_dir_all(&artifacts)?;
        let mut add = stack.api(&["dashboard", "add", ADMIN]);
        run::fed(&mut add, PASSWORD, IdleTimeout::Local, step)?;
        let mut test = self.node.npm(&folder(), &["test"])?;
        test.env("BASE_URL", &stack.address)
            .env("CHROMIUM", &self.chromium)
            .env("ARTIFACTS", &artifacts)
            .env("OIDC_ISSUER", issuer)
            .env("DASHBOARD_EMAIL", ADMIN)
            .env("DASHBOARD_PASSWORD", PASSWORD);
        step.note(format!("screenshots in {}", workspace::shown(&artifacts)));
        Ok(test)
    }
}

pub fn screenshots() -> Result<()> {
    Browser::find()?.script(&page::toolchain()?, Profile::Dev, "screenshots")
}

/// Who administers users in the test.
const ADMIN: &str = "admin@example.com";
const PASSWORD: &str = "administer1";

fn folder() -> PathBuf {
    workspace::root().join("web/e2e")
}

/// The product on a database of its own, and where it expects the OpenID provider of the tests. The ports are
/// chosen last: what is free now may be taken after a build.
fn start(profile: Profile) -> Result<(Stack, String)> {
    let settings = Settings::Default;
    let (database, pid_file) = Database::throw_away()?;
    let (port, provider_port) = port::two_free()?;
    let issuer = format!("http://127.0.0.1:{provider_port}");
    let variables = variables(&issuer);
    let options = stack::Options { port, profile, settings, variables, pid_file };
    Ok((Stack::start(database, options)?, issuer))
}

/// The provider as `web/e2e/support/provider.mjs` knows us: once with a secret, once without. And no limit for
/// an address: the browsers of the test all have the same.
fn variables(issuer: &str) -> Vec<(&'static str, String)> {
    [
        ("OIDC_PROVIDERS", "confidential,public"),
        ("OIDC_CONFIDENTIAL_NAME", "The Provider"),
        ("OIDC_CONFIDENTIAL_ISSUER", issuer),
        ("OIDC_CONFIDENTIAL_CLIENT_ID", "confidential"),
        ("OIDC_CONFIDENTIAL_CLIENT_SECRET", "s3cret"),
        ("OIDC_PUBLIC_ISSUER", issuer),
        ("OIDC_PUBLIC_CLIENT_ID", "public"),
        ("OIDC_PUBLIC_CLIENT_SECRET", ""),
        ("RATE_LIMIT_ADDRESS", "off"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

fn chromium(step: &Step) -> Result<PathBuf> {
    if let Some(given) = env::var_os("CHROMIUM").filter(|given| !given.is_empty()) {
        return Ok(given.into());
    }
    if let Some(found) = installed() {
        return Ok(found);
    }
    let refused = apt::install(&["chromium", "fonts-dejavu-core"], step)?.refused();
    installed().with_context(|| {
        format!(
            "no Chromium on this machine{refused}: install it (Debian: `apt-get install chromium`), name it in \
             CHROMIUM, or leave the test out with `--skip-browser`"
        )
    })
}

fn installed() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = env::split_paths(&path).collect();
    let on_path = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    on_path.chain(MACOS.map(PathBuf::from)).find(|file| file.is_file())
}
