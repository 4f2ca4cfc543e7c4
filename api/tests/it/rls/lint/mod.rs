//! The lint, on real databases that are broken on purpose.

mod cases;
mod conditions;
mod login;
mod mutations;
mod program;
mod report;
mod rules;
mod shared;
mod signed;

use api::rls::lint_options;
use pg_scope::Options;
use rls_lint::{CREATE_IN_PUBLIC, Finding, Login, Report, SERVER_WITH_LEAKS};

use crate::support::database::TestDatabase;

/// What the lint finds when `url` signs in, whatever the server of these tests is.
async fn lint(url: &str, login: &Login) -> Report {
    let pool = rls_lint::pool(Options::from_url(url).expect("a URL"));
    let report = rls_lint::run(&pool, &lint_options("authenticated", login.clone())).await;
    pool.close().await;
    let mut report = report.expect("the catalogue is read");
    report.findings = without_server(report.findings);
    report
}

/// Without what is found of the server itself.
fn without_server(mut findings: Vec<Finding>) -> Vec<Finding> {
    let of_server = [SERVER_WITH_LEAKS.id, CREATE_IN_PUBLIC.id];
    findings.retain(|finding| !of_server.contains(&finding.rule));
    findings
}

/// What it finds on the product's own schema after `sql`, as the service's login.
pub async fn findings(sql: &str) -> Vec<Finding> {
    let database = TestDatabase::migrated().await;
    database.execute(sql).await;
    lint(&database.login_url(), &Login::Own).await.findings
}

/// Rules and where they found something, in the order of their rules.
pub fn places(findings: &[Finding]) -> Vec<(&str, &str)> {
    findings.iter().map(|finding| (finding.rule, &*finding.object)).collect()
}
