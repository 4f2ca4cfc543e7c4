//! Whether a policy lets through the user's own rows alone: the comparison of the owner's column is a conjunct at its
//! top, or in every arm of an OR.

use std::collections::BTreeSet;

use super::{any, column, mentions_columns, runs_once, tree::Node};

/// `BoolExpr` without OR and NOT, and what else is read through on the way to a comparison. Nothing of it is true where a
/// part is NULL, unlike COALESCE or CASE.
const IDENTITY: [&str; 9] = [
    "COERCEVIAIO",
    "CONST",
    "FROMEXPR",
    "FUNCEXPR",
    "NULLIFEXPR",
    "OPEXPR",
    "QUERY",
    "RELABELTYPE",
    "TARGETENTRY",
];

/// The claims in which SuperTokens keeps a user's permissions and roles.
const PERMISSION_CLAIMS: [&[u8]; 2] = [b"st-perm", b"st-role"];

/// What oids mean in this database.
#[derive(Debug, Default)]
pub struct Symbols {
    /// Functions that tell who asks.
    pub claims_functions: BTreeSet<i64>,
    pub equalities: BTreeSet<i64>,
    /// Operators that find a value in a JSON document.
    pub containments: BTreeSet<i64>,
}

impl Symbols {
    pub(super) fn is_own(&self, root: &Node) -> bool {
        root.children()
            .first()
            .is_some_and(|node| holds(node, 0, &|n, depth| self.compares_owner(n, depth)))
    }

    pub(super) fn is_permitted(&self, root: &Node) -> bool {
        root.children().first().is_some_and(|node| holds(node, 0, &|n, _| self.asks_permission(n)))
    }

    /// `user_id = (SELECT auth.user_id())`, either way round.
    fn compares_owner(&self, node: &Node, depth: i64) -> bool {
        let Some((left, right)) = operands(node, &self.equalities) else { return false };
        (is_column(left, depth) && self.is_identity(right))
            || (is_column(right, depth) && self.is_identity(left))
    }

    /// `(SELECT auth.session() -> 'st-perm' -> 'v') ? 'todos:read-any'`.
    fn asks_permission(&self, node: &Node) -> bool {
        let Some((claims, wanted)) = operands(node, &self.containments) else { return false };
        wanted.name == "CONST" && self.is_identity(claims) && any(claims, &names_permission_claim)
    }

    /// Made of claims and constants alone.
    fn is_identity(&self, node: &Node) -> bool {
        let is_claims_function = |inner: &Node| {
            inner.name == "FUNCEXPR"
                && inner.number("funcid").is_some_and(|oid| self.claims_functions.contains(&oid))
        };
        let is_part = |inner: &Node| IDENTITY.contains(&inner.name.as_str()) || runs_once(inner);
        !mentions_columns(node)
            && any(node, &is_claims_function)
            && !any(node, &|inner| !is_part(inner))
    }
}

/// Whether a condition that passes `is_wanted` must be true for the whole to be true.
fn holds(node: &Node, depth: i64, is_wanted: &impl Fn(&Node, i64) -> bool) -> bool {
    match (node.name.as_str(), node.word("boolop")) {
        ("BOOLEXPR", Some("and")) => {
            node.nodes("args").into_iter().any(|arm| holds(arm, depth, is_wanted))
        }
        ("BOOLEXPR", Some("or")) => {
            node.nodes("args").into_iter().all(|arm| holds(arm, depth, is_wanted))
        }
        ("SUBLINK", _) => selected(node).is_some_and(|inner| holds(inner, depth + 1, is_wanted)),
        _ => is_wanted(node, depth),
    }
}

/// The expression of `(SELECT expression)` without a table.
fn selected(sublink: &Node) -> Option<&Node> {
    let [query] = sublink.nodes("subselect")[..] else { return None };
    let reads_tables = any(query, &|node| matches!(node.name.as_str(), "RANGETBLENTRY" | "RTE"));
    let [target] = query.nodes("targetList")[..] else { return None };
    let [expression] = target.nodes("expr")[..] else { return None };
    (sublink.number("subLinkType") == Some(super::SCALAR[0]) && !reads_tables).then_some(expression)
}

fn operands<'a>(node: &'a Node, operators: &BTreeSet<i64>) -> Option<(&'a Node, &'a Node)> {
    let is_wanted = node.name == "OPEXPR" && operators.contains(&node.number("opno")?);
    match node.nodes("args")[..] {
        [left, right] if is_wanted => Some((left, right)),
        _ => None,
    }
}

/// A column of the policy's own row, be it cast to another type.
fn is_column(node: &Node, depth: i64) -> bool {
    match (node.name.as_str(), &node.nodes("arg")[..]) {
        ("COERCEVIAIO", [inner]) => is_column(inner, depth),
        _ => column(node, depth).is_some(),
    }
}

fn names_permission_claim(node: &Node) -> bool {
    let value = if node.name == "CONST" { node.bytes("constvalue") } else { return false };
    PERMISSION_CLAIMS.iter().any(|name| value.windows(name.len()).any(|part| part == *name))
}
