//! Whether a condition requires the owner comparison, or a permission in the claims: at its top, joined by AND, or in
//! every arm of an OR.

use super::{
    any, column, constant,
    symbols::{Symbol, Symbols},
    tree::Node,
};

/// The claims in which SuperTokens keeps a user's permissions and roles.
const PERMISSION_CLAIMS: [&[u8]; 2] = [b"st-perm", b"st-role"];

impl Symbols {
    pub(super) fn requires_ownership(&self, root: &Node) -> bool {
        root.children()
            .first()
            .is_some_and(|node| requires(node, 0, &|n, depth| self.compares_owner(n, depth)))
    }

    pub(super) fn requires_permission_claim(&self, root: &Node) -> bool {
        root.children()
            .first()
            .is_some_and(|node| requires(node, 0, &|n, _| self.finds_permission(n)))
    }

    /// `user_id = (SELECT auth.user_id())`, either way round.
    fn compares_owner(&self, node: &Node, depth: i64) -> bool {
        let Some((left, right)) = self.operands(node, Symbol::Equality) else { return false };
        (self.is_owner_column(left, depth) && self.is_identity(right))
            || (self.is_owner_column(right, depth) && self.is_identity(left))
    }

    /// A column of the policy's own row. A boolean has two values, and users are more.
    fn is_owner_column(&self, node: &Node, depth: i64) -> bool {
        let column_node = self.without_casts(node);
        column(column_node, depth).is_some()
            && !self.has(Symbol::Boolean, column_node.number("vartype"))
    }

    /// The user's id: `auth.user_id()`, `auth.uid()`, or `sub` of the claims. Nothing else is accepted.
    fn is_identity(&self, node: &Node) -> bool {
        let node = self.unwrap(node);
        let is_call = node.name == "FUNCEXPR" && self.has(Symbol::UserId, node.number("funcid"));
        is_call || self.member(node).is_some_and(|(of, name)| name == b"sub" && self.is_claims(of))
    }

    /// `auth.session()`, `auth.jwt()` or `current_setting('request.jwt.claims')`.
    fn is_claims(&self, node: &Node) -> bool {
        let node = self.unwrap(node);
        let is_call = node.name == "FUNCEXPR" && self.has(Symbol::Claims, node.number("funcid"));
        is_call || self.reads_claims_setting(node)
    }

    /// `current_setting('request.jwt.claims')`.
    pub(super) fn reads_claims_setting(&self, node: &Node) -> bool {
        let names_claims = || {
            let name = node.nodes("args").first().and_then(|name| constant::text(name));
            name.is_some_and(|name| name.eq_ignore_ascii_case(b"request.jwt.claims"))
        };
        node.name == "FUNCEXPR"
            && self.has(Symbol::Setting, node.number("funcid"))
            && names_claims()
    }

    /// `(SELECT auth.session() -> 'st-perm' -> 'v') ? 'todos:read-any'`. Operands that are true of every user with the
    /// claim are not accepted, such as an empty list.
    fn finds_permission(&self, node: &Node) -> bool {
        let names = |symbol, is_wanted: fn(&Node) -> bool| {
            self.operands(node, symbol)
                .is_some_and(|(list, wanted)| is_wanted(wanted) && self.is_permission_list(list))
        };
        names(Symbol::HasKey, |key| constant::text(key).is_some_and(|key| !key.is_empty()))
            || names(Symbol::HasKeys, constant::is_array_of_texts)
            || names(Symbol::Contains, constant::is_json_array_of_texts)
    }

    /// `claims -> 'st-perm' -> 'v'`.
    fn is_permission_list(&self, node: &Node) -> bool {
        let Some((claim, value)) = self.member(self.unwrap(node)) else { return false };
        let Some((claims, name)) = self.member(self.unwrap(claim)) else { return false };
        value == b"v" && PERMISSION_CLAIMS.contains(&name.as_slice()) && self.is_claims(claims)
    }

    /// The document and the name of `document -> 'name'` or `document ->> 'name'`.
    fn member<'a>(&self, node: &'a Node) -> Option<(&'a Node, Vec<u8>)> {
        let (document, name) = self.operands(node, Symbol::Member)?;
        Some((document, constant::text(name)?))
    }

    /// Without what changes no value: scalar sub-selects, casts, `nullif(…, 'constant')`.
    fn unwrap<'a>(&self, node: &'a Node) -> &'a Node {
        let inner = match (node.name.as_str(), &node.nodes("args")[..]) {
            ("SUBLINK", _) => selected(node),
            ("NULLIFEXPR", [value, constant]) if constant.name == "CONST" => Some(*value),
            _ => self.cast(node),
        };
        inner.map_or(node, |inner| self.unwrap(inner))
    }

    pub(super) fn without_casts<'a>(&self, node: &'a Node) -> &'a Node {
        self.cast(node).map_or(node, |inner| self.without_casts(inner))
    }

    /// What is cast, to a type in which different users stay different.
    fn cast<'a>(&self, node: &'a Node) -> Option<&'a Node> {
        if self.has(Symbol::Boolean, node.number("resulttype")) {
            return None;
        }
        let function = node.number("funcid");
        match (node.name.as_str(), &node.nodes("arg")[..], &node.nodes("args")[..]) {
            ("COERCEVIAIO" | "COERCETODOMAIN" | "RELABELTYPE", [inner], _) => Some(inner),
            ("FUNCEXPR", _, [inner]) if self.has(Symbol::Cast, function) => Some(inner),
            ("FUNCEXPR", _, [inner, length, _])
                if self.has(Symbol::LengthCast, function) && constant::fits_user_id(length) =>
            {
                Some(inner)
            }
            _ => None,
        }
    }

    fn operands<'a>(&self, node: &'a Node, operator: Symbol) -> Option<(&'a Node, &'a Node)> {
        match node.nodes("args")[..] {
            [left, right] if node.name == "OPEXPR" && self.has(operator, node.number("opno")) => {
                Some((left, right))
            }
            _ => None,
        }
    }
}

/// Whether a condition that passes `is_wanted` must be true for the whole to be true.
fn requires(node: &Node, depth: i64, is_wanted: &impl Fn(&Node, i64) -> bool) -> bool {
    match (node.name.as_str(), node.word("boolop")) {
        ("BOOLEXPR", Some("and")) => {
            node.nodes("args").into_iter().any(|arm| requires(arm, depth, is_wanted))
        }
        ("BOOLEXPR", Some("or")) => {
            node.nodes("args").into_iter().all(|arm| requires(arm, depth, is_wanted))
        }
        ("SUBLINK", _) => selected(node).is_some_and(|inner| requires(inner, depth + 1, is_wanted)),
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
