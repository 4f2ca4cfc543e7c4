//! What a statement's text would do to its transaction.

/// How a statement may end or change the transaction that it runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Not at all.
    None,
    /// It may commit outside of an explicit transaction block: DO and CALL.
    MayCommit,
    /// It is transaction control itself.
    Control,
}

const CONTROL: [&str; 9] =
    ["abort", "begin", "commit", "end", "prepare", "release", "rollback", "savepoint", "start"];

/// A text of the extended protocol has one command, so its first word decides.
pub(crate) fn effect(sql: &str) -> Effect {
    let word = first_word(sql);
    let is = |keyword: &&str| word.eq_ignore_ascii_case(keyword);
    if CONTROL.iter().any(is) {
        Effect::Control
    } else if ["call", "do"].iter().any(is) {
        Effect::MayCommit
    } else {
        Effect::None
    }
}

/// Behind white space, comments and empty statements (PostgreSQL, "Lexical Structure").
fn first_word(mut sql: &str) -> &str {
    loop {
        sql = sql.trim_start_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c', ';']);
        if let Some(comment) = sql.strip_prefix("--") {
            sql = comment.find(['\n', '\r']).map_or("", |end| &comment[end..]);
        } else if sql.starts_with("/*") {
            sql = after_comment(sql);
        } else {
            let end = sql.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(sql.len());
            return &sql[..end];
        }
    }
}

/// The text behind a comment, which may hold others.
fn after_comment(sql: &str) -> &str {
    let bytes = sql.as_bytes();
    let (mut depth, mut at) = (0, 0);
    while at < bytes.len() {
        match &bytes[at..bytes.len().min(at + 2)] {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return &sql[at..];
        }
    }
    ""
}

/// Whether a command tag is one of transaction control.
pub(crate) fn is_control_tag(tag: &str) -> bool {
    const TAGS: [&str; 7] = [
        "BEGIN",
        "START TRANSACTION",
        "COMMIT",
        "ROLLBACK",
        "PREPARE TRANSACTION",
        "SAVEPOINT",
        "RELEASE",
    ];
    TAGS.contains(&tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_word_decides() {
        for sql in [
            "COMMIT",
            "commit and chain",
            " \n\t\x0b\x0c;; End",
            "-- a comment\nROLLBACK TO SAVEPOINT s1",
            "-- a comment\rABORT",
            "/* a /* nested */ comment */BEGIN",
            "/**/--x\n/*-- */START TRANSACTION",
            "Prepare Transaction 'x'",
            "SAVEPOINT x",
            "release x",
        ] {
            assert_eq!(effect(sql), Effect::Control, "{sql}");
        }
        for sql in ["DO $$ BEGIN COMMIT; END $$", "/* x */ call p()"] {
            assert_eq!(effect(sql), Effect::MayCommit, "{sql}");
        }
        for sql in [
            "",
            "-- COMMIT",
            "/* COMMIT",
            "/* /* */ COMMIT",
            "SELECT 'COMMIT'",
            "commits",
            "\"commit\"",
        ] {
            assert_eq!(effect(sql), Effect::None, "{sql}");
        }
    }
}
