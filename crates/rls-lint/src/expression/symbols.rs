//! What the oids in an expression mean in this database. Each list is closed: what is not in it is not trusted.

use std::collections::BTreeSet;

/// A meaning of an oid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Symbol {
    /// Functions that return the user's id.
    UserId,
    /// Functions that return the claims.
    Claims,
    /// `current_setting`.
    Setting,
    /// Functions that return the same for every user.
    SameForEveryUser,
    /// Cast functions that keep different values different, and those to `char(n)` and `varchar(n)`.
    Cast,
    LengthCast,
    /// `->` and `->>` with a name.
    Member,
    /// `?`, then `?|` and `?&`, then `@>`.
    HasKey,
    HasKeys,
    Contains,
    Equality,
    /// The type `boolean`, and domains over it.
    Boolean,
}

/// The oids of each symbol.
const QUERIES: &[(Symbol, &str)] = &[
    (
        Symbol::UserId,
        "SELECT p.oid FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname = 'auth' AND p.proname IN ('user_id', 'uid') AND p.pronargs = 0",
    ),
    (
        Symbol::Claims,
        "SELECT p.oid FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname = 'auth' AND p.proname IN ('session', 'jwt') AND p.pronargs = 0",
    ),
    (
        Symbol::Setting,
        "SELECT oid FROM pg_proc
         WHERE pronamespace = 'pg_catalog'::regnamespace AND proname = 'current_setting'",
    ),
    // The server's own, unless they run SQL or change something, and what extensions compute.
    (
        Symbol::SameForEveryUser,
        "SELECT p.oid FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname = 'pg_catalog' AND p.provolatile <> 'v' AND p.prokind = 'f' AND NOT p.proretset
         AND p.proname <> 'current_setting' AND p.proname NOT LIKE '%to\\_xml%'
         OR n.nspname <> 'auth' AND p.provolatile = 'i' AND EXISTS (
             SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass
             AND d.objid = p.oid AND d.deptype = 'e')",
    ),
    (
        Symbol::Cast,
        "SELECT DISTINCT c.castfunc AS oid FROM pg_cast c JOIN pg_proc p ON p.oid = c.castfunc
         WHERE p.pronamespace = 'pg_catalog'::regnamespace AND c.castcontext = 'i' AND p.pronargs = 1
         AND c.castsource IN ('bpchar'::regtype, 'name'::regtype, 'int2'::regtype, 'int4'::regtype,
                              'int8'::regtype)
         AND c.casttarget IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype, 'int4'::regtype,
                              'int8'::regtype, 'numeric'::regtype)",
    ),
    (
        Symbol::LengthCast,
        "SELECT c.castfunc AS oid FROM pg_cast c
         WHERE c.castsource = c.casttarget
         AND c.castsource IN ('bpchar'::regtype, 'varchar'::regtype)",
    ),
    (
        Symbol::Member,
        "SELECT oid FROM pg_operator
         WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprname IN ('->', '->>')
         AND oprleft IN ('json'::regtype, 'jsonb'::regtype) AND oprright = 'text'::regtype",
    ),
    (
        Symbol::HasKey,
        "SELECT oid FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace
         AND oprname = '?' AND oprleft = 'jsonb'::regtype",
    ),
    (
        Symbol::HasKeys,
        "SELECT oid FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace
         AND oprname IN ('?|', '?&') AND oprleft = 'jsonb'::regtype",
    ),
    (
        Symbol::Contains,
        "SELECT oid FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace
         AND oprname = '@>' AND oprleft = 'jsonb'::regtype",
    ),
    // The server's own, and an extension's.
    (
        Symbol::Equality,
        "SELECT o.oid FROM pg_operator o WHERE o.oprname = '=' AND (
             o.oprnamespace = 'pg_catalog'::regnamespace OR EXISTS (
                 SELECT FROM pg_depend d WHERE d.classid = 'pg_operator'::regclass
                 AND d.objid = o.oid AND d.deptype = 'e'))",
    ),
    (
        Symbol::Boolean,
        "WITH RECURSIVE boolean (oid) AS (
             SELECT 'bool'::regtype::oid
             UNION SELECT t.oid FROM pg_type t JOIN boolean b ON t.typbasetype = b.oid)
         SELECT oid FROM boolean",
    ),
];

/// The symbols of a database.
#[derive(Debug, Default)]
pub struct Symbols(BTreeSet<(Symbol, i64)>);

impl Symbols {
    /// Returns rows for [`Symbols::from_rows`].
    pub fn query() -> String {
        let queries: Vec<String> = QUERIES
            .iter()
            .enumerate()
            .map(|(index, (_, sql))| format!("SELECT {index}, s.oid::bigint FROM ({sql}) s"))
            .collect();
        queries.join("\nUNION ALL\n")
    }

    pub fn from_rows(rows: Vec<(i32, i64)>) -> Self {
        let symbol = |index| QUERIES.get(usize::try_from(index).ok()?).map(|(symbol, _)| *symbol);
        Self(rows.into_iter().filter_map(|(index, oid)| Some((symbol(index)?, oid))).collect())
    }

    pub fn has(&self, symbol: Symbol, oid: Option<i64>) -> bool {
        oid.is_some_and(|oid| self.0.contains(&(symbol, oid)))
    }

    #[cfg(test)]
    pub fn of(symbols: &[(Symbol, i64)]) -> Self {
        Self(symbols.iter().copied().collect())
    }
}
