//! The list as shown: what the server said, with what was done since and is not yet sent laid over it. So what
//! the server refuses is undone by forgetting the deed.

mod overlay;

use std::cmp::Ordering;
use std::rc::Rc;

use yew::{AttrValue, Reducible};

use crate::model::{Counts, Page, Todo};
use crate::sync::queue::Op;
use crate::todos::filter::Filter;
use crate::todos::order;

/// How far a row's content has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    Saved,
    /// Something of it is not yet on the server.
    Waiting,
    /// New and refused: only this browser has it.
    Refused,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Stays the same when the server gives a new todo its id.
    pub key: AttrValue,
    pub todo: Todo,
    pub sync: Sync,
}

impl Item {
    /// Whether the server has yet to give it an id.
    pub fn is_new(&self) -> bool {
        self.todo.inserted_at.is_none()
    }
}

/// What is to be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// The list from its start, as far as it has been read.
    First,
    More,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TodoList {
    /// What is shown, in order.
    pub items: Vec<Item>,
    pub counts: Counts,
    pub filter: Filter,
    /// Whether the search is being typed: then the next letter may be near.
    pub is_typed: bool,
    /// Cursor of the page that is not here yet.
    pub next: Option<String>,
    /// Whether the first page has come.
    pub loaded: bool,
    /// What is on its way.
    pub loading: Option<Load>,
    /// Counts the filters: an answer to an earlier question is none.
    pub turn: u32,
    /// What is to be asked for: all again, where something may have happened that nobody told of.
    due: Option<Load>,
    /// What the server said, in its order.
    known: Vec<Item>,
    known_counts: Counts,
    /// The last todo that the pages so far cover, while there are more.
    edge: Option<Todo>,
    /// How far the list was read before it was asked for again.
    goal: Option<Todo>,
    /// Todos that were told of since the last question: its answer is older.
    touched: Vec<AttrValue>,
    ops: Vec<Op>,
    /// The deeds whose todo was told of or read since they were done: it may have gone beyond them.
    passed: Vec<String>,
}

impl Default for TodoList {
    fn default() -> Self {
        Self::new(Filter::default(), Vec::new())
    }
}

pub enum Change {
    /// Shows other todos; those that are known at once.
    Filter(Filter),
    /// The list has to be read again.
    Missed,
    /// The end of what is here comes near.
    More,
    Asked(Load),
    /// The answer to the question of this turn; nothing where it failed.
    Answered(u32, Option<Page>),
    /// A todo as the server has it now, and whether it is new.
    Put(Todo, bool),
    /// A todo that is on the server no more.
    Gone(AttrValue),
    /// The server's answer to new todos, by their keys.
    Added(Vec<(AttrValue, Todo)>),
    /// The server's answer to what this tab did to a todo.
    Done(Op, Todo),
    /// The server has done this.
    Settled(Op),
    /// What is not yet sent.
    Queue(Vec<Op>),
}

impl TodoList {
    pub fn new(filter: Filter, ops: Vec<Op>) -> Self {
        let mut list = Self {
            items: Vec::new(),
            counts: Counts::default(),
            filter,
            is_typed: false,
            next: None,
            loaded: false,
            loading: None,
            turn: 0,
            due: Some(Load::First),
            known: Vec::new(),
            known_counts: Counts::default(),
            edge: None,
            goal: None,
            touched: Vec::new(),
            ops,
            passed: Vec::new(),
        };
        list.lay_over();
        list
    }

    /// The key of the row of a todo, which may not be shown.
    pub fn key_of_known(&self, id: &AttrValue) -> AttrValue {
        let item = self.known.iter().find(|item| item.todo.id == *id);
        item.map_or(id, |item| &item.key).clone()
    }

    /// A todo as the server knows it.
    pub fn known(&self, id: &str) -> Option<&Todo> {
        self.known.iter().map(|item| &item.todo).find(|todo| todo.id == id)
    }

    pub fn find(&self, key: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.key == key)
    }

    /// The row that takes this one's place in the eye of the reader: the next, or the one before the last.
    pub fn neighbour(&self, key: &str) -> Option<&Item> {
        let at = self.items.iter().position(|item| item.key == key)?;
        self.items.get(at + 1).or_else(|| self.items.get(at.checked_sub(1)?))
    }

    /// Whether there is nothing at all, as far as anybody knows.
    pub fn is_empty(&self) -> bool {
        self.counts == Counts::default() && self.items.is_empty()
    }

    /// What has to be asked for now.
    pub fn wanted(&self) -> Option<Load> {
        let due = self.due.or(self.goal.is_some().then_some(Load::More));
        due.filter(|_| self.loading.is_none())
    }

    fn apply(&mut self, change: Change) {
        match change {
            Change::Filter(filter) => {
                self.is_typed = filter.show == self.filter.show && !filter.search.is_empty();
                self.filter = filter;
                self.turn += 1;
                (self.loaded, self.loading) = (false, None);
                self.missed(true);
                (self.next, self.edge, self.goal) = (None, None, None);
            }
            Change::Missed => self.missed(true),
            Change::More => {
                self.due = self.due.or(self.next.is_some().then_some(Load::More));
            }
            Change::Asked(load) => {
                self.loading = Some(load);
                self.touched.clear();
                self.due = self.due.filter(|due| load == Load::More && *due == Load::First);
            }
            Change::Answered(turn, page) => {
                if turn == self.turn {
                    self.answered(page);
                }
            }
            Change::Put(todo, is_new) => {
                self.pass(&todo.id);
                self.put(todo, is_new);
            }
            Change::Gone(id) => {
                self.pass(&id);
                self.gone(id);
            }
            Change::Added(added) => {
                for (key, todo) in added {
                    self.added(&key, todo);
                }
            }
            Change::Done(op, todo) => {
                // What was told of meanwhile may be newer: it stays, with the deed. Of one that another has replaced
                // nobody knows what was told since.
                let may_be_old = self.passed.contains(&op.id)
                    || !self.ops.iter().any(|waiting| waiting.id == op.id);
                if may_be_old && self.known(&todo.id) != Some(&todo) {
                    self.settle(&op);
                    self.missed(true);
                } else {
                    self.put(todo, false);
                }
            }
            Change::Settled(op) => self.settle(&op),
            Change::Queue(ops) => {
                self.ops = ops;
                self.passed.retain(|id| self.ops.iter().any(|op| op.id == *id));
            }
        }
        self.lay_over();
    }

    /// A page replaces what lies between the one before and its own end.
    fn answered(&mut self, page: Option<Page>) {
        let load = self.loading.take();
        let is_news = self.loaded && load == Some(Load::First);
        let Some(page) = page else {
            self.goal = None;
            return;
        };
        let start = if load == Some(Load::First) {
            self.goal = self.edge.take();
            if !self.loaded {
                let touched = &self.touched;
                self.known.retain(|item| touched.contains(&item.todo.id));
            }
            self.loaded = true;
            None
        } else {
            self.edge.take()
        };
        self.edge = page.todos.last().filter(|_| page.next.is_some()).cloned();
        self.next = page.next;
        if let Some(counts) = page.counts {
            // Whether what happened meanwhile is among them, nobody knows.
            let is_current = self.touched.is_empty();
            self.missed(!is_current);
            if is_current || !is_news {
                self.known_counts = counts;
            }
        }
        let (edge, touched) = (&self.edge, &self.touched);
        self.known.retain(|Item { todo, .. }| {
            is_after(todo, edge.as_ref())
                || start.as_ref().is_some_and(|start| order::compare(todo, start).is_le())
                || touched.contains(&todo.id)
                || page.todos.iter().any(|kept| kept.id == todo.id)
        });
        // So far it is read anew; or to the end, whichever comes first.
        if !self.goal.as_ref().is_some_and(|goal| is_after(goal, self.edge.as_ref())) {
            self.goal = None;
        }
        for todo in page.todos {
            if !self.touched.contains(&todo.id) {
                self.pass(&todo.id);
                self.insert(todo, is_news);
            }
        }
    }

    /// It was told of, or read: the deeds that wait for their answers may be older.
    fn pass(&mut self, id: &AttrValue) {
        for op in self.ops.iter().filter(|op| op.todo == *id) {
            if !self.passed.contains(&op.id) {
                self.passed.push(op.id.clone());
            }
        }
    }

    fn put(&mut self, todo: Todo, is_new: bool) {
        self.touched.push(todo.id.clone());
        let is_searched = !self.filter.search.is_empty();
        let before = self.known(&todo.id).map(|known| known.is_complete);
        if let Some(before) = before {
            self.known_counts.add(before, -1);
        } else {
            // Where it was before, and whether the search finds it, only the server knows.
            self.missed(!is_new || is_searched);
        }
        if before.is_some() || is_new {
            self.known_counts.add(todo.is_complete, 1);
        }
        let is_here = !is_after(&todo, self.edge.as_ref()) && !is_searched;
        if before.is_some() || is_here {
            self.insert(todo, true);
        }
    }

    /// What is known of it already was told of later than this was answered.
    fn added(&mut self, key: &AttrValue, todo: Todo) {
        let id = todo.id.clone();
        if self.known(&id).is_none() {
            self.put(todo, true);
        }
        for item in &mut self.known {
            if item.todo.id == id {
                item.key = key.clone();
            } else if item.key == *key {
                // Of the same words, it had come up as ours.
                item.key = item.todo.id.clone();
            }
        }
    }

    fn gone(&mut self, id: AttrValue) {
        if let Some(at) = self.known.iter().position(|item| item.todo.id == id) {
            let item = self.known.remove(at);
            self.known_counts.add(item.todo.is_complete, -1);
        } else if self.next.is_some() || !self.filter.is_all() {
            self.missed(!self.touched.contains(&id));
        }
        self.touched.push(id);
    }

    fn missed(&mut self, whether: bool) {
        if whether {
            self.due = Some(Load::First);
        }
    }

    /// In its place, under the key that it has already: where it has just come up, perhaps that of ours.
    fn insert(&mut self, todo: Todo, is_news: bool) {
        let before = self.known.iter().position(|item| item.todo.id == todo.id);
        let key = match before {
            Some(at) => self.known.remove(at).key,
            None => self.key_of(&todo).filter(|_| is_news).unwrap_or_else(|| todo.id.clone()),
        };
        let at = self.known.partition_point(|item| order::compare(&item.todo, &todo).is_lt());
        self.known.insert(at, Item { key, todo, sync: Sync::Saved });
    }
}

/// Whether it stands behind the pages so far. Without an edge nothing does.
fn is_after(todo: &Todo, edge: Option<&Todo>) -> bool {
    edge.is_some_and(|edge| order::compare(todo, edge) == Ordering::Greater)
}

impl Reducible for TodoList {
    type Action = Change;

    fn reduce(self: Rc<Self>, change: Change) -> Rc<Self> {
        let mut next = Rc::unwrap_or_clone(self);
        next.apply(change);
        Rc::new(next)
    }
}

#[cfg(test)]
#[path = "todo_list_tests.rs"]
mod tests;
