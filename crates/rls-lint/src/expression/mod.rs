//! What a policy's expression holds, of what the rules ask about.

mod condition;
mod constant;
mod symbols;
mod tree;

use serde::Serialize;

pub use self::symbols::Symbols;
use self::{symbols::Symbol, tree::Node};

/// `SVFOP_LOCALTIMESTAMP_N` in the server's `nodes/primnodes.h`: what follows are roles, the database and the schema.
const LAST_OF_TIME: i64 = 8;

/// `SubLinkType` in the server's `nodes/primnodes.h`: `(SELECT x)` and `ARRAY(SELECT x)`.
const SCALAR: [i64; 2] = [4, 6];

/// The answers, in the form that `catalogue.sql` reads. Functions and operators are oids.
#[derive(Debug, Default, Serialize, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each answers a question of the rules")]
pub struct Facts {
    /// Asks neither about the row nor about anything else.
    pub constant: bool,
    /// Asks about the row and the time at most.
    pub same_for_every_user: bool,
    /// True of the user's own rows alone. See [`condition`].
    pub requires_ownership: bool,
    /// True alone for users whose claims name a role or a permission.
    pub requires_permission_claim: bool,
    /// Reads `request.jwt.claims` itself, without `auth.session()`.
    pub reads_claims_setting: bool,
    /// Functions that are called once a row, though the row does not matter to them.
    pub bare: Vec<i64>,
    pub compared: Vec<Comparison>,
}

/// A column of the row, compared with what is the same for every row.
#[derive(Debug, Serialize, PartialEq, Eq)]
pub struct Comparison {
    pub column: i64,
    /// Whether the column is cast to another type, so that its index does not serve.
    pub is_cast: bool,
    pub operator: i64,
    /// What is called for the other side.
    pub functions: Vec<i64>,
}

impl Facts {
    /// Of an expression as `pg_policy` has it.
    pub fn read(node_tree: &str, symbols: &Symbols) -> Self {
        let root = Node::read(node_tree);
        let mut facts = Self {
            constant: !any(&root, &|node| node.name == "VAR" || calls(node)),
            same_for_every_user: symbols.same_for_every_user(&root),
            requires_ownership: symbols.requires_ownership(&root),
            requires_permission_claim: symbols.requires_permission_claim(&root),
            reads_claims_setting: any(&root, &|node| symbols.reads_claims_setting(node)),
            ..Self::default()
        };
        facts.visit(&root, 0, symbols);
        facts
    }

    /// `depth`: how many queries are around `node`.
    fn visit(&mut self, node: &Node, depth: i64, symbols: &Symbols) {
        match node.name.as_str() {
            "FUNCEXPR" if !mentions_columns(node) => self.bare.extend(node.number("funcid")),
            "OPEXPR" | "SCALARARRAYOPEXPR" => {
                self.compared.extend(symbols.comparison(node, depth));
            }
            _ => {}
        }
        if runs_once(node) {
            return;
        }
        let depth = if node.name == "QUERY" { depth + 1 } else { depth };
        for child in node.children() {
            self.visit(child, depth, symbols);
        }
    }
}

/// A scalar sub-select that reads no table and no column: the planner's `InitPlan`.
fn runs_once(node: &Node) -> bool {
    node.name == "SUBLINK"
        && node.number("subLinkType").is_some_and(|kind| SCALAR.contains(&kind))
        && !any(node, &|inner| matches!(inner.name.as_str(), "VAR" | "RANGETBLENTRY" | "RTE"))
}

fn mentions_columns(node: &Node) -> bool {
    any(node, &|inner| inner.name == "VAR")
}

/// Calls a function, or reads a table.
fn calls(node: &Node) -> bool {
    const CALLS: [&str; 5] = ["FUNCEXPR", "PARAM", "SQLVALUEFUNCTION", "RANGETBLENTRY", "RTE"];
    CALLS.contains(&node.name.as_str())
}

impl Symbols {
    fn same_for_every_user(&self, root: &Node) -> bool {
        !any(root, &|node| self.may_differ(node))
    }

    fn may_differ(&self, node: &Node) -> bool {
        // Zero stands for the operator's own function, which is not looked up yet.
        let operator = node.number("opfuncid").filter(|oid| *oid != 0);
        let is_unknown = |oid| !self.has(Symbol::SameForEveryUser, oid);
        match node.name.as_str() {
            "FUNCEXPR" => is_unknown(node.number("funcid")),
            "SQLVALUEFUNCTION" => node.number("op").is_none_or(|op| op > LAST_OF_TIME),
            _ => calls(node) || operator.is_some() && is_unknown(operator),
        }
    }

    fn comparison(&self, operator: &Node, depth: i64) -> Option<Comparison> {
        let [left, right] = operator.nodes("args")[..] else { return None };
        let is_column = |node| column(self.without_casts(node), depth);
        let (number, side, other) = match (is_column(left), is_column(right)) {
            (Some(number), None) => (number, left, right),
            (None, Some(number)) => (number, right, left),
            _ => return None,
        };
        if mentions_columns(other) {
            return None;
        }
        let mut functions = Vec::new();
        collect_functions(other, &mut functions);
        let is_cast = column(side, depth).is_none();
        Some(Comparison { column: number, is_cast, operator: operator.number("opno")?, functions })
    }
}

/// The number of a column of the policy's own row, be it relabelled to a type of the same bytes, as
/// `varchar` to `text`: an index serves that, too.
fn column(node: &Node, depth: i64) -> Option<i64> {
    match node.name.as_str() {
        "VAR" if node.number("varlevelsup") == Some(depth) && node.number("varno") == Some(1) => {
            node.number("varattno")
        }
        "RELABELTYPE" => match node.nodes("arg")[..] {
            [inner] => column(inner, depth),
            _ => None,
        },
        _ => None,
    }
}

fn collect_functions(node: &Node, found: &mut Vec<i64>) {
    if node.name == "FUNCEXPR" {
        found.extend(node.number("funcid"));
    }
    for child in node.children() {
        collect_functions(child, found);
    }
}

fn any(node: &Node, is_wanted: &impl Fn(&Node) -> bool) -> bool {
    is_wanted(node) || node.children().into_iter().any(|child| any(child, is_wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: &str = "{FUNCEXPR :funcid 7 :args <>}";

    fn read(node_tree: &str) -> Facts {
        let symbols = [(Symbol::UserId, 7), (Symbol::Equality, 98)];
        Facts::read(node_tree, &Symbols::of(&symbols))
    }

    fn column(level: i64) -> String {
        format!("{{VAR :varno 1 :varattno 2 :varlevelsup {level}}}")
    }

    fn equal(left: &str, right: &str) -> String {
        format!("{{OPEXPR :opno 98 :args ({left} {right})}}")
    }

    fn select(expression: &str) -> String {
        format!(
            "{{SUBLINK :subLinkType 4 :subselect {{QUERY :rtable <> \
             :targetList ({{TARGETENTRY :expr {expression} :resname x}})}}}}"
        )
    }

    fn found(bare: &[i64]) -> Facts {
        let comparison = Comparison { column: 2, is_cast: false, operator: 98, functions: vec![7] };
        Facts {
            bare: bare.into(),
            compared: vec![comparison],
            requires_ownership: true,
            ..Facts::default()
        }
    }

    #[test]
    fn a_call_in_a_sub_select_of_its_own_runs_once() {
        assert_eq!(read(&equal(&select(CALL), &column(0))), found(&[]));
        assert_eq!(read(&equal(&column(0), &select(CALL))), found(&[]));
    }

    #[test]
    fn a_call_beside_a_column_runs_once_a_row() {
        assert_eq!(read(&equal(CALL, &column(0))), found(&[7]));
        assert_eq!(read(&select(&equal(CALL, &column(1)))), found(&[7]));
    }

    #[test]
    fn a_call_about_the_row_cannot_run_once() {
        let facts = read(&format!("{{FUNCEXPR :funcid 7 :args ({})}}", column(0)));
        assert_eq!(facts, Facts::default());
    }

    #[test]
    fn a_column_relabelled_is_that_column() {
        let relabelled = format!("{{RELABELTYPE :arg {} :resulttype 25}}", column(0));
        assert_eq!(read(&equal(&relabelled, &select(CALL))), found(&[]));
    }

    #[test]
    fn what_asks_about_nothing_is_constant() {
        let constant = "{CONST :consttype 16 :constvalue 1 [ 1 0 0 0 0 0 0 0 ]}";
        assert!(read(constant).constant);
        assert!(read(&select(&equal(constant, constant))).constant);
        assert!(!read(CALL).constant && !read(&column(0)).constant);
    }
}
