use super::*;

fn told(old: &str, new: &str) -> Vec<String> {
    // The parser wants at least one definition.
    let [old, new] = [old, new].map(|text| format!("{text} scalar Same"));
    let changes = changes(&parse(&old).unwrap(), &parse(&new).unwrap());
    changes.iter().map(ToString::to_string).collect()
}

/// Old, new, and what is told of the change: nothing, or one line.
const CHANGES: &[(&str, &str, &str)] = &[
    // Types.
    ("scalar A", "", "BREAKING   the scalar A was removed"),
    ("", "scalar A", "safe       the scalar A was added"),
    (
        "type A { x: Int }",
        "input A { x: Int }",
        "BREAKING   A was the type A, and now is the input A",
    ),
    ("enum A { X }", "scalar A", "BREAKING   A was the enum A, and now is the scalar A"),
    ("\"Old.\" scalar A", "\"New.\" scalar A", ""),
    // Fields.
    ("type A { x: Int y: Int }", "type A { y: Int }", "BREAKING   A.x was removed"),
    ("type A { x: Int }", "type A { x: Int y: Int }", "safe       A.y was added"),
    ("type A { x: Int y: Int }", "type A { y: Int x: Int }", ""),
    ("interface A { x: Int y: Int }", "interface A { y: Int }", "BREAKING   A.x was removed"),
    (
        "type A { x: Int }",
        "type A { x: String }",
        "BREAKING   the type of A.x changed from Int to String",
    ),
    (
        "type A { x: Int }",
        "type A { x: Int! }",
        "safe       the type of A.x changed from Int to Int!",
    ),
    (
        "type A { x: Int! }",
        "type A { x: Int }",
        "BREAKING   the type of A.x changed from Int! to Int",
    ),
    (
        "type A { x: [Int] }",
        "type A { x: [Int!]! }",
        "safe       the type of A.x changed from [Int] to [Int!]!",
    ),
    (
        "type A { x: [Int!]! }",
        "type A { x: [Int]! }",
        "BREAKING   the type of A.x changed from [Int!]! to [Int]!",
    ),
    (
        "type A { x: Int }",
        "type A { x: [Int] }",
        "BREAKING   the type of A.x changed from Int to [Int]",
    ),
    (
        "interface A { x: Int! }",
        "interface A { x: Int }",
        "BREAKING   the type of A.x changed from Int! to Int",
    ),
    // Arguments.
    (
        "type A { x(a: Int): Int }",
        "type A { x: Int }",
        "BREAKING   the argument a of A.x was removed",
    ),
    (
        "type A { x: Int }",
        "type A { x(a: Int!): Int }",
        "BREAKING   the argument a of A.x was added and is required",
    ),
    (
        "type A { x: Int }",
        "type A { x(a: Int): Int }",
        "dangerous  the argument a of A.x was added",
    ),
    (
        "type A { x: Int }",
        "type A { x(a: Int! = 1): Int }",
        "dangerous  the argument a of A.x was added",
    ),
    (
        "type A { x(a: Int): Int }",
        "type A { x(a: Int!): Int }",
        "BREAKING   the type of the argument a of A.x changed from Int to Int!",
    ),
    (
        "type A { x(a: Int!): Int }",
        "type A { x(a: Int): Int }",
        "safe       the type of the argument a of A.x changed from Int! to Int",
    ),
    (
        "type A { x(a: [Int!]): Int }",
        "type A { x(a: [Int]): Int }",
        "safe       the type of the argument a of A.x changed from [Int!] to [Int]",
    ),
    (
        "type A { x(a: [Int]): Int }",
        "type A { x(a: [Int!]): Int }",
        "BREAKING   the type of the argument a of A.x changed from [Int] to [Int!]",
    ),
    (
        "type A { x(a: ID): Int }",
        "type A { x(a: Int): Int }",
        "BREAKING   the type of the argument a of A.x changed from ID to Int",
    ),
    (
        "type A { x(a: Int = 1): Int }",
        "type A { x(a: Int = 2): Int }",
        "dangerous  the default value of the argument a of A.x changed from 1 to 2",
    ),
    (
        "type A { x(a: Int): Int }",
        "type A { x(a: Int = 2): Int }",
        "dangerous  the default value of the argument a of A.x changed from none to 2",
    ),
    (
        "type A { x(a: Int! = 1): Int }",
        "type A { x(a: Int!): Int }",
        "BREAKING   the default value of the argument a of A.x changed from 1 to none",
    ),
    // Input fields.
    ("input A { x: Int y: Int }", "input A { x: Int }", "BREAKING   A.y was removed"),
    ("input A { x: Int }", "input A { x: Int y: Int }", "dangerous  A.y was added"),
    (
        "input A { x: Int }",
        "input A { x: Int y: Int! }",
        "BREAKING   A.y was added and is required",
    ),
    ("input A { x: Int }", "input A { x: Int y: Int! = 1 }", "dangerous  A.y was added"),
    (
        "input A { x: Int }",
        "input A { x: Int! }",
        "BREAKING   the type of A.x changed from Int to Int!",
    ),
    (
        "input A { x: Int! }",
        "input A { x: Int }",
        "safe       the type of A.x changed from Int! to Int",
    ),
    (
        "input A { x: Int = 1 }",
        "input A { x: Int = 2 }",
        "dangerous  the default value of A.x changed from 1 to 2",
    ),
    // Enums, unions, interfaces.
    ("enum A { X Y }", "enum A { X }", "BREAKING   A.Y was removed"),
    ("enum A { X }", "enum A { X Y }", "dangerous  A.Y was added"),
    ("union A = X | Y", "union A = X", "BREAKING   A no longer has the member Y"),
    ("union A = X", "union A = X | Y", "dangerous  A now has the member Y"),
    ("type A implements I { x: Int }", "type A { x: Int }", "BREAKING   A no longer implements I"),
    ("type A { x: Int }", "type A implements I { x: Int }", "dangerous  A now implements I"),
    // Directives.
    ("directive @a on FIELD", "", "BREAKING   the directive @a was removed"),
    ("", "directive @a on FIELD", "safe       the directive @a was added"),
    (
        "directive @a on FIELD | QUERY",
        "directive @a on FIELD",
        "BREAKING   @a no longer stands on QUERY",
    ),
    ("directive @a on FIELD", "directive @a on FIELD | QUERY", "safe       @a now stands on QUERY"),
    (
        "directive @a on FIELD",
        "directive @a(b: Int!) on FIELD",
        "BREAKING   the argument b of @a was added and is required",
    ),
    (
        "directive @a repeatable on FIELD",
        "directive @a on FIELD",
        "BREAKING   @a no longer is repeatable",
    ),
    // Roots.
    (
        "schema { query: Q }",
        "schema { query: R }",
        "BREAKING   the type of queries changed from Q to R",
    ),
    ("schema { query: Q mutation: M }", "schema { query: Q }", "BREAKING   mutations were removed"),
    (
        "schema { query: Q }",
        "schema { query: Q subscription: S }",
        "safe       subscriptions were added",
    ),
];

#[test]
fn each_change_is_told_with_what_it_means() {
    for (old, new, expected) in CHANGES {
        let expected: Vec<&str> = expected.lines().collect();
        assert_eq!(told(old, new), expected, "{old} -> {new}");
    }
}

#[test]
fn what_breaks_clients_comes_first() {
    let told =
        told("type A { x: Int y: Int } enum B { X }", "type A { x: Int z: Int } enum B { X Y }");
    assert_eq!(
        told,
        ["BREAKING   A.y was removed", "dangerous  B.Y was added", "safe       A.z was added"]
    );
}

#[test]
fn our_own_schema_is_read_and_is_no_change_of_itself() {
    let own = include_str!("../../../schema.graphql");
    assert_eq!(told(own, own), [""; 0]);
    let smaller = own.replace("\t\"When it was added.\"\n\tinsertedAt: DateTime!\n", "");
    assert_eq!(told(own, &smaller), ["BREAKING   Todo.insertedAt was removed"]);
}
