//! Ids of todos, such as `todo_42`, and their form in the browser's storage: the bare number, as earlier versions of the
//! page wrote and read it. So a page of either version sends what the other has queued.

const PREFIX: &str = "todo_";

pub fn from_storage(id: &str) -> String {
    if is_number(id) { [PREFIX, id].concat() } else { id.to_owned() }
}

pub fn to_storage(id: &str) -> &str {
    id.strip_prefix(PREFIX).filter(|number| is_number(number)).unwrap_or(id)
}

/// The number of the row. None for a todo that has no id yet.
pub fn number(id: &str) -> Option<u64> {
    id.strip_prefix(PREFIX)?.parse().ok()
}

/// Keys of todos that have no id yet have dashes.
fn is_number(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn storage_has_the_form_of_earlier_versions() {
        assert_eq!((to_storage("todo_42"), &*from_storage("42")), ("42", "todo_42"));
        for id in ["", "todo_", "40a5f57f-51d0-4a49-8a0a-a6a4b1a3b1d3"] {
            assert_eq!((to_storage(id), &*from_storage(id)), (id, id));
        }
    }

    #[test]
    fn number_is_that_of_the_row() {
        assert_eq!(number("todo_42"), Some(42));
        assert_eq!(number("40a5f57f-51d0-4a49-8a0a-a6a4b1a3b1d3"), None);
    }
}
