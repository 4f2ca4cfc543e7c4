//! Which operations are executed.

use std::path::PathBuf;

use clap::Args;

use super::Environment;
use crate::graphql::Operations;

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "GraphQL")]
pub struct GraphqlVars {
    /// Whether only documents of a manifest are executed: `true` or `false`. Default: `true` in
    /// production, `false` in development.
    #[arg(long, env = "GRAPHQL_TRUSTED_ONLY", num_args = 1)]
    trusted_only: Option<bool>,

    /// A manifest of documents beside the page's, or a folder of some: those of pages that are
    /// older than the service, or of other clients.
    #[arg(long, env = "GRAPHQL_TRUSTED_DOCUMENTS")]
    pub trusted_documents: Option<PathBuf>,
}

impl GraphqlVars {
    pub fn operations(&self, environment: Environment) -> Operations {
        let trusted_only = self.trusted_only.unwrap_or(environment == Environment::Production);
        if trusted_only { Operations::Trusted } else { Operations::Any }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::read, *};

    #[test]
    fn production_executes_trusted_documents_alone_unless_it_is_told_otherwise() {
        for (vars, development, production) in [
            (&[][..], Operations::Any, Operations::Trusted),
            (&[("GRAPHQL_TRUSTED_ONLY", "true")], Operations::Trusted, Operations::Trusted),
            (&[("GRAPHQL_TRUSTED_ONLY", "false")], Operations::Any, Operations::Any),
        ] {
            let graphql = read(vars).unwrap().graphql;
            assert_eq!(graphql.operations(Environment::Development), development);
            assert_eq!(graphql.operations(Environment::Production), production);
        }
    }
}
