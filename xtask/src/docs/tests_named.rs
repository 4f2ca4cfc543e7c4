//! The threat model: each number has its tests, and they are there.

use std::fs;

use super::{THREATS, links, target};

/// Numbers without a test, or out of order, and tests that are not there.
pub fn faults(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut sections = text.split("\n### ");
    // What stands before the first number names no test.
    sections.next();
    let mut count = 0;
    for (section, number) in sections.zip(1..) {
        count = number;
        let title = section.lines().next().unwrap_or_default();
        if title.split_once('.').is_none_or(|(named, _)| named != number.to_string()) {
            faults.push(format!("{THREATS}: «{title}» should have the number {number}"));
        }
        let tests: Vec<_> = links(section).filter(|(_, link)| is_source(link)).collect();
        if tests.is_empty() {
            faults.push(format!("{THREATS}: «{title}» has no test"));
        }
        for (name, link) in tests {
            let source = fs::read_to_string(target(THREATS, link)).unwrap_or_default();
            if !has_test(&source, name) {
                faults.push(format!("{THREATS}: «{title}»: there is no test «{name}» in {link}"));
            }
        }
    }
    if count == 0 {
        faults.push(format!("{THREATS} has no number"));
    }
    faults
}

fn is_source(link: &str) -> bool {
    [".rs", ".mjs"].iter().any(|end| link.ends_with(end))
}

/// Whether the source has a test of that name, of Rust or of `node:test`.
fn has_test(source: &str, name: &str) -> bool {
    let called = [format!("scenario('{name}',"), format!("test('{name}',")];
    called.iter().any(|call| source.contains(call)) || has_rust_test(source, name)
}

fn has_rust_test(source: &str, name: &str) -> bool {
    let lines: Vec<_> = source.lines().map(str::trim).collect();
    let definition = format!("fn {name}(");
    let at = lines
        .iter()
        .position(|line| line.strip_prefix("async ").unwrap_or(line).starts_with(&definition));
    // What stands right above it.
    let above = lines[..at.unwrap_or(0)].iter().rev().take_while(|line| line.starts_with('#'));
    above.into_iter().any(|line| *line == "#[test]" || line.starts_with("#[tokio::test"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_is_known_by_its_attribute() {
        let source = "#[test]\nfn one() {}\n\n#[tokio::test(flavor = \"multi_thread\")]\n\
                      #[expect(x)]\nasync fn two() {}\n\nfn three() {}\n";
        assert!(has_test(source, "one") && has_test(source, "two"));
        assert!(!has_test(source, "three") && !has_test(source, "on"));
        assert!(has_test("scenario('a title', async () => {", "a title"));
        assert!(!has_test("scenario('a title', async () => {", "title"));
    }

    #[test]
    fn a_number_without_a_test_is_told() {
        let here = "[a_number_without_a_test_is_told](../xtask/src/docs/tests_named.rs)";
        let document = format!("# X\n\n### 1. One\n\n- {here}\n");
        assert_eq!(faults(&document), [""; 0]);
        assert_eq!(faults(&document.replace("is_told](", "is_not](")).len(), 1);
        assert_eq!(faults(&document.replace("### 1", "### 2")).len(), 1);
        assert_eq!(
            faults(&document.replace(here, "none")),
            [format!("{THREATS}: «1. One» has no test")]
        );
        assert_eq!(faults("# X\n").len(), 1);
    }
}
