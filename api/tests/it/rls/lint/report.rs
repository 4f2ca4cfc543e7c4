use std::{fs, path::Path};

use rls_lint::{Finding, Report, Severity, rules_as_markdown};
use serde_json::{Value, json};

fn report(findings: Vec<Finding>) -> Report {
    Report { role: "authenticated".into(), login: Some("todos_app".into()), findings }
}

fn finding(severity: Severity, object: &str) -> Finding {
    let (message, advice) = ("it is wrong".into(), "put it right".into());
    Finding { rule: "a-rule", severity, object: object.into(), message, advice }
}

#[test]
fn findings_are_told_by_object_errors_first() {
    let found = vec![
        finding(Severity::Warning, "table b"),
        finding(Severity::Warning, "table a"),
        finding(Severity::Error, "table b"),
    ];
    assert_eq!(
        report(found).text(),
        "\
table a
  warning a-rule: it is wrong
    put it right

table b
  error a-rule: it is wrong
    put it right
  warning a-rule: it is wrong
    put it right

1 error, 2 warnings; looked at role authenticated and login todos_app
"
    );
}

#[test]
fn a_name_cannot_speak_to_the_terminal() {
    let text = report(vec![finding(Severity::Error, "table \"\u{1b}[2J\n\"")]).text();
    assert!(text.starts_with("table \"\\u{1b}[2J\\n\"\n"), "{text}");
}

#[test]
fn json_has_a_stable_shape() {
    let text = report(vec![finding(Severity::Error, "table a")]).json();
    let found: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        found,
        json!({
            "findings": [{
                "rule": "a-rule",
                "severity": "error",
                "object": "table a",
                "message": "it is wrong",
                "advice": "put it right",
            }],
            "errors": 1,
            "warnings": 0,
        })
    );
}

#[test]
fn the_documented_rules_are_the_rules() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/rls-lint.md");
    let document = fs::read_to_string(path).expect("docs/rls-lint.md");
    assert!(
        document.contains(&rules_as_markdown()),
        "the table in docs/rls-lint.md is not current: put there what \
         `cargo run -p api -- rls-lint --rules` prints"
    );
}
