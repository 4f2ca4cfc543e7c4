use async_graphql::Variables;
use serde_json::{Value, json};

use super::*;

const ADD: &str = "mutation($input: AddTodoInput!) { addTodo(input: $input) { __typename } }";

fn validator() -> Validator {
    Validator::new(include_str!("../../../../schema.graphql")).unwrap()
}

fn coerced(text: &str, variables: Value) -> Result<Value, String> {
    let validator = validator();
    let document = validator.parse(text).and_then(|document| validator.validate(document));
    let document = document.map_err(|errors| errors[0].message.clone())?;
    let variables = validator.coerce(&document, None, &Variables::from_json(variables));
    let variables = variables.map_err(|error| error.message)?;
    Ok(serde_json::to_value(variables).unwrap())
}

#[test]
fn defaults_are_filled_in_and_unknown_variables_left_out() {
    let text = "query($no: Boolean! = false, $some: Int) { __typename @include(if: $no) \
                todos(first: $some) { totalCount } }";
    assert_eq!(coerced(text, json!({"other": 1})), Ok(json!({"no": false})));
    assert_eq!(coerced(text, json!({"no": true, "some": 2.0})), Ok(json!({"no": true, "some": 2})));
    assert_eq!(coerced(text, json!({"some": null})), Ok(json!({"no": false, "some": null})));
    for variables in
        [json!({"no": null}), json!({"no": 1}), json!({"some": 1.5}), json!({"some": "1"})]
    {
        assert!(coerced(text, variables.clone()).is_err(), "{variables}");
    }
}

#[test]
fn values_of_custom_scalars_are_checked_wherever_they_stand() {
    let key = "c5f1d4b2-8d0e-4c3e-9a51-1f2f6f0c9f3a";
    assert!(coerced(ADD, json!({"input": {"task": "a", "key": key}})).is_ok());
    let error = coerced(ADD, json!({"input": {"task": "a", "key": "x"}})).unwrap_err();
    assert!(error.starts_with("Variable \"$input\" has an invalid value. "), "{error}");
    for text in [
        r#"mutation { addTodo(input: {task: "a", key: "x"}) { __typename } }"#,
        r#"query { todos(filter: {insertedAfter: "yesterday"}) { totalCount } }"#,
        r#"query($filter: TodoFilter = {insertedAfter: "now"}) { todos(filter: $filter) { totalCount } }"#,
        "query { ...on Query { todos(filter: {insertedAfter: 5}) { totalCount } } }",
    ] {
        assert!(coerced(text, json!({})).is_err(), "{text}");
    }
}

#[test]
fn errors_have_a_message_and_a_place() {
    let errors = validator().parse("{\n  nothing\n}").unwrap_err();
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].message, r#"Cannot query field "nothing" on type "Query"."#);
    assert_eq!((errors[0].locations[0].line, errors[0].locations[0].column), (2, 3));
}

#[test]
fn escapes_are_normalized_for_the_executor() {
    let text = r#"{ todos(filter: {taskContains: "\u{1F994}\uD83E\uDD94\"\\"}) { totalCount } }"#;
    let normalized = validator().parse(text).unwrap().normalized_text();
    assert!(normalized.contains("🦔🦔"), "{normalized}");
    assert!(async_graphql::parser::parse_query(&normalized).is_ok());
}

#[test]
fn schema_with_an_unknown_scalar_is_rejected() {
    let error = Validator::new("scalar Odd type Query { a(b: Odd): Int }").unwrap_err();
    assert!(error.starts_with("the scalar Odd has no check"), "{error}");
}

#[test]
fn variables_inside_input_objects_and_lists_have_the_type_of_their_place() {
    let add = |variable: &str, value: &str| {
        let text = format!("mutation({variable}) {{ addTodo(input: {value}) {{ __typename }} }}");
        coerced(&text, json!({"t": "x"}))
    };
    assert!(add("$t: String!", "{task: $t}").is_ok());
    assert!(add("$t: String = \"x\"", "{task: $t}").is_ok());
    assert!(add("$t: ID!", "{task: $t}").is_err());
    for variable in ["$t: String", "$t: String = null"] {
        let error = add(variable, "{task: $t}").unwrap_err();
        assert!(error.contains("used in position expecting type \"String!\""), "{error}");
    }
    let text = "mutation($t: String) { addTodos(inputs: [{task: $t}]) { __typename } }";
    assert!(coerced(text, json!({})).is_err());
}

#[test]
fn mutation_selects_a_root_field_once() {
    let toggle = "toggleTodo(id: 1) { __typename }";
    for text in [
        format!("mutation {{ {toggle} {toggle} }}"),
        format!("mutation {{ {toggle} ... {{ {toggle} }} }}"),
        format!("mutation {{ ...F ...F }} fragment F on Mutation {{ {toggle} }}"),
    ] {
        let error = coerced(&text, json!({})).unwrap_err();
        assert!(error.starts_with("A mutation can select \"toggleTodo\" once."), "{error}");
    }
    let text = format!("mutation {{ a: {toggle} b: {toggle} __typename __typename }}");
    assert!(coerced(&text, json!({})).is_ok());
}
