//! "3 open, 2 done"; nothing is said of an empty list, which speaks for itself.

use yew::prelude::*;

use crate::state::todo_list::TodoList;

pub fn counter(list: &TodoList) -> Html {
    let shown = list.loaded && !list.items.is_empty();
    html! { <p class="counter" id="counter">{ shown.then(|| count(list)) }</p> }
}

/// Counts what is here, and says so as long as there is more.
fn count(list: &TodoList) -> String {
    let (open, done) = (list.open().count(), list.done().count());
    let counts = format!("{open} open, {done} done");
    if list.next.is_some() { format!("{counts} of the first {}", open + done) } else { counts }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_of_a_part_says_so() {
        let list = TodoList::default();
        assert_eq!(count(&list), "0 open, 0 done");
        let part = TodoList { next: Some("cursor".to_owned()), ..list };
        assert_eq!(count(&part), "0 open, 0 done of the first 0");
    }
}
