//! Functions in schemas that users reach.

use crate::rls::lint::{Rule, Severity};

/// <https://www.postgresql.org/docs/current/sql-createfunction.html#SQL-CREATEFUNCTION-SECURITY>:
/// whoever calls it chooses which tables and functions it meets, with its owner's rights.
pub const DEFINER_WITHOUT_SEARCH_PATH: Rule = Rule {
    id: "function-definer-without-search-path",
    severity: Severity::Error,
    title: "A SECURITY DEFINER function that users can call, without a search_path of its own",
    message: "{object} runs with the rights of its owner, on names that its caller chooses",
    // Without `pg_temp` at its end, temporary types would go before the server's own.
    advice: "run ALTER ROUTINE {function} SET search_path = pg_catalog, pg_temp, and write names with \
             their schema",
    sql: "SELECT 'function ' || name AS object, name AS function
          FROM function WHERE prosecdef AND follows_search_path",
};

/// Policies are asked about its owner, so what it reads and writes is up to its body alone. The one
/// that checks signed claims is known; what it believes, the service tries when it starts.
pub const DEFINER: Rule = Rule {
    id: "function-definer",
    severity: Severity::Warning,
    title: "A SECURITY DEFINER function that users can call: policies ask about its owner, not them",
    message: "{object} runs with the rights of its owner and can be called by users",
    advice: "run ALTER ROUTINE {function} SECURITY INVOKER, or REVOKE EXECUTE ON ROUTINE {function} \
             FROM PUBLIC and the users' roles",
    sql: "SELECT 'function ' || name AS object, name AS function
          FROM function WHERE prosecdef AND NOT is_trigger AND NOT checks_claims",
};

pub const WITHOUT_SEARCH_PATH: Rule = Rule {
    id: "function-without-search-path",
    severity: Severity::Warning,
    title: "A function that users can call, without a search_path of its own",
    message: "{object} finds its names by the search_path of its caller",
    advice: "run ALTER ROUTINE {function} SET search_path = '', and write names with their schema",
    sql: "SELECT 'function ' || name AS object, name AS function
          FROM function WHERE NOT prosecdef AND follows_search_path",
};
