//! Our own styles and scripts without what only people read. No parser: it takes what the files in `web/assets`
//! and wasm-bindgen's glue are written in, in which no string has a comment's sign and no text spans lines.

/// Comments go, and the white space that separates nothing.
pub fn style(text: &str) -> String {
    let mut small = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/*") {
        small.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    small.push_str(rest);
    let mut small = small.split_whitespace().collect::<Vec<_>>().join(" ");
    for (spaced, tight) in [
        (" {", "{"),
        ("{ ", "{"),
        (" }", "}"),
        ("} ", "}"),
        ("; ", ";"),
        (";}", "}"),
        (": ", ":"),
        (", ", ","),
        (" > ", ">"),
    ] {
        small = small.replace(spaced, tight);
    }
    small
}

/// Comments that have lines of their own go, and indentation.
pub fn script(text: &str) -> String {
    let mut small = String::with_capacity(text.len());
    let mut in_comment = false;
    for line in text.lines().map(str::trim) {
        in_comment |= line.starts_with("/*");
        if in_comment {
            in_comment = !line.ends_with("*/");
        } else if !line.is_empty() && !line.starts_with("//") {
            small.push_str(line);
            small.push('\n');
        }
    }
    small
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_keeps_the_spaces_that_mean_something() {
        let text = "/* The list. */\n.a > .b :hover,\n.c {\n  margin: calc(1px + 2px) 0;\n  color: red;\n}\n";
        assert_eq!(style(text), ".a>.b :hover,.c{margin:calc(1px + 2px) 0;color:red}");
        assert_eq!(
            style("@media (min-width: 4rem) and (hover) { a { top: 0 } }"),
            "@media (min-width:4rem) and (hover){a{top:0}}"
        );
    }

    #[test]
    fn a_script_keeps_its_lines() {
        let text = "// Says hello.\n/**\n * To whom.\n */\nfunction hi() {\n    return 1; // One.\n}\n\n/* x */\nhi()\n";
        assert_eq!(script(text), "function hi() {\nreturn 1; // One.\n}\nhi()\n");
    }
}
