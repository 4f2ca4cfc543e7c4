//! Ways in which what is well formed becomes something else.

use proptest::{collection::vec, option, prelude::*, sample::Index};
use serde_json::{Value, json};

/// One change of a text.
#[derive(Debug, Clone)]
enum Edit {
    Remove(Index, u8),
    Insert(Index, Vec<u8>),
    Replace(Index, u8),
    Double(Index, u8),
    Cut(Index),
}

/// What parsers stumble over, beside bytes of chance.
const PIECES: [&str; 16] = [
    "\"",
    "\\",
    "\0",
    ".",
    "=",
    ";",
    "%",
    "{",
    "[",
    "\u{fffd}",
    "-1",
    "1e999",
    "null",
    "\\ud800",
    "\r\n",
    "18446744073709551616",
];

fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::sample::select(&PIECES[..]).prop_map(|piece| piece.as_bytes().to_vec()),
        vec(any::<u8>(), 1..12),
    ]
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<Index>;
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, length)| Edit::Remove(at, length)),
        (at(), piece()).prop_map(|(at, piece)| Edit::Insert(at, piece)),
        (at(), any::<u8>()).prop_map(|(at, byte)| Edit::Replace(at, byte)),
        (at(), any::<u8>()).prop_map(|(at, length)| Edit::Double(at, length)),
        at().prop_map(Edit::Cut),
    ]
}

fn perform(edit: &Edit, text: &mut Vec<u8>) {
    let end = |at: usize, length: u8| (at + usize::from(length)).min(text.len());
    match edit {
        Edit::Remove(at, length) => {
            let at = at.index(text.len() + 1);
            text.drain(at..end(at, *length));
        }
        Edit::Insert(at, piece) => {
            let at = at.index(text.len() + 1);
            text.splice(at..at, piece.iter().copied());
        }
        Edit::Replace(at, byte) => {
            if !text.is_empty() {
                let at = at.index(text.len());
                text[at] = *byte;
            }
        }
        Edit::Double(at, length) => {
            let at = at.index(text.len() + 1);
            let part = text[at..end(at, *length)].to_vec();
            text.splice(at..at, part);
        }
        Edit::Cut(at) => text.truncate(at.index(text.len() + 1)),
    }
}

/// One of the texts with up to six changes, or none of them at all.
pub fn text(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let changed = (prop::sample::select(seeds), vec(edit(), 0..6)).prop_map(|(mut text, edits)| {
        for edit in &edits {
            perform(edit, &mut text);
        }
        text
    });
    prop_oneof![6 => changed, 1 => vec(any::<u8>(), 0..200)]
}

/// Any JSON, of a few dozen values at most.
pub fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        ".{0,20}".prop_map(Value::from),
        prop::sample::select(
            &["OK", "public", "", "-1", "2099-01-01T00:00:00Z", "https://x.example"][..]
        )
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec(("[a-zA-Z]{0,8}", inner), 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// One of the values with up to four of the values in it replaced by others, or taken out.
pub fn value(seeds: Vec<Value>) -> impl Strategy<Value = Value> {
    let changes = vec((any::<Index>(), option::of(json())), 0..4);
    (prop::sample::select(seeds), changes).prop_map(|(mut value, changes)| {
        for (at, with) in changes {
            let count = places(&value);
            replace(&mut value, &mut at.index(count), with.as_ref());
        }
        value
    })
}

fn places(value: &Value) -> usize {
    1 + match value {
        Value::Array(list) => list.iter().map(places).sum::<usize>(),
        Value::Object(map) => map.values().map(places).sum(),
        _ => 0,
    }
}

/// Counts `at` down to the value that is meant; answers whether it was in here.
fn replace(value: &mut Value, at: &mut usize, with: Option<&Value>) -> bool {
    if *at == 0 {
        *value = with.cloned().unwrap_or_default();
        return true;
    }
    *at -= 1;
    match value {
        Value::Array(list) => list.iter_mut().any(|inner| replace(inner, at, with)),
        Value::Object(map) => {
            let names: Vec<_> = map.keys().cloned().collect();
            names.iter().any(|name| {
                if *at == 0 && with.is_none() {
                    map.remove(name);
                    return true;
                }
                map.get_mut(name).is_some_and(|inner| replace(inner, at, with))
            })
        }
        _ => false,
    }
}

#[test]
fn a_value_is_replaced_or_taken_out_where_it_stands() {
    let value = || json!({"a": [1, {"b": 2}], "c": 3});
    for (at, with, expected) in [
        (0, Some(json!("x")), json!("x")),
        (1, Some(json!("x")), json!({"a": "x", "c": 3})),
        (4, Some(json!("x")), json!({"a": [1, {"b": "x"}], "c": 3})),
        (4, None, json!({"a": [1, {}], "c": 3})),
        (5, None, json!({"a": [1, {"b": 2}]})),
    ] {
        let mut changed = value();
        assert!(replace(&mut changed, &mut { at }, with.as_ref()));
        assert_eq!(changed, expected, "{at}");
    }
    assert_eq!(places(&value()), 6);
}
