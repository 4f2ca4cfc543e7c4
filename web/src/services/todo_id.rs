//! Ids of todos, such as `todo_42`.

const PREFIX: &str = "todo_";

/// Earlier versions kept bare numbers in the browser's storage. Keys of new todos have dashes, so they stay as they are.
pub fn upgrade(id: &str) -> String {
    let is_number = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { [PREFIX, id].concat() } else { id.to_owned() }
}

/// The number of the row. None for a todo that has no id yet.
pub fn number(id: &str) -> Option<u64> {
    id.strip_prefix(PREFIX)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_of_an_earlier_version_gets_its_prefix() {
        assert_eq!(upgrade("42"), "todo_42");
        for id in ["todo_42", "", "40a5f57f-51d0-4a49-8a0a-a6a4b1a3b1d3"] {
            assert_eq!(upgrade(id), id);
        }
    }

    #[test]
    fn number_is_that_of_the_row() {
        assert_eq!(number("todo_42"), Some(42));
        assert_eq!(number("40a5f57f-51d0-4a49-8a0a-a6a4b1a3b1d3"), None);
    }
}
