//! Policies: what they let through, and what they cost.

use crate::{Rule, Severity};

/// Permissive policies are joined by OR: one that is always true undoes the others.
/// <https://www.postgresql.org/docs/current/sql-createpolicy.html>
pub const TRUE_FOR_CHANGES: Rule = Rule {
    id: "policy-always-true-for-changes",
    severity: Severity::Error,
    title: "A permissive policy that lets users change or delete every row",
    message: "{object} is true of every row, and {roles} may change what it lets through",
    advice: "compare the owner's column: ((SELECT auth.user_id()) = user_id)",
    sql: "SELECT DISTINCT p.object, p.roles
          FROM policy p JOIN clause c ON c.policy = p.oid
          WHERE p.polpermissive AND c.constant AND (
              p.polcmd IN ('w', 'd')
              OR p.polcmd = '*' AND EXISTS (SELECT FROM permission m WHERE m.relation = p.relation
                                            AND m.privilege IN ('INSERT', 'UPDATE', 'DELETE')))",
};

/// Right for what is everybody's, such as a list of countries.
pub const TRUE_FOR_READING: Rule = Rule {
    id: "policy-always-true",
    severity: Severity::Warning,
    title: "A permissive policy that lets every user read, or add, rows of a table without an owner column",
    message: "{object} is the same for every user: {roles} may {what}",
    advice: "compare the owner's column, ((SELECT auth.user_id()) = user_id), unless the rows are \
             everybody's",
    sql: "SELECT DISTINCT p.object, p.roles,
                 CASE p.polcmd WHEN 'a' THEN 'add any row' ELSE 'read all of them' END AS what
          FROM policy p JOIN clause c ON c.policy = p.oid
          WHERE p.polpermissive AND c.same_for_every_user AND NOT c.requires_ownership AND NOT EXISTS (
              SELECT FROM owner_column o WHERE o.relation = p.relation) AND (
              p.polcmd IN ('r', 'a')
              OR p.polcmd = '*' AND NOT EXISTS (SELECT FROM permission m WHERE m.relation = p.relation
                                                AND m.privilege IN ('INSERT', 'UPDATE', 'DELETE')))",
};

/// What is beside the comparison by OR, or instead of it, lets others in. What a permission in the claims names may be
/// read, as support staff do.
pub const NOT_OWN_ROWS: Rule = Rule {
    id: "policy-not-own-rows",
    severity: Severity::Error,
    title: "A permissive policy that is not bound to the owner: the comparison is missing, or joined by OR",
    message: "`{object}` gives `{roles}` access to other users' rows: `{part}` does not require the owner comparison",
    advice: "put the comparison at the top, joined by AND: ((SELECT auth.user_id()) = user_id AND …). A policy FOR \
             SELECT may ask for a permission instead, best of a role of its own: ((SELECT auth.session() -> 'st-perm' -> 'v' ? \
             'todos:read-any'))",
    sql: "SELECT p.object, p.roles, string_agg(CASE c.part WHEN 'using' THEN 'USING' ELSE 'WITH CHECK' END,
                                               ' and ' ORDER BY c.part DESC) AS part
          FROM policy p JOIN clause c ON c.policy = p.oid
          CROSS JOIN LATERAL (
              SELECT p.polcmd IN ('w', 'd') OR p.polcmd = '*' AND EXISTS (
                  SELECT FROM permission m WHERE m.relation = p.relation
                  AND m.privilege IN ('INSERT', 'UPDATE', 'DELETE')) AS changes) may
          WHERE p.polpermissive AND NOT c.requires_ownership
          AND NOT (p.polcmd = 'r' AND c.requires_permission_claim)
          -- What the two rules above find.
          AND NOT (may.changes AND c.constant)
          AND NOT (NOT may.changes AND c.same_for_every_user AND NOT EXISTS (
              SELECT FROM owner_column o WHERE o.relation = p.relation))
          GROUP BY p.object, p.roles",
};

/// `auth.session()` returns claims only if their signature is valid. The setting itself can be written by any SQL.
pub const UNSIGNED_CLAIMS: Rule = Rule {
    id: "policy-unsigned-claims",
    severity: Severity::Error,
    title: "With signed claims: a policy that reads the setting with the claims, whose signature is not verified",
    message: "{object} reads request.jwt.claims, which any SQL can set, without verifying the signature",
    advice: "replace current_setting('request.jwt.claims', true)::jsonb by (SELECT auth.session()) in the policy",
    sql: "SELECT DISTINCT p.object
          FROM policy p JOIN clause c ON c.policy = p.oid
          WHERE c.reads_claims_setting AND EXISTS (
              SELECT FROM relation k WHERE k.name = 'auth_private.claims_keys')",
};

/// Permissive policies are joined by OR: each must be right by itself, and each is asked.
pub const SEVERAL: Rule = Rule {
    id: "policy-several-permissive",
    severity: Severity::Warning,
    title: "Several permissive policies for one role and command: they are joined by OR",
    message: "{policies} on table {table} are joined by OR when {role} runs {commands}",
    advice: "make one policy of them, or make the others AS RESTRICTIVE",
    sql: "SELECT 'table ' || s.\"table\" AS object, s.\"table\", s.policies, s.role,
                 string_agg(s.command, ', ' ORDER BY s.command) AS commands
          FROM (
              SELECT p.\"table\", quote_ident(r.rolname) AS role, c.name AS command,
                     string_agg(p.name, ', ' ORDER BY p.name) AS policies
              FROM (VALUES ('r', 'SELECT'), ('a', 'INSERT'), ('w', 'UPDATE'), ('d', 'DELETE'))
                  AS c (letter, name)
              JOIN policy p ON p.polpermissive AND p.polcmd::text IN (c.letter, '*')
              CROSS JOIN asked
              JOIN reachable r ON p.for_public OR r.oid = ANY (p.polroles)
                  OR p.for_users AND r.rolname = asked.role
              GROUP BY p.\"table\", r.rolname, asked.role, c.name
              HAVING count(*) > 1 AND (bool_or(NOT p.for_public) OR r.rolname = asked.role)
          ) s
          GROUP BY s.\"table\", s.policies, s.role",
};

/// It applies to roles that nobody thought of.
pub const FOR_PUBLIC: Rule = Rule {
    id: "policy-for-public",
    severity: Severity::Warning,
    title: "A policy for PUBLIC: every role there is or will be",
    message: "{object} is for PUBLIC: every role there is or will be",
    advice: "run ALTER POLICY {policy} ON {table} TO the role that it is meant for",
    sql: "SELECT object, name AS policy, \"table\" FROM policy WHERE for_public",
};

/// Where there is no WITH CHECK, USING is taken for it: a change of the one later changes the other.
pub const UPDATE_WITHOUT_CHECK: Rule = Rule {
    id: "update-policy-without-check",
    severity: Severity::Warning,
    title: "A policy for UPDATE that does not say what a row may become",
    message: "{object} does not say what a row may become: it has no WITH CHECK",
    advice: "run ALTER POLICY {policy} ON {table} WITH CHECK (the condition of its USING)",
    sql: "SELECT object, name AS policy, \"table\" FROM policy
          WHERE polcmd IN ('w', '*') AND polpermissive AND has_using AND NOT has_check",
};

/// In a scalar sub-select of its own a call runs once a statement; elsewhere, once a row.
pub const NOT_INITPLAN: Rule = Rule {
    id: "policy-not-initplan",
    severity: Severity::Warning,
    title: "A policy that asks for the claims or a setting once a row",
    message: "{object} calls {calls} once a row",
    advice: "wrap each call, and the call alone, in a scalar sub-select: (SELECT auth.user_id()) = \
             user_id",
    sql: "SELECT p.object, string_agg(DISTINCT f.call, ', ') AS calls
          FROM policy p JOIN clause c ON c.policy = p.oid
          JOIN claims_function f ON f.oid = ANY (c.bare)
          GROUP BY p.object",
};

/// A policy is served by an index that leads on a column which it compares.
pub const WITHOUT_INDEX: Rule = Rule {
    id: "policy-without-index",
    severity: Severity::Warning,
    title: "A policy that no index serves: each query reads the whole table",
    message: "no index of {table} leads on {column}, as its policies need: {policies}",
    advice: "run CREATE INDEX ON {table} ({column}), with the keys by which lists are ordered behind it",
    sql: "SELECT 'table ' || p.\"table\" AS object, p.\"table\", quote_ident(a.attname) AS column,
                 string_agg(DISTINCT p.name, ', ') AS policies
          FROM policy p JOIN compared c ON c.policy = p.oid AND c.part = 'using' AND NOT c.is_cast
          JOIN pg_attribute a ON a.attrelid = c.relation AND a.attnum = c.attnum
          WHERE p.oid NOT IN (
              SELECT served.policy FROM compared served
              JOIN pg_index i ON i.indrelid = served.relation AND i.indkey[0] = served.attnum
              WHERE served.part = 'using' AND i.indisvalid AND i.indpred IS NULL)
          GROUP BY p.\"table\", a.attname",
};
