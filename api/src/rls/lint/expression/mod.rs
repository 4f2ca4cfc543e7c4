//! What a policy's expression holds, of what the rules ask about.

mod condition;
mod tree;

use serde::Serialize;

pub use self::condition::Symbols;
use self::tree::Node;

/// `SubLinkType` in the server's `nodes/primnodes.h`: `(SELECT x)` and `ARRAY(SELECT x)`.
const SCALAR: [i64; 2] = [4, 6];

/// The answers, in the form that `catalogue.sql` reads. Functions and operators are oids.
#[derive(Debug, Default, Serialize, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each answers a question of the rules")]
pub struct Facts {
    /// Asks neither about the row nor about anything else.
    pub constant: bool,
    /// Asks about the row at most, and so is the same for every user.
    pub impersonal: bool,
    /// True of the user's own rows alone. See [`condition`].
    pub own: bool,
    /// True alone for users whose claims name a role or a permission.
    pub permitted: bool,
    /// Functions that are called once a row, though the row does not matter to them.
    pub bare: Vec<i64>,
    pub compared: Vec<Comparison>,
}

/// A column of the row, compared with what is the same for every row.
#[derive(Debug, Serialize, PartialEq, Eq)]
pub struct Comparison {
    pub column: i64,
    pub operator: i64,
    /// What is called for the other side.
    pub functions: Vec<i64>,
}

impl Facts {
    /// Of an expression as `pg_policy` has it.
    pub fn read(node_tree: &str, symbols: &Symbols) -> Self {
        let root = Node::read(node_tree);
        let impersonal = is_impersonal(&root);
        let mut facts = Self {
            constant: impersonal && !mentions_columns(&root),
            impersonal,
            own: symbols.is_own(&root),
            permitted: symbols.is_permitted(&root),
            ..Self::default()
        };
        facts.visit(&root, 0);
        facts
    }

    /// `depth`: how many queries are around `node`.
    fn visit(&mut self, node: &Node, depth: i64) {
        match node.name.as_str() {
            "FUNCEXPR" if !mentions_columns(node) => self.bare.extend(node.number("funcid")),
            "OPEXPR" | "SCALARARRAYOPEXPR" => self.compared.extend(comparison(node, depth)),
            _ => {}
        }
        if runs_once(node) {
            return;
        }
        let depth = if node.name == "QUERY" { depth + 1 } else { depth };
        for child in node.children() {
            self.visit(child, depth);
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

fn is_impersonal(root: &Node) -> bool {
    const ASKS: [&str; 5] = ["FUNCEXPR", "PARAM", "SQLVALUEFUNCTION", "RANGETBLENTRY", "RTE"];
    !any(root, &|node| ASKS.contains(&node.name.as_str()))
}

fn comparison(operator: &Node, depth: i64) -> Option<Comparison> {
    let [left, right] = operator.nodes("args")[..] else { return None };
    let (column, other) = match (column(left, depth), column(right, depth)) {
        (Some(column), None) => (column, right),
        (None, Some(column)) => (column, left),
        _ => return None,
    };
    if mentions_columns(other) {
        return None;
    }
    let mut functions = Vec::new();
    collect_functions(other, &mut functions);
    Some(Comparison { column, operator: operator.number("opno")?, functions })
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
        let symbols = Symbols {
            claims_functions: [7].into(),
            equalities: [98].into(),
            containments: [99].into(),
        };
        Facts::read(node_tree, &symbols)
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
        let compared = vec![Comparison { column: 2, operator: 98, functions: vec![7] }];
        Facts { bare: bare.into(), compared, own: true, ..Facts::default() }
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
