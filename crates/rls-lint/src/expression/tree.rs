//! The text form of an expression in the catalogue (`pg_node_tree`), as a tree: `{NAME :field value
//! …}` and `( … )`, with blanks between words. Its words have meant the same from PostgreSQL 14 to 18.
//! <https://github.com/postgres/postgres/blob/master/src/backend/nodes/read.c>

use std::iter::Peekable;

/// A node of an expression, by the name that the server gives it, such as `FUNCEXPR`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Node {
    pub name: String,
    fields: Vec<(String, Vec<Value>)>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Value {
    Word(String),
    Node(Node),
    List(Vec<Value>),
}

impl Node {
    /// Reads what can be read: there is no text that it refuses.
    pub fn read(text: &str) -> Self {
        let mut words = words(text).into_iter().peekable();
        let mut values = Vec::new();
        while words.peek().is_some() {
            values.push(read_value(&mut words));
        }
        Self { name: String::new(), fields: vec![(String::new(), values)] }
    }

    fn values(&self, field: &str) -> &[Value] {
        let found = self.fields.iter().find(|(name, _)| name == field);
        found.map_or(&[], |(_, values)| values)
    }

    /// A field that is one number.
    pub fn number(&self, field: &str) -> Option<i64> {
        match self.values(field) {
            [Value::Word(word)] => word.parse().ok(),
            _ => None,
        }
    }

    /// A field that is one word.
    pub fn word(&self, field: &str) -> Option<&str> {
        match self.values(field) {
            [Value::Word(word)] => Some(word),
            _ => None,
        }
    }

    /// The bytes of a field such as `3 [ 48 0 -1 ]`: how many they are, then each, signed on some machines.
    pub fn bytes(&self, field: &str) -> Vec<u8> {
        let bytes = self.values(field).iter().skip(1).filter_map(|value| match value {
            Value::Word(word) => word.parse::<i16>().ok(),
            _ => None,
        });
        bytes.filter_map(|byte| u8::try_from(byte.rem_euclid(256)).ok()).collect()
    }

    /// The nodes right below one field, through lists.
    pub fn nodes(&self, field: &str) -> Vec<&Self> {
        let mut found = Vec::new();
        collect(self.values(field), &mut found);
        found
    }

    /// The nodes right below, through lists.
    pub fn children(&self) -> Vec<&Self> {
        let mut found = Vec::new();
        for (_, values) in &self.fields {
            collect(values, &mut found);
        }
        found
    }
}

fn collect<'a>(values: &'a [Value], found: &mut Vec<&'a Node>) {
    for value in values {
        match value {
            Value::Node(node) => found.push(node),
            Value::List(values) => collect(values, found),
            Value::Word(_) => {}
        }
    }
}

fn read_value(words: &mut Peekable<impl Iterator<Item = String>>) -> Value {
    match words.next().unwrap_or_default().as_str() {
        "{" => Value::Node(read_node(words)),
        "(" => {
            let mut values = Vec::new();
            while words.peek().is_some_and(|word| word != ")") {
                values.push(read_value(words));
            }
            words.next();
            Value::List(values)
        }
        word => Value::Word(word.to_owned()),
    }
}

fn read_node(words: &mut Peekable<impl Iterator<Item = String>>) -> Node {
    let mut node = Node { name: words.next().unwrap_or_default(), fields: Vec::new() };
    while let Some(word) = words.peek() {
        if word == "}" {
            break;
        }
        if let Some(field) = word.strip_prefix(':') {
            node.fields.push((field.to_owned(), Vec::new()));
            words.next();
            continue;
        }
        let value = read_value(words);
        if let Some((_, values)) = node.fields.last_mut() {
            values.push(value);
        }
    }
    words.next();
    node
}

/// Braces and brackets stand for themselves, a backslash takes any meaning from what follows it.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let is_bracket = matches!(character, '{' | '}' | '(' | ')');
        if (is_bracket || character.is_ascii_whitespace()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        match character {
            '\\' => word.extend(characters.next()),
            _ if is_bracket => words.push(character.into()),
            _ if character.is_ascii_whitespace() => {}
            _ => word.push(character),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_have_their_fields() {
        let root = Node::read("{OPEXPR :opno 98 :args ({VAR :varno 1} {CONST :value 2 [ 1 0 ]})}");
        let [operator] = root.children()[..] else { panic!("{root:?}") };
        assert_eq!((operator.name.as_str(), operator.number("opno")), ("OPEXPR", Some(98)));
        let names: Vec<_> = operator.nodes("args").iter().map(|node| node.name.as_str()).collect();
        assert_eq!(names, ["VAR", "CONST"]);
        assert_eq!(operator.number("missing"), None);
    }

    #[test]
    fn an_escaped_bracket_is_part_of_a_name() {
        let root = Node::read(r"{A :name a\ \{b :next 1}");
        assert_eq!(root.children()[0].number("next"), Some(1));
    }

    #[test]
    fn broken_text_is_read_as_far_as_it_goes() {
        for text in ["", "{", "}", ")", "{A :b (", "{A :b 1", "((({", "\\", "{A b}"] {
            Node::read(text);
        }
    }
}
