//! Operations that were checked and executed without an error: the same ones need no second check.
//!
//! Whether an operation is valid (GraphQL, 5) depends on its text, on which of the text's operations is
//! meant and on its variables, and on nothing else.

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::{
    Request,
    parser::types::{ExecutableDocument, OperationType},
};
use hashlink::LruCache;

const CAPACITY: usize = 256;

/// Of the variables as JSON, in bytes. Clients that page through a list have few and short ones.
const MAX_VARIABLES: usize = 256;

/// What is executed, whoever asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Operation {
    text: Arc<str>,
    name: Option<String>,
    variables: String,
}

impl Operation {
    /// None where nobody will send the same again: mutations, and whatever has much in its variables.
    pub fn of(request: &Request, text: &Arc<str>, document: &ExecutableDocument) -> Option<Self> {
        let mut operations = document.operations.iter().map(|(_, operation)| operation.node.ty);
        if operations.any(|kind| kind != OperationType::Query) {
            return None;
        }
        let variables = if request.variables.is_empty() {
            String::new()
        } else {
            serde_json::to_string(&request.variables).ok()?
        };
        let name = request.operation_name.clone();
        (variables.len() <= MAX_VARIABLES).then(|| Self { text: Arc::clone(text), name, variables })
    }
}

/// Those of this process.
pub struct ValidOperations(Mutex<LruCache<Operation, ()>>);

impl Default for ValidOperations {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(CAPACITY)))
    }
}

impl ValidOperations {
    pub fn knows(&self, operation: &Operation) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(operation).is_some()
    }

    pub fn remember(&self, operation: Operation) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(operation, ());
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{Variables, parser::parse_query};
    use serde_json::json;

    use super::*;

    fn operation(
        text: &str,
        name: Option<&str>,
        variables: serde_json::Value,
    ) -> Option<Operation> {
        let mut request = Request::new(text).variables(Variables::from_json(variables));
        request.operation_name = name.map(str::to_owned);
        Operation::of(&request, &text.into(), &parse_query(text).unwrap())
    }

    #[test]
    fn what_makes_another_operation_is_not_known() {
        let text = "query A($a: Int) { a(b: $a) } query B { c }";
        let valid = ValidOperations::default();
        valid.remember(operation(text, Some("A"), json!({"a": 1})).unwrap());
        let knows = |name, variables| valid.knows(&operation(text, name, variables).unwrap());
        assert!(knows(Some("A"), json!({"a": 1})));
        assert!(!knows(Some("A"), json!({"a": "1"})));
        assert!(!knows(Some("A"), json!({})));
        assert!(!knows(Some("B"), json!({"a": 1})));
        assert!(!knows(None, json!({"a": 1})));
        assert!(!valid.knows(&operation("query A { c }", Some("A"), json!({"a": 1})).unwrap()));
    }

    #[test]
    fn what_nobody_sends_twice_is_not_kept() {
        assert_eq!(operation("mutation { a }", None, json!({})), None);
        assert_eq!(operation("query A { a } mutation B { a }", Some("A"), json!({})), None);
        assert_eq!(operation("{ a }", None, json!({"a": "x".repeat(300)})), None);
    }
}
