//! Changes as one reads them: lines to add and to take out, among lines that say where.

use anyhow::{Result, ensure};

#[derive(Debug, PartialEq)]
pub struct Change {
    old: String,
    new: String,
}

/// A block of changes: ` ` says where, `-` takes out, `+` adds, `@@` goes on further down.
pub fn read(block: &[&str]) -> Result<Vec<Change>> {
    let parts = block.split(|line| line.starts_with("@@"));
    parts.map(part).collect()
}

fn part(lines: &[&str]) -> Result<Change> {
    let (mut old, mut new) = (String::new(), String::new());
    for line in lines {
        let (mark, text) = line.split_at_checked(1).unwrap_or((" ", ""));
        ensure!(
            ["+", "-", " "].contains(&mark),
            "«{line}» begins with neither `+`, `-` nor a space"
        );
        for (kept, side) in [("-", &mut old), ("+", &mut new)] {
            if mark == kept || mark == " " {
                side.push_str(text);
                side.push('\n');
            }
        }
    }
    ensure!(!old.is_empty(), "a change does not say where: «{}»", new.trim_end());
    Ok(Change { old, new })
}

/// Each change in the lines after the one before. They must be there, and once.
pub fn apply(text: &str, changes: &[Change]) -> Result<String> {
    let (mut done, mut rest) = (String::new(), text);
    for Change { old, new } in changes {
        let places: Vec<_> = rest.match_indices(old.as_str()).map(|(at, _)| at).collect();
        let places: Vec<_> =
            places.into_iter().filter(|at| *at == 0 || rest[..*at].ends_with('\n')).collect();
        let [at] = places[..] else {
            let found = places.len();
            anyhow::bail!("these lines are there {found} times and not once:\n{old}");
        };
        done.push_str(&rest[..at]);
        done.push_str(new);
        rest = &rest[at + old.len()..];
    }
    Ok(done + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(text: &str, block: &str) -> Result<String> {
        apply(text, &read(&block.lines().collect::<Vec<_>>())?)
    }

    #[test]
    fn lines_are_added_and_taken_out_where_the_others_say() {
        let text = "mod a;\nmod ab;\n\nuse x;\n    y,\n";
        let block = " mod a;\n+mod b;\n@@\n-use x;\n+use z;\n     y,\n";
        assert_eq!(changed(text, block).unwrap(), "mod a;\nmod b;\nmod ab;\n\nuse z;\n    y,\n");
    }

    #[test]
    fn lines_that_are_not_there_or_more_than_once_are_told() {
        for (text, block) in [
            ("mod a;\n", " mod b;\n+mod c;"),
            ("    mod a;\n", " mod a;\n+mod c;"),
            ("mod a;\nmod a;\n", " mod a;\n+mod c;"),
            // Further up than the change before.
            ("mod a;\nmod b;\n", " mod b;\n+mod c;\n@@\n mod a;\n+mod d;"),
            ("mod a;\n", "+mod c;"),
            ("mod a;\n", "mod a;"),
        ] {
            assert!(changed(text, block).is_err(), "{block}");
        }
    }
}
