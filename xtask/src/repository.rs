//! What holds of the files themselves, whatever they do.

use std::{fs, path::Path, process::Command};

use crate::workspace;

/// The files that git knows, but for pictures.
fn texts() -> impl Iterator<Item = (String, String)> {
    let listed =
        Command::new("git").args(["ls-files", "-z"]).current_dir(workspace::root()).output();
    let listed = String::from_utf8(listed.expect("git answers").stdout).expect("names in UTF-8");
    let names: Vec<_> = listed.split_terminator('\0').map(str::to_owned).collect();
    assert!(names.len() > 100, "git knows {} files", names.len());
    names.into_iter().filter_map(|name| {
        let text = fs::read_to_string(workspace::root().join(&name)).ok()?;
        Some((name, text))
    })
}

/// How secrets of services begin, and how many characters of one follow at least.
const PREFIXES: [(&str, usize); 12] = [
    ("AKIA", 16),
    ("AIza", 35),
    ("GOCSPX-", 20),
    ("ghp_", 30),
    ("github_pat_", 30),
    ("glpat-", 20),
    ("npm_", 30),
    ("napi_", 30),
    ("sk_live_", 20),
    ("xoxb-", 20),
    ("SG.", 40),
    // The first line of a key: what follows is not broken.
    ("PRIVATE KEY-----\n", 60),
];

/// The secret in a line of text, if one begins with `prefix`.
fn secret<'a>(text: &'a str, prefix: &str, length: usize) -> Option<&'a str> {
    text.match_indices(prefix).find_map(|(at, _)| {
        let before = text[..at].chars().next_back();
        let rest = &text[at + prefix.len()..];
        let is_of_one = |letter: char| letter.is_ascii_alphanumeric() || "+/=_-".contains(letter);
        let end = rest.find(|letter| !is_of_one(letter)).unwrap_or(rest.len());
        let is_word = before.is_some_and(|letter| letter.is_ascii_alphanumeric());
        // Names of tests are as long, and have no digits.
        let has_digit = rest[..end].contains(|letter: char| letter.is_ascii_digit());
        (end >= length && has_digit && !is_word).then(|| &text[at..at + prefix.len() + end])
    })
}

#[test]
fn no_secret_is_in_the_repository() {
    for (name, text) in texts() {
        for (prefix, length) in PREFIXES {
            assert_eq!(secret(&text, prefix, length), None, "{name}");
        }
        assert_ne!(Path::new(&name).file_name(), Some(".env".as_ref()), "{name}");
    }
}

#[test]
fn a_secret_is_found_and_a_word_is_none() {
    let key = format!("x = \"ghp_{}\"", "a1".repeat(18));
    assert_eq!(secret(&key, "ghp_", 30).map(str::len), Some(40));
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n", "MII3".repeat(16));
    assert!(secret(&pem, "PRIVATE KEY-----\n", 60).is_some());
    for text in
        ["ghp_", "ghp_short", "xghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "PRIVATE KEY-----\\n"]
    {
        assert!(PREFIXES.iter().all(|(prefix, length)| secret(text, prefix, *length).is_none()));
    }
}

#[test]
fn unsafe_code_is_forbidden_in_every_member() {
    let read = |path: &Path| fs::read_to_string(path).expect("a manifest");
    let workspace = read(&workspace::root().join("Cargo.toml"));
    assert!(workspace.contains("[workspace.lints.rust]\nunsafe_code = \"forbid\""));
    for member in workspace::members().expect("cargo names its members") {
        let manifest = read(&member.join("Cargo.toml"));
        assert!(manifest.contains("[lints]\nworkspace = true"), "{}", member.display());
    }
}

/// cargo-deny does the looking, and what it looks for must not go missing.
#[test]
fn licences_and_bans_are_named() {
    let rules = fs::read_to_string(workspace::root().join("deny.toml")).expect("deny.toml");
    for rule in ["[licenses]", "wildcards = \"deny\"", "crate = \"rsa\"", "crate = \"openssl-sys\""]
    {
        assert!(rules.contains(rule), "{rule}");
    }
    assert!(!rules.contains("GPL"), "a licence that what is handed out cannot have");
}
