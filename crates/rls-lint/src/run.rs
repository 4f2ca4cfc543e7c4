//! Asks the catalogue, and changes nothing.

use std::{collections::BTreeMap, sync::LazyLock, time::Duration};

use pg_scope::{Access, Error, Pool, ScopeTemplate, Transaction, types::Type};
use serde_json::{Value, json};

use super::{
    Finding, Report, Rule,
    expression::{Facts, Symbols},
    rules::RULES,
};

const CATALOGUE: &str = include_str!("catalogue.sql");

/// No name of the database's own is looked up: whose schema is looked at must not run as whoever
/// looks. Compiling such a query takes longer than running it.
static SCOPE: LazyLock<ScopeTemplate> = LazyLock::new(|| {
    let settings =
        [("search_path", ""), ("statement_timeout", "30s"), ("lock_timeout", "5s"), ("jit", "off")];
    ScopeTemplate::new(&[], &settings, Access::Read)
});

/// Longer than a statement may take.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(40);

const WHO_IS_SIGNED_IN: &str = "
    SELECT l.rolname::text AS login, l.rolsuper OR l.rolbypassrls
        OR EXISTS (SELECT FROM pg_database d
                   WHERE d.datname = current_database() AND d.datdba = l.oid)
        OR EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                   WHERE c.relowner = l.oid AND c.relkind IN ('r', 'p')
                   AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema')
        AS administers
    FROM pg_roles l WHERE l.rolname = session_user";

const EXPRESSIONS: &str = "
    SELECT p.oid::bigint AS policy, e.part, e.tree::text AS tree,
           pg_get_expr(e.tree, p.polrelid) AS source
    FROM pg_policy p CROSS JOIN LATERAL (
        VALUES ('using', p.polqual), ('check', p.polwithcheck)) e(part, tree)
    WHERE e.tree IS NOT NULL";

/// Superusers may let others set what is theirs since PostgreSQL 15.
const OLDEST_WITH_PARAMETER_GRANTS: i32 = 150_000;

const PARAMETER_GRANTS: &str = "
    SELECT p.parname AS name, acl.privilege_type AS privilege, acl.grantee::bigint AS grantee
    FROM pg_parameter_acl p CROSS JOIN aclexplode(p.paracl) acl";

/// The login whose rights are checked together with those of the users' role.
#[derive(Debug, Clone)]
pub enum Login {
    /// The login of the connection: a service checks itself.
    Own,
    /// The login of the connection, or none if it administers the database.
    OwnUnlessAdministrator,
    /// The login of this name.
    Named(String),
}

/// What is checked.
#[derive(Debug, Clone)]
pub struct Options {
    /// The role that users' queries run as, such as `authenticated`.
    pub role: String,
    /// The login that may become that role.
    pub login: Login,
    /// Name and body of each function of the schema `auth` by which policies read the claims, as your migrations
    /// create them. A function that differs, or that is not in the list, is reported where a policy relies on it.
    pub auth_functions: Vec<(String, String)>,
}

/// A pool of one connection for the lint, which keeps no statement on the server.
pub fn pool(options: pg_scope::Options) -> Pool {
    let options = options.max_connections(1).prepares_statements(false);
    Pool::new(options.response_timeout(RESPONSE_TIMEOUT))
}

/// Runs every rule for the role and what the login can become, in a transaction that is READ ONLY.
pub async fn run(pool: &Pool, options: &Options) -> Result<Report, Error> {
    let transaction = pool.begin(SCOPE.scope(&[])?).await?;
    let report = run_in(&transaction, options).await?;
    transaction.rollback().await?;
    Ok(report)
}

/// As [`run`], in this transaction, which sees its own changes. Its `search_path` must be empty.
pub async fn run_in(transaction: &Transaction, options: &Options) -> Result<Report, Error> {
    let Options { role, login, auth_functions } = options;
    let login = match login {
        Login::Named(name) => Some(name.clone()),
        Login::Own => Some(who_is_signed_in(transaction).await?.0),
        Login::OwnUnlessAdministrator => match who_is_signed_in(transaction).await? {
            (_, true) => None,
            (name, false) => Some(name),
        },
    };
    let symbols = Symbols::from_rows(transaction.query(&Symbols::query(), &[]).await?.decode()?);
    let facts = read_policies(transaction, &symbols).await?;
    let grants = read_parameter_grants(transaction).await?;
    let functions = auth_functions.iter().map(|(name, body)| json!({"name": name, "body": body}));
    let functions: Value = functions.collect();
    let parameters = [
        (&role as _, Type::TEXT),
        (&login as _, Type::TEXT),
        (&facts as _, Type::JSONB),
        (&grants as _, Type::JSONB),
        (&functions as _, Type::JSONB),
    ];
    let rows = transaction.query(&every_rule(), &parameters).await?.decode::<(i32, Value)>()?;
    let mut findings = Vec::new();
    for (index, found) in rows {
        if let Some(rule) = usize::try_from(index).ok().and_then(|index| RULES.get(index)) {
            findings.push(finding(rule, &found));
        }
    }
    Ok(Report { role: role.clone(), login, findings })
}

/// Whether the server knows a role of this name.
pub async fn role_exists(pool: &Pool, name: &str) -> Result<bool, Error> {
    const QUERY: &str =
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) $1)";
    let transaction = pool.begin(SCOPE.scope(&[])?).await?.ending();
    first(transaction.query(QUERY, &[(&name, Type::TEXT)]).await?.decode::<(bool,)>()?)
        .map(|(exists,)| exists)
}

async fn who_is_signed_in(transaction: &Transaction) -> Result<(String, bool), Error> {
    first(transaction.query(WHO_IS_SIGNED_IN, &[]).await?.decode()?)
}

fn first<T>(rows: Vec<T>) -> Result<T, Error> {
    let missing = || Error::Decode("a query of the lint returned no row".to_owned());
    rows.into_iter().next().ok_or_else(missing)
}

/// What `catalogue.sql` needs for `parameter`.
async fn read_parameter_grants(transaction: &Transaction) -> Result<Value, Error> {
    const VERSION: &str = "SELECT current_setting('server_version_num')::int";
    let (number,) = first(transaction.query(VERSION, &[]).await?.decode::<(i32,)>()?)?;
    if number < OLDEST_WITH_PARAMETER_GRANTS {
        return Ok(json!([]));
    }
    let grants = transaction.query(PARAMETER_GRANTS, &[]).await?;
    let grants = grants.decode::<(String, String, i64)>()?;
    let grant = |(name, privilege, grantee)| json!({"name": name, "privilege": privilege, "grantee": grantee});
    Ok(grants.into_iter().map(grant).collect())
}

/// A part of a policy: the policy's OID, `using` or `check`, the expression as a tree and as SQL.
type Expression = (i64, String, String, Option<String>);

/// What `catalogue.sql` calls `clause`.
async fn read_policies(transaction: &Transaction, symbols: &Symbols) -> Result<Value, Error> {
    let rows = transaction.query(EXPRESSIONS, &[]).await?.decode::<Expression>()?;
    let read = |(policy, part, tree, source): Expression| {
        let facts = Facts::read(&tree, symbols);
        let source = source.unwrap_or_default();
        // False or unknown of every row: it lets nothing through.
        let never = source == "false" || source.starts_with("NULL::");
        json!({
            "policy": policy,
            "part": part,
            "constant": source == "true" || facts.constant && !never,
            "same_for_every_user": facts.same_for_every_user,
            "requires_ownership": facts.requires_ownership || never,
            "requires_permission_claim": facts.requires_permission_claim,
            "reads_claims_setting": facts.reads_claims_setting,
            "bare": facts.bare,
            "compared": facts.compared,
        })
    };
    Ok(rows.into_iter().map(read).collect())
}

/// One statement for all rules: the catalogue is read once.
fn every_rule() -> String {
    let queries: Vec<String> = RULES
        .iter()
        .enumerate()
        .map(|(index, rule)| {
            let sql = rule.sql;
            format!("SELECT {index} AS rule, to_jsonb(f) AS found FROM ({sql}) f")
        })
        .collect();
    format!("{CATALOGUE} {} ORDER BY 1, 2", queries.join("\nUNION ALL\n"))
}

fn finding(rule: &Rule, found: &Value) -> Finding {
    let columns: BTreeMap<&str, &str> = found
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
        .collect();
    Finding {
        rule: rule.id,
        severity: rule.severity,
        object: fill("{object}", &columns),
        message: fill(rule.message, &columns),
        advice: fill(rule.advice, &columns),
    }
}

/// Puts the columns in place of their names, once: a value that looks like a name stays as it is.
fn fill(template: &str, columns: &BTreeMap<&str, &str>) -> String {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        filled.push_str(columns.get(name).copied().unwrap_or_default());
        rest = after;
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_looks_like_a_name_stays_as_it_is() {
        let columns = BTreeMap::from([("table", "{role}"), ("role", "ada")]);
        assert_eq!(fill("{table} of {role}: {nobody}.", &columns), "{role} of ada: .");
    }
}
