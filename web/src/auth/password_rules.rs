//! What a new password has to be, as the server has it.

/// Each rule, and whether it is met so far.
pub fn rules(password: &str) -> [(&'static str, bool); 3] {
    let has = |is: fn(&char) -> bool| password.chars().any(|char| is(&char));
    [
        ("8 to 99 characters", (8..100).contains(&password.encode_utf16().count())),
        ("a letter", has(char::is_ascii_alphabetic)),
        ("a number", has(char::is_ascii_digit)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(password: &str) -> [bool; 3] {
        rules(password).map(|(_, met)| met)
    }

    #[test]
    fn rules_are_met_one_by_one() {
        assert_eq!(met(""), [false; 3]);
        assert_eq!(met("secret"), [false, true, false]);
        assert_eq!(met("secret1"), [false, true, true]);
        assert_eq!(met("secret12"), [true; 3]);
        assert_eq!(met("12345678"), [true, false, true]);
    }

    #[test]
    fn length_and_letters_are_counted_as_the_server_does() {
        assert_eq!(met(&"a1".repeat(49)), [true; 3]);
        assert_eq!(met(&"a1".repeat(50)), [false, true, true]);
        assert_eq!(met("\u{e4}\u{f6}\u{fc}\u{df}\u{e4}\u{f6}\u{fc}\u{df}"), [true, false, false]);
    }
}
