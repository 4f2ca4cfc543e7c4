//! `schema.graphql` is what clients read: it leaves nothing without a word.

use async_graphql::{
    Positioned,
    parser::{
        parse_schema,
        types::{FieldDefinition, InputValueDefinition, TypeKind, TypeSystemDefinition},
    },
};

/// The names of what has no description.
#[derive(Default)]
struct Undescribed(Vec<String>);

impl Undescribed {
    fn look(&mut self, name: &str, description: Option<&Positioned<String>>) {
        if description.is_none_or(|text| text.node.trim().is_empty()) {
            self.0.push(name.to_owned());
        }
    }

    fn fields(&mut self, of: &str, fields: &[Positioned<FieldDefinition>]) {
        for Positioned { node: field, .. } in fields {
            let name = format!("{of}.{}", field.name.node);
            self.look(&name, field.description.as_ref());
            self.inputs(&name, &field.arguments);
        }
    }

    fn inputs(&mut self, of: &str, inputs: &[Positioned<InputValueDefinition>]) {
        for Positioned { node: input, .. } in inputs {
            self.look(&format!("{of}.{}", input.name.node), input.description.as_ref());
        }
    }
}

fn undescribed(sdl: &str) -> Vec<String> {
    let mut found = Undescribed::default();
    for definition in parse_schema(sdl).expect("a schema").definitions {
        let TypeSystemDefinition::Type(Positioned { node: definition, .. }) = definition else {
            continue;
        };
        let name = definition.name.node.as_str();
        found.look(name, definition.description.as_ref());
        match &definition.kind {
            TypeKind::Object(object) => found.fields(name, &object.fields),
            TypeKind::Interface(interface) => found.fields(name, &interface.fields),
            TypeKind::InputObject(input) => found.inputs(name, &input.fields),
            TypeKind::Enum(values) => values.values.iter().for_each(|value| {
                let value = &value.node;
                found.look(&format!("{name}.{}", value.value.node), value.description.as_ref());
            }),
            TypeKind::Scalar | TypeKind::Union(_) => {}
        }
    }
    found.0
}

/// All that a client may hand over to have something written: arguments of mutations and fields of inputs.
fn writable(sdl: &str) -> Vec<String> {
    let mut names = Vec::new();
    for definition in parse_schema(sdl).expect("a schema").definitions {
        let TypeSystemDefinition::Type(Positioned { node: definition, .. }) = definition else {
            continue;
        };
        match definition.kind {
            TypeKind::Object(object) if definition.name.node == "Mutation" => {
                let arguments = object.fields.into_iter().flat_map(|field| field.node.arguments);
                names.extend(arguments.map(|argument| argument.node.name.node.to_string()));
            }
            TypeKind::InputObject(input) => {
                names
                    .extend(input.fields.into_iter().map(|field| field.node.name.node.to_string()));
            }
            _ => {}
        }
    }
    names
}

#[test]
fn no_input_says_whose_a_row_is() {
    let names = writable(include_str!("../../../../schema.graphql"));
    assert!(names.iter().any(|name| name == "task"), "{names:?}");
    let owners = names.iter().filter(|name| {
        let name = name.to_lowercase();
        name.contains("user") || name.contains("owner")
    });
    assert_eq!(owners.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn every_item_of_the_schema_is_described() {
    assert_eq!(undescribed(include_str!("../../../../schema.graphql")), [""; 0]);
}

#[test]
fn an_item_without_a_description_is_found() {
    let sdl =
        "type A { b(c: Int): Int } enum D { E } input F { g: Int } scalar H interface I { j: Int }";
    let all = ["A", "A.b", "A.b.c", "D", "D.E", "F", "F.g", "H", "I", "I.j"];
    assert_eq!(undescribed(sdl), all);
}
