use super::*;
use crate::moment::Moment;

fn todo(id: u32, is_complete: bool) -> Todo {
    Todo {
        id: id.to_string().into(),
        task: format!("Task {id}").into(),
        is_complete,
        inserted_at: Some(Moment::after(u64::from(id))),
    }
}

fn page(todos: &[Todo], next: Option<&str>) -> Page {
    Page { todos: todos.to_vec(), next: next.map(str::to_owned) }
}

fn list(changes: impl IntoIterator<Item = Change>) -> TodoList {
    let mut list = TodoList::default();
    changes.into_iter().for_each(|change| list.apply(change));
    list
}

fn ids(list: &TodoList) -> Vec<&str> {
    list.items.iter().map(|item| item.todo.id.as_str()).collect()
}

fn add(key: &'static str) -> Change {
    Change::Add { key: key.into(), task: "New".into(), sync: Sync::Saving }
}

#[test]
fn open_come_first_and_newest_first() {
    let first = page(&[todo(1, true), todo(2, false), todo(3, false)], None);
    assert_eq!(ids(&list([Change::First(first)])), ["3", "2", "1"]);
}

#[test]
fn todos_of_one_instant_are_ordered_by_number() {
    let mut todos = [todo(9, false), todo(10, false)];
    todos[1].inserted_at = todos[0].inserted_at;
    assert_eq!(ids(&list([Change::First(page(&todos, None))])), ["10", "9"]);
}

#[test]
fn a_ticked_todo_moves_to_the_done_ones() {
    let list = list([
        Change::First(page(&[todo(2, false), todo(1, false)], None)),
        Change::Complete { key: "2".into(), is_complete: true, sync: Sync::Saving },
    ]);
    assert_eq!(ids(&list), ["1", "2"]);
    assert_eq!((list.open().count(), list.done().count()), (1, 1));
}

#[test]
fn a_new_todo_keeps_its_key_when_it_gets_its_id() {
    let mut list = list([Change::First(page(&[todo(1, false)], None)), add("new-1")]);
    assert!(list.items[0].is_new());
    list.apply(Change::Put { key: "new-1".into(), todo: todo(2, false) });
    assert_eq!(ids(&list), ["2", "1"]);
    assert_eq!(list.items[0].key, "new-1");
    assert!(!list.items[0].is_new());
}

#[test]
fn a_page_that_overtakes_an_answer_makes_no_twin() {
    let list = list([
        add("new-1"),
        Change::First(page(&[todo(2, false)], None)),
        Change::Put { key: "new-1".into(), todo: todo(2, false) },
    ]);
    assert_eq!(ids(&list), ["2"]);
}

#[test]
fn pages_are_laid_end_to_end_without_twins() {
    let list = list([
        Change::First(page(&[todo(4, false), todo(3, false)], Some("c3"))),
        Change::Complete { key: "4".into(), is_complete: true, sync: Sync::Saving },
        Change::Put { key: "4".into(), todo: todo(4, true) },
        Change::More(page(&[todo(2, false), todo(4, true)], None)),
    ]);
    assert_eq!(ids(&list), ["3", "2", "4"]);
    assert_eq!(list.next, None);
}

#[test]
fn a_fresh_first_page_drops_what_is_gone_and_keeps_what_lies_behind() {
    let list = list([
        Change::First(page(&[todo(5, false), todo(4, false)], Some("c4"))),
        Change::More(page(&[todo(2, false)], Some("c2"))),
        Change::First(page(&[todo(6, false), todo(5, false)], Some("c5"))),
    ]);
    assert_eq!(ids(&list), ["6", "5", "4", "2"]);
    assert_eq!(list.next.as_deref(), Some("c2"));
}

#[test]
fn a_fresh_and_only_page_is_the_whole_list() {
    let list = list([
        Change::First(page(&[todo(5, false), todo(4, false)], Some("c4"))),
        Change::More(page(&[todo(2, false)], None)),
        add("new-1"),
        Change::First(page(&[todo(5, false)], None)),
    ]);
    assert_eq!(ids(&list), ["new-1", "5"]);
}

#[test]
fn a_page_does_not_undo_a_change_on_its_way() {
    let list = list([
        Change::First(page(&[todo(1, false)], None)),
        Change::Rename { key: "1".into(), task: "Better".into(), sync: Sync::Saving },
        Change::First(page(&[todo(1, false)], None)),
    ]);
    assert_eq!(list.items[0].todo.task, "Better");
}

#[test]
fn after_a_delete_the_next_row_or_the_last_has_the_focus() {
    let list = list([Change::First(page(&[todo(3, false), todo(2, false), todo(1, false)], None))]);
    let beside = |key| list.neighbour(key).map(|item| item.todo.id.as_str());
    assert_eq!(beside("3"), Some("2"));
    assert_eq!(beside("1"), Some("2"));
    assert_eq!(TodoList::default().neighbour("1"), None);
}
