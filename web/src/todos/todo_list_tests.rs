use super::*;
use crate::moment::Moment;
use crate::sync::queue::Deed;
use crate::todos::filter::Show;

fn todo(id: u32, is_complete: bool) -> Todo {
    Todo {
        id: format!("todo_{id}").into(),
        task: format!("Task {id}").into(),
        is_complete,
        inserted_at: Some(Moment::after(u64::from(id))),
    }
}

fn page(todos: &[Todo], next: Option<&str>) -> Page {
    let done = todos.iter().filter(|todo| todo.is_complete).count();
    let counts = [todos.len() - done, done].map(|count| i32::try_from(count).unwrap());
    let counts = Some(Counts { open: counts[0], done: counts[1] });
    Page { todos: todos.to_vec(), next: next.map(str::to_owned), counts }
}

impl TodoList {
    fn ask(&mut self, load: Load, page: Page) {
        self.apply(Change::Asked(load));
        self.apply(Change::Answered(self.turn, Some(page)));
    }

    fn with(todos: &[Todo]) -> Self {
        let mut list = Self::default();
        list.ask(Load::First, page(todos, None));
        list
    }

    fn lay_ops(&mut self, ops: &[Op]) {
        self.apply(Change::Queue(ops.to_vec()));
    }

    fn ids(&self) -> Vec<&str> {
        self.items.iter().map(|item| item.todo.id.as_str()).collect()
    }

    fn count(&self) -> (i32, i32) {
        (self.counts.open, self.counts.done)
    }
}

fn op(deed: Deed, todo: &'static str, text: &'static str) -> Op {
    Op { id: "1".to_owned(), deed, todo: todo.into(), text: text.into(), until: 0 }
}

#[test]
fn open_come_first_and_newest_first() {
    assert_eq!(
        TodoList::with(&[todo(1, true), todo(2, false), todo(3, false)]).ids(),
        ["todo_3", "todo_2", "todo_1"]
    );
}

#[test]
fn todos_of_one_instant_are_ordered_by_number() {
    let mut todos = [todo(9, false), todo(10, false)];
    todos[1].inserted_at = todos[0].inserted_at;
    assert_eq!(TodoList::with(&todos).ids(), ["todo_10", "todo_9"]);
}

#[test]
fn change_of_all_that_a_search_finds_leaves_the_others() {
    let todos = [todo(11, false), todo(2, false), todo(1, true), todo(3, true)];
    let mut list = TodoList::with(&todos);
    list.lay_ops(&[op(Deed::CompleteAll, "", "TASK 1")]);
    assert_eq!(list.ids(), ["todo_2", "todo_11", "todo_3", "todo_1"]);
    assert_eq!(list.count(), (1, 3));
    list.lay_ops(&[op(Deed::ClearDone, "", "task 1")]);
    assert_eq!(list.ids(), ["todo_11", "todo_2", "todo_3"]);
    assert_eq!(list.count(), (2, 1));
    list.lay_ops(&[]);
    assert_eq!(list.ids(), ["todo_11", "todo_2", "todo_3", "todo_1"]);
    list.apply(Change::Settled(op(Deed::ClearDone, "", "task 1")));
    assert_eq!(list.ids(), ["todo_11", "todo_2", "todo_3"]);
    assert_eq!(list.wanted(), Some(Load::First), "the server tells how far it reached");
}

#[test]
fn what_waits_is_shown_at_once_and_undone_when_it_is_forgotten() {
    let mut list = TodoList::with(&[todo(3, false), todo(2, false), todo(1, true)]);
    list.lay_ops(&[
        op(Deed::Add, "key", "New"),
        op(Deed::Tick, "todo_3", ""),
        op(Deed::Rename, "todo_3", "Better"),
        op(Deed::Delete, "todo_1", ""),
    ]);
    assert_eq!(list.ids(), ["key", "todo_2", "todo_3"]);
    assert_eq!((list.items[2].todo.task.as_str(), list.items[2].sync), ("Better", Sync::Waiting));
    assert_eq!(list.count(), (2, 1));
    list.lay_ops(&[]);
    assert_eq!(list.ids(), ["todo_3", "todo_2", "todo_1"]);
    assert_eq!(list.count(), (2, 1));
}

#[test]
fn what_waits_for_all_is_shown_of_all() {
    let mut list = TodoList::with(&[todo(3, false), todo(1, false), todo(2, true)]);
    list.lay_ops(&[op(Deed::CompleteAll, "", ""), op(Deed::Add, "key", "New")]);
    assert_eq!(list.ids(), ["key", "todo_3", "todo_2", "todo_1"]);
    assert_eq!(list.count(), (1, 3));
    let both = [op(Deed::CompleteAll, "", ""), op(Deed::ClearDone, "", "")];
    list.lay_ops(&both);
    assert_eq!((list.ids().len(), list.count()), (0, (0, 0)));
    list.apply(Change::Settled(both[0].clone()));
    list.lay_ops(&[]);
    assert_eq!(list.count(), (0, 3));
    assert_eq!(list.wanted(), Some(Load::First), "how far it reached the server knows");
}

#[test]
fn a_new_todo_keeps_its_key_when_it_gets_its_id() {
    let mut list = TodoList::with(&[todo(1, false)]);
    list.lay_ops(&[op(Deed::Add, "key", "Task 2")]);
    assert!(list.items[0].is_new());
    list.apply(Change::Added(vec![("key".into(), todo(2, false))]));
    list.lay_ops(&[]);
    assert_eq!(list.ids(), ["todo_2", "todo_1"]);
    assert_eq!(list.items[0].key, "key");
    assert!(!list.items[0].is_new());
    assert_eq!(list.count(), (2, 0));
}

#[test]
fn news_that_overtake_an_answer_make_no_twin() {
    let mut list = TodoList::with(&[todo(1, false)]);
    list.lay_ops(&[op(Deed::Add, "key", "Task 2")]);
    list.apply(Change::Put(todo(2, false), true));
    assert_eq!((list.ids(), list.count()), (vec!["todo_2", "todo_1"], (2, 0)));
    assert_eq!(list.items[0].key, "key");
    list.apply(Change::Added(vec![("key".into(), todo(2, false))]));
    list.lay_ops(&[]);
    assert_eq!((list.ids(), list.count()), (vec!["todo_2", "todo_1"], (2, 0)));
}

#[test]
fn what_another_tab_has_sent_stays_as_it_was_shown_and_its_news_change_nothing() {
    let mut list = TodoList::with(&[todo(3, false), todo(2, false), todo(1, true)]);
    let ops = [
        op(Deed::Tick, "todo_3", ""),
        op(Deed::Rename, "todo_2", "Better"),
        op(Deed::Delete, "todo_1", ""),
    ];
    list.lay_ops(&ops);
    let shown = (list.ids().join(","), list.count());
    assert_eq!(shown, ("todo_2,todo_3".to_owned(), (1, 1)));
    for at in 0..ops.len() {
        list.apply(Change::Settled(ops[at].clone()));
        list.lay_ops(&ops[at + 1..]);
        assert_eq!((list.ids().join(","), list.count()), shown);
    }
    assert!(list.items.iter().all(|item| item.sync == Sync::Saved));
    assert_eq!(list.items[0].todo.task, "Better");
    list.apply(Change::Put(todo(3, true), false));
    list.apply(Change::Gone("todo_1".into()));
    assert_eq!((list.ids().join(","), list.count()), shown);
    assert_eq!(list.wanted(), None);
}

#[test]
fn an_answer_is_older_than_what_was_told_of_a_new_todo_since() {
    let mut list = TodoList::with(&[]);
    list.lay_ops(&[op(Deed::Add, "key", "Task 2")]);
    list.apply(Change::Put(todo(2, true), true));
    list.apply(Change::Added(vec![("key".into(), todo(2, false))]));
    list.lay_ops(&[]);
    assert_eq!((list.ids(), list.count()), (vec!["todo_2"], (0, 1)));
    assert_eq!(list.items[0].key, "key");
}

#[test]
fn no_two_rows_share_a_key() {
    let mut list = TodoList::with(&[]);
    list.lay_ops(&[op(Deed::Add, "key", "Task 2")]);
    let elsewhere = Todo { task: "Task 2".into(), ..todo(1, false) };
    list.apply(Change::Put(elsewhere, true));
    assert_eq!(list.items[0].key, "key", "it looks like ours");
    list.apply(Change::Added(vec![("key".into(), todo(2, false))]));
    list.lay_ops(&[]);
    let keys: Vec<_> = list.items.iter().map(|item| (&*item.todo.id, &*item.key)).collect();
    assert_eq!(keys, [("todo_2", "key"), ("todo_1", "todo_1")]);
}

#[test]
fn an_old_todo_of_the_same_words_hides_no_new_one() {
    let mut list = TodoList::new(Filter::default(), vec![op(Deed::Add, "key", "Task 1")]);
    list.ask(Load::First, page(&[todo(1, false)], None));
    assert_eq!(list.ids(), ["key", "todo_1"]);
}

#[test]
fn an_answer_that_is_older_than_the_news_does_not_undo_them() {
    let mut list = TodoList::with(&[todo(2, false), todo(1, false)]);
    list.apply(Change::Asked(Load::First));
    list.apply(Change::Put(todo(2, true), false));
    list.apply(Change::Gone("todo_1".into()));
    list.apply(Change::Answered(0, Some(page(&[todo(2, false), todo(1, false)], None))));
    assert_eq!(list.ids(), ["todo_2"]);
    assert!(list.items[0].todo.is_complete);
    assert_eq!(list.wanted(), Some(Load::First), "its counts are older, too");
}

#[test]
fn pages_are_laid_end_to_end_without_twins() {
    let mut list = TodoList::default();
    list.ask(Load::First, page(&[todo(4, false), todo(3, false)], Some("c3")));
    list.apply(Change::Put(todo(4, true), false));
    list.ask(Load::More, page(&[todo(2, false), todo(4, true)], None));
    assert_eq!(list.ids(), ["todo_3", "todo_2", "todo_4"]);
    assert_eq!(list.next, None);
}

#[test]
fn a_list_is_read_again_as_far_as_it_was_read() {
    let mut list = TodoList::default();
    list.ask(Load::First, page(&[todo(6, false), todo(5, false)], Some("c5")));
    list.ask(Load::More, page(&[todo(4, false), todo(3, false)], Some("c3")));
    list.apply(Change::Missed);
    assert_eq!(list.wanted(), Some(Load::First));
    list.ask(Load::First, page(&[todo(7, false), todo(6, false)], Some("c6")));
    assert_eq!(
        list.ids(),
        ["todo_7", "todo_6", "todo_5", "todo_4", "todo_3"],
        "what lies behind stays so long"
    );
    assert_eq!(list.wanted(), Some(Load::More));
    list.ask(Load::More, page(&[todo(4, false), todo(3, false)], Some("c3")));
    assert_eq!((list.ids(), list.wanted()), (vec!["todo_7", "todo_6", "todo_4", "todo_3"], None));
    assert_eq!(list.next.as_deref(), Some("c3"));
}

#[test]
fn a_fresh_and_only_page_is_the_whole_list() {
    let mut list = TodoList::default();
    list.ask(Load::First, page(&[todo(5, false), todo(4, false)], Some("c4")));
    list.ask(Load::More, page(&[todo(2, false)], None));
    list.lay_ops(&[op(Deed::Add, "key", "New")]);
    list.ask(Load::First, page(&[todo(5, false)], None));
    assert_eq!(list.ids(), ["key", "todo_5"]);
}

#[test]
fn another_filter_shows_what_is_known_and_takes_no_earlier_answer() {
    let mut list = TodoList::with(&[todo(3, false), todo(2, true)]);
    list.apply(Change::Asked(Load::First));
    list.apply(Change::Filter(Filter { show: Show::Done, ..Filter::default() }));
    assert_eq!((list.ids(), list.wanted()), (vec!["todo_2"], Some(Load::First)));
    list.apply(Change::Asked(Load::First));
    list.apply(Change::Answered(0, Some(page(&[todo(3, false)], None))));
    assert_eq!((list.ids(), list.loaded), (vec!["todo_2"], false));
    list.apply(Change::Answered(1, Some(page(&[todo(2, true), todo(1, true)], None))));
    assert_eq!(list.ids(), ["todo_2", "todo_1"]);
    list.lay_ops(&[op(Deed::Untick, "todo_2", "")]);
    assert_eq!(list.ids(), ["todo_1"], "what is done no more is shown no more");
}

#[test]
fn news_that_cannot_be_placed_are_asked_for() {
    let mut list = TodoList::default();
    list.ask(Load::First, page(&[todo(6, false), todo(5, false)], Some("c5")));
    list.apply(Change::Put(todo(7, false), true));
    assert_eq!((list.ids(), list.count()), (vec!["todo_7", "todo_6", "todo_5"], (3, 0)));
    assert_eq!(list.wanted(), None);
    list.apply(Change::Put(todo(2, true), false));
    assert_eq!(
        (list.ids(), list.wanted()),
        (vec!["todo_7", "todo_6", "todo_5"], Some(Load::First))
    );

    let mut list = TodoList::default();
    list.ask(Load::First, page(&[todo(6, false), todo(5, false)], Some("c5")));
    list.apply(Change::Gone("todo_6".into()));
    list.apply(Change::Gone("todo_6".into()));
    assert_eq!((list.count(), list.wanted()), ((1, 0), None), "an echo is no news");
    list.apply(Change::Gone("todo_1".into()));
    assert_eq!(list.wanted(), Some(Load::First));
}

#[test]
fn a_question_that_fails_is_not_asked_again_by_itself() {
    let mut list = TodoList::default();
    list.apply(Change::Asked(Load::First));
    list.apply(Change::Answered(0, None));
    assert_eq!((list.wanted(), list.loaded), (None, false));
    list.apply(Change::Missed);
    assert_eq!(list.wanted(), Some(Load::First));
}

#[test]
fn after_a_delete_the_next_row_or_the_last_has_the_focus() {
    let list = TodoList::with(&[todo(3, false), todo(2, false), todo(1, false)]);
    let beside = |key| list.neighbour(key).map(|item| item.todo.id.as_str());
    assert_eq!(beside("todo_3"), Some("todo_2"));
    assert_eq!(beside("todo_1"), Some("todo_2"));
    assert_eq!(TodoList::default().neighbour("todo_1"), None);
}

#[test]
fn what_was_told_of_after_a_deed_of_another_tab_is_asked_for_where_they_differ() {
    for (news, wanted) in [(&[true][..], None), (&[true, false], Some(Load::First))] {
        let mut list = TodoList::with(&[todo(3, false)]);
        let tick = op(Deed::Tick, "todo_3", "");
        list.lay_ops(std::slice::from_ref(&tick));
        for is_complete in news {
            list.apply(Change::Put(todo(3, *is_complete), false));
        }
        list.apply(Change::Settled(tick));
        assert_eq!(list.wanted(), wanted);
    }
    let mut list = TodoList::with(&[todo(3, false)]);
    list.apply(Change::Put(todo(3, false), false));
    let tick = op(Deed::Tick, "todo_3", "");
    list.lay_ops(std::slice::from_ref(&tick));
    list.apply(Change::Settled(tick));
    assert_eq!(list.wanted(), None, "told of before");
}

#[test]
fn an_answer_that_is_not_what_was_told_of_meanwhile_is_not_the_last_word() {
    for (news, wanted) in [(None, None), (Some(true), None), (Some(false), Some(Load::First))] {
        let mut list = TodoList::with(&[todo(3, false)]);
        let tick = op(Deed::Tick, "todo_3", "");
        list.lay_ops(std::slice::from_ref(&tick));
        if let Some(is_complete) = news {
            list.apply(Change::Put(todo(3, is_complete), false));
        }
        list.apply(Change::Done(tick, todo(3, true)));
        assert_eq!(list.wanted(), wanted, "{news:?}");
    }
}

#[test]
fn what_was_told_or_read_before_an_answer_came_stays_with_the_deed() {
    let renamed = || Todo { task: "Better".into(), ..todo(3, false) };
    for is_read in [true, false] {
        let mut list = TodoList::with(&[todo(3, false)]);
        let tick = op(Deed::Tick, "todo_3", "");
        list.lay_ops(std::slice::from_ref(&tick));
        if is_read {
            list.ask(Load::First, page(&[renamed()], None));
        } else {
            list.apply(Change::Put(renamed(), false));
        }
        list.apply(Change::Done(tick, todo(3, true)));
        list.lay_ops(&[]);
        let shown = &list.items[0].todo;
        assert_eq!((shown.task.as_str(), shown.is_complete), ("Better", true), "{is_read}");
        assert_eq!((list.count(), list.wanted()), ((0, 1), Some(Load::First)), "{is_read}");
    }
}

#[test]
fn an_answer_brings_back_nothing_that_was_deleted_meanwhile() {
    let mut list = TodoList::with(&[todo(3, false)]);
    let tick = op(Deed::Tick, "todo_3", "");
    list.lay_ops(std::slice::from_ref(&tick));
    list.apply(Change::Gone("todo_3".into()));
    list.apply(Change::Done(tick, todo(3, true)));
    list.lay_ops(&[]);
    assert_eq!((list.ids().len(), list.count()), (0, (0, 0)));
    assert_eq!(list.wanted(), Some(Load::First));
}

#[test]
fn the_answer_to_a_deed_that_was_replaced_undoes_no_news() {
    let mut list = TodoList::with(&[todo(3, false)]);
    let tick = op(Deed::Tick, "todo_3", "");
    list.lay_ops(std::slice::from_ref(&tick));
    list.apply(Change::Put(Todo { task: "Better".into(), ..todo(3, false) }, false));
    list.lay_ops(&[Op { id: "later".to_owned(), ..op(Deed::Untick, "todo_3", "") }]);
    list.apply(Change::Done(tick, todo(3, true)));
    let shown = &list.items[0].todo;
    assert_eq!((shown.task.as_str(), shown.is_complete), ("Better", false));
    assert_eq!(list.wanted(), Some(Load::First));
}

#[test]
fn the_answer_to_one_deed_is_no_news_to_the_next() {
    let mut list = TodoList::with(&[todo(3, false)]);
    let (tick, untick) = (op(Deed::Tick, "todo_3", ""), op(Deed::Untick, "todo_3", ""));
    let untick = Op { id: "later".to_owned(), ..untick };
    list.lay_ops(&[tick.clone(), untick.clone()]);
    list.apply(Change::Done(tick, todo(3, true)));
    list.apply(Change::Done(untick, todo(3, false)));
    assert_eq!(list.wanted(), None);
}
