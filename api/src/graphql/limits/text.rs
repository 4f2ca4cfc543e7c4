//! A count of an operation's tokens (GraphQL, 2.1), in one pass and without a stack.
//!
//! Where the parser would read a text, it reads the same tokens as this: what is in a string or
//! a comment for the one is so for the other.

/// What is in a text.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub tokens: usize,
    /// The most brackets that are open at once, of any kind.
    pub nesting: usize,
    pub aliases: usize,
    pub directives: usize,
}

/// A string goes on to the end of its line, or a block string to the end of the text.
#[derive(Debug, PartialEq, Eq)]
pub struct Unterminated;

pub fn count(text: &str) -> Result<Counts, Unterminated> {
    let mut counts = Counts::default();
    let (mut open, mut parentheses) = (0_usize, 0_usize);
    let mut rest = text.as_bytes();
    loop {
        rest = &rest[ignored(rest)..];
        let Some(first) = rest.first() else { return Ok(counts) };
        match first {
            b'(' => parentheses += 1,
            b')' => parentheses = parentheses.saturating_sub(1),
            // Elsewhere a colon stands before an argument's value or a variable's type.
            b':' if parentheses == 0 => counts.aliases += 1,
            b'@' => counts.directives += 1,
            _ => {}
        }
        match first {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        counts.tokens += 1;
        counts.nesting = counts.nesting.max(open);
        rest = &rest[token(rest)?..];
    }
}

/// How much of the start stands between tokens.
fn ignored(text: &[u8]) -> usize {
    const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
    let mut at = 0;
    loop {
        let rest = &text[at..];
        at += match rest.first() {
            Some(b' ' | b'\t' | b'\n' | b'\r' | b',') => 1,
            Some(b'#') => run(rest, |byte| !matches!(byte, b'\n' | b'\r')),
            Some(_) if rest.starts_with(BYTE_ORDER_MARK) => BYTE_ORDER_MARK.len(),
            _ => return at,
        };
    }
}

/// The length of the token at the start. What no token starts with is one, too: it is for the parser
/// to explain.
fn token(text: &[u8]) -> Result<usize, Unterminated> {
    Ok(match text.first() {
        Some(b'"') => string(text)?,
        Some(b'.') if text.starts_with(b"...") => 3,
        Some(b'-' | b'0'..=b'9') => run(text, |byte| is_name(byte) || b"+-.".contains(&byte)),
        Some(byte) if is_name(*byte) => run(text, is_name),
        _ => 1,
    })
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// How many bytes from the start are so.
fn run(text: &[u8], is_so: impl Fn(u8) -> bool) -> usize {
    text.iter().position(|byte| !is_so(*byte)).unwrap_or(text.len())
}

/// The length of the string at the start, with its quotes.
fn string(text: &[u8]) -> Result<usize, Unterminated> {
    let is_block = text.starts_with(br#"""""#);
    let mut at = if is_block { 3 } else { 1 };
    loop {
        let rest = text.get(at..).unwrap_or_default();
        at += match rest.first() {
            Some(_) if is_block && rest.starts_with(br#"""""#) => return Ok(at + 3),
            Some(_) if is_block && rest.starts_with(br#"\""""#) => 4,
            Some(_) if is_block => 1,
            Some(b'"') => return Ok(at + 1),
            None | Some(b'\n' | b'\r') => return Err(Unterminated),
            Some(b'\\') => 2,
            Some(_) => 1,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(text: &str) -> (usize, usize, usize, usize) {
        let Counts { tokens, nesting, aliases, directives } = count(text).unwrap();
        (tokens, nesting, aliases, directives)
    }

    #[test]
    fn tokens_are_those_of_the_specification() {
        for (text, tokens) in [
            ("", 0),
            (" ,\t\r\n\u{feff}", 0),
            ("{ a }", 3),
            ("{ a # b c { \n }", 3),
            ("{ a(b: -1.5e-3, c: \"x y\") }", 11),
            ("query Q($id: ID! = 1) { a }", 14),
            ("{ ...on A { b } ...F @skip(if: true) }", 17),
            (r#"{ a(b: "\"} { # ") }"#, 8),
            (r#"{ a(b: """ " \""" { # """) }"#, 8),
            (r#"{ a(b: "", c: """""") }"#, 11),
            ("{a...F...G}", 7),
            ("{a\u{feff}b\u{feff}c}", 5),
            ("[1 2,-3]", 5),
        ] {
            assert_eq!(count(text).unwrap().tokens, tokens, "{text}");
        }
    }

    #[test]
    fn brackets_nest_but_those_in_strings_and_comments_do_not() {
        assert_eq!(counted("{ a { b } c { d } }").1, 2);
        assert_eq!(counted("{ a(b: [[{c: 1}]]) }").1, 5);
        assert_eq!(counted("{ a(b: \"[[[\") # {{{\n }").1, 2);
        assert_eq!(counted("}}}{ a }").1, 1);
    }

    #[test]
    fn only_a_colon_outside_of_arguments_makes_an_alias() {
        assert_eq!(counted("query($a: Int) { x: a(b: {c: 1}) { y: d } }").2, 2);
        assert_eq!(counted("query Q($a: Int @b) { x @include(if: $a) }").3, 2);
    }

    /// The parser takes `"""` without an end for an empty string and one more quote, and reads on.
    #[test]
    fn a_string_without_an_end_hides_nothing() {
        for text in [r#"{ a(b: """x" [[[[ "#, r#"{ a(b: "x"#, "{ a(b: \"x\n\") }", r#"{ a(b: "\"#] {
            assert_eq!(count(text), Err(Unterminated), "{text}");
        }
    }
}
