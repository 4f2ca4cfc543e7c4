//! Where an error of a field leaves null (GraphQL, section 6.4.4).
//!
//! async-graphql 7.2 leaves a failed field out of its object, and makes an object null if all of its fields failed. Here
//! null propagates to the nearest nullable field, as the types of the document say.

use apollo_compiler::{
    ExecutableDocument, Node,
    ast::Type,
    executable::{Field, Selection, SelectionSet},
};
use async_graphql::{Name, PathSegment, Response, Value};

use super::ValidDocument;

/// What became of a value on the path of an error.
enum Outcome {
    Kept,
    /// The value is null, and its type does not allow it.
    Failed,
}

impl ValidDocument {
    /// Puts null where the errors of the response require it.
    pub fn propagate_nulls(&self, operation_name: Option<&str>, response: &mut Response) {
        let Ok(operation) = self.0.operations.get(operation_name) else { return };
        let Response { data, errors, .. } = response;
        let paths = || errors.iter().map(|error| &error.path[..]).filter(|path| !path.is_empty());
        // All of them before any propagates, so that none is put into an object that has become null.
        paths().for_each(|path| put_null(data, path));
        for path in paths() {
            let selections = [&operation.selection_set];
            if let Outcome::Failed = Nulls(&self.0).in_object(data, &selections, path) {
                *data = Value::Null;
            }
        }
    }
}

/// Puts null at the end of the path if nothing is there.
fn put_null(value: &mut Value, path: &[PathSegment]) {
    match (path.split_first(), &mut *value) {
        (Some((PathSegment::Field(_), _)), Value::Null) => {
            *value = Value::Object([].into_iter().collect());
            put_null(value, path);
        }
        (Some((PathSegment::Field(key), rest)), Value::Object(object)) => {
            put_null(object.entry(Name::new(key)).or_insert(Value::Null), rest);
        }
        (Some((PathSegment::Index(index), rest)), Value::List(items)) => {
            if let Some(item) = items.get_mut(*index) {
                put_null(item, rest);
            }
        }
        _ => {}
    }
}

struct Nulls<'a>(&'a ExecutableDocument);

impl Nulls<'_> {
    /// Follows the path into an object with these selections.
    fn in_object(
        &self,
        value: &mut Value,
        selections: &[&SelectionSet],
        path: &[PathSegment],
    ) -> Outcome {
        let (Value::Object(object), Some((PathSegment::Field(key), rest))) =
            (value, path.split_first())
        else {
            return Outcome::Kept;
        };
        let fields = self.fields(selections, key);
        let (Some(child), Some(first)) = (object.get_mut(key.as_str()), fields.first()) else {
            return Outcome::Kept;
        };
        let below: Vec<_> = fields.iter().map(|field| &field.selection_set).collect();
        self.in_value(child, first.ty(), &below, rest)
    }

    /// Follows the path into a value of this type.
    fn in_value(
        &self,
        value: &mut Value,
        ty: &Type,
        selections: &[&SelectionSet],
        path: &[PathSegment],
    ) -> Outcome {
        let below = match (path.first(), &mut *value) {
            (None | Some(PathSegment::Index(_)), Value::Null) => Outcome::Failed,
            (Some(PathSegment::Field(_)), value) => self.in_object(value, selections, path),
            (Some(PathSegment::Index(index)), Value::List(items)) => match items.get_mut(*index) {
                Some(item) => self.in_value(item, ty.item_type(), selections, &path[1..]),
                None => Outcome::Kept,
            },
            (None | Some(PathSegment::Index(_)), _) => Outcome::Kept,
        };
        match below {
            Outcome::Failed => {
                *value = Value::Null;
                if ty.is_non_null() { Outcome::Failed } else { Outcome::Kept }
            }
            Outcome::Kept => Outcome::Kept,
        }
    }

    /// The fields of this response key, fragments included.
    fn fields<'a>(&'a self, selections: &[&'a SelectionSet], key: &str) -> Vec<&'a Node<Field>> {
        let selections = selections.iter().flat_map(|set| &set.selections);
        let fields = selections.flat_map(|selection| match selection {
            Selection::Field(field) if field.response_key() == key => vec![field],
            Selection::Field(_) => Vec::new(),
            Selection::InlineFragment(fragment) => self.fields(&[&fragment.selection_set], key),
            Selection::FragmentSpread(spread) => {
                let fragment = self.0.fragments.get(&spread.fragment_name);
                let sets: Vec<_> =
                    fragment.iter().map(|fragment| &fragment.selection_set).collect();
                self.fields(&sets, key)
            }
        });
        fields.collect()
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{ServerError, Value};
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::graphql::validation::Validator;

    fn propagated(text: &str, data: Json, paths: &[Json]) -> Json {
        let validator = Validator::new(include_str!("../../../../schema.graphql")).unwrap();
        let document = validator.validate(validator.parse(text).unwrap()).unwrap();
        let mut response = Response::new(Value::from_json(data).unwrap());
        response.errors = paths.iter().map(error).collect();
        document.propagate_nulls(None, &mut response);
        response.data.into_json().unwrap()
    }

    fn error(path: &Json) -> ServerError {
        let mut error = ServerError::new("failed", None);
        let segment = |segment: &Json| match segment.as_u64() {
            Some(index) => PathSegment::Index(index.try_into().unwrap()),
            None => PathSegment::Field(segment.as_str().unwrap().to_owned()),
        };
        error.path = path.as_array().unwrap().iter().map(segment).collect();
        error
    }

    #[test]
    fn failed_non_null_field_makes_its_nullable_parent_null() {
        let text = "{ todo(id: 1) { id task } sessions { id } }";
        let sessions = json!([{"id": "a"}]);
        let data = json!({"todo": {"id": "1"}, "sessions": sessions});
        let expected = json!({"todo": null, "sessions": sessions});
        assert_eq!(propagated(text, data, &[json!(["todo", "task"])]), expected);
        // async-graphql returns null for an object of which every field failed.
        let data = json!({"todo": null, "sessions": sessions});
        let paths = [json!(["todo", "task"]), json!(["todo", "id"])];
        assert_eq!(propagated(text, data, &paths), expected);
    }

    #[test]
    fn object_that_is_null_stays_null() {
        let text = "mutation { a: toggleTodo(id: 1) { todo { id task } } }";
        // Each of these errors puts its own part of the path back.
        let paths = [json!(["a", "todo", "id"]), json!(["a"]), json!(["a", "todo", "task"])];
        let expected = json!({"a": null});
        for data in [json!({"a": {"todo": null}}), json!({"a": null}), json!({}), Json::Null] {
            assert_eq!(propagated(text, data, &paths), expected);
        }
        let text = "{ node(id: 1) { id ... on Todo { task } } sessions { device id } }";
        let data = json!({"node": {"id": "1"}, "sessions": [{"id": "a"}]});
        let paths = [json!(["node", "task"]), json!(["sessions", 0, "device"])];
        let expected = json!({"node": null, "sessions": [{"device": null, "id": "a"}]});
        assert_eq!(propagated(text, data, &paths), expected);
    }

    #[test]
    fn failed_non_null_field_of_the_root_makes_data_null() {
        let text = "{ session { email } todos { nodes { id } } }";
        let data = json!({"session": {"email": null}});
        assert_eq!(propagated(text, data.clone(), &[json!(["todos"])]), Json::Null);
        assert_eq!(propagated(text, data, &[json!(["todos", "nodes", 0, "id"])]), Json::Null);
    }

    #[test]
    fn failed_mutation_field_is_null_beside_its_siblings() {
        let text = "mutation { ...F gone: deleteTodo(id: 2) { deletedId } }
            fragment F on Mutation { done: toggleTodo(id: 1) { todo { ...T } } }
            fragment T on Todo { task }";
        let done = json!({"todo": {"task": "a"}});
        let data = json!({"done": done});
        let expected = json!({"done": done, "gone": null});
        assert_eq!(propagated(text, data, &[json!(["gone"])]), expected);
        let expected = json!({"done": null, "gone": null});
        assert_eq!(propagated(text, Json::Null, &[json!(["done"]), json!(["gone"])]), expected);
        let data = json!({"done": {"todo": {}}, "gone": {"deletedId": "2"}});
        let expected = json!({"done": null, "gone": {"deletedId": "2"}});
        assert_eq!(propagated(text, data, &[json!(["done", "todo", "task"])]), expected);
    }

    #[test]
    fn failed_item_of_a_nullable_type_is_null() {
        let text = "{ nodes(ids: [1, 2]) { id ... on Todo { task } } }";
        let data = json!({"nodes": [{"id": "1"}, {"id": "2", "task": "b"}]});
        let expected = json!({"nodes": [null, {"id": "2", "task": "b"}]});
        assert_eq!(propagated(text, data, &[json!(["nodes", 0, "task"])]), expected);
    }
}
