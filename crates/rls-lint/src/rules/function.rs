//! Functions in schemas that users reach.

use crate::{Rule, Severity};

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

/// <https://www.postgresql.org/docs/current/rules-privileges.html>: it is asked about rows that policies hide.
pub const LEAKPROOF: Rule = Rule {
    id: "function-leakproof",
    severity: Severity::Error,
    title: "A LEAKPROOF function that users can call: it is called with rows that policies hide",
    message: "{object} is LEAKPROOF, so that it is called with rows that policies hide",
    advice: "run ALTER FUNCTION {function} NOT LEAKPROOF",
    sql: "SELECT 'function ' || name AS object, name AS function FROM function WHERE proleakproof",
};

/// Every policy believes them. IMMUTABLE would keep one user's claims in a plan; a setting of the function's own would be
/// taken for the claims. The one that checks signed claims is known by its rights: the service tries it when it starts.
pub const AUTH_REPLACED: Rule = Rule {
    id: "function-auth-replaced",
    severity: Severity::Error,
    title: "A function of the schema `auth` that is not what the migrations or the extension made",
    message: "{object} is not what the migrations made: {what}",
    advice: "run `migration up`. If it is no older one, put back the function of the migrations \
             (`inline_auth_functions`): `migration claims plain` does so for auth.session()",
    sql: "SELECT format('function auth.%I()', p.proname) AS object, concat_ws(', ',
                 CASE WHEN NOT (made.is_body OR made.checks_claims) THEN 'its body' END,
                 CASE WHEN p.provolatile <> 's' THEN 'its volatility' END,
                 CASE WHEN NOT made.is_language THEN 'its language' END,
                 CASE WHEN NOT made.has_settings THEN 'its settings' END) AS what
          FROM pg_proc p
          JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname = 'auth'
          JOIN pg_language l ON l.oid = p.prolang
          CROSS JOIN LATERAL (
              SELECT EXISTS (SELECT FROM auth_function given
                             WHERE given.name = p.proname AND given.body = p.prosrc) AS is_body,
                     EXISTS (SELECT FROM function f WHERE f.oid = p.oid AND f.prosecdef
                             AND f.checks_claims) AS checks_claims) given
          CROSS JOIN LATERAL (
              SELECT given.*,
                     l.lanname = CASE WHEN given.checks_claims THEN 'plpgsql' ELSE 'sql' END AS is_language,
                     CASE WHEN given.checks_claims
                         THEN p.proconfig IS NOT DISTINCT FROM ARRAY['search_path=pg_catalog, pg_temp']
                         ELSE p.proconfig IS NULL END AS has_settings) made
          WHERE p.pronargs = 0 AND p.proname IN (SELECT name FROM auth_function)
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass
                          AND d.objid = p.oid AND d.deptype = 'e')
          AND NOT ((made.is_body OR made.checks_claims) AND p.provolatile = 's' AND made.is_language
                   AND made.has_settings)",
};

/// It looks like a function that policies believe. An overload with arguments is taken for one of them when it is read.
pub const AUTH_ADDED: Rule = Rule {
    id: "function-auth-added",
    severity: Severity::Warning,
    title: "A function of the schema `auth` that neither the migrations nor the extension made",
    message: "{object} is not one of the functions that return the user's claims",
    advice: "run DROP ROUTINE {function}, or move it with ALTER ROUTINE {function} SET SCHEMA public",
    sql: "SELECT 'function ' || call.name AS object, call.name AS function
          FROM pg_proc p
          JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname = 'auth'
          CROSS JOIN LATERAL (SELECT format('auth.%I(%s)', p.proname,
                                            pg_get_function_identity_arguments(p.oid)) AS name) call
          WHERE NOT EXISTS (
              SELECT FROM auth_function given WHERE given.name = p.proname AND p.pronargs = 0)
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass
                          AND d.objid = p.oid AND d.deptype = 'e')",
};
