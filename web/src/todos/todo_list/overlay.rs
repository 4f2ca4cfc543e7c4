//! What is not yet sent, laid over what the server said.

use yew::AttrValue;

use crate::model::Counts;
use crate::model::Todo;
use crate::sync::queue::{Deed, Op};
use crate::todos::order;
use crate::todos::todo_list::{Item, Sync, TodoList};

/// Whether a search finds it, as far as the page can tell: the server's letters are the database's.
fn is_found(item: &Item, search: &str) -> bool {
    item.todo.task.to_lowercase().contains(&search.to_lowercase())
}

impl TodoList {
    /// Makes of what is known what is shown.
    pub(super) fn lay_over(&mut self) {
        self.items.clone_from(&self.known);
        self.counts = self.known_counts;
        for at in 0..self.ops.len() {
            let op = self.ops[at].clone();
            self.lay(&op);
        }
        let filter = &self.filter;
        self.items.retain(|item| item.is_new() || filter.has(item.todo.is_complete));
    }

    /// What was laid over is so from now on. How far it reached where all were meant, and whether it is so still
    /// where something else was told since, the list itself has to tell.
    pub(super) fn settle(&mut self, op: &Op) {
        self.items.clone_from(&self.known);
        self.counts = self.known_counts;
        self.lay(op);
        self.items.iter_mut().for_each(|item| item.sync = Sync::Saved);
        let is_doubtful = self.passed.contains(&op.id) && self.items != self.known;
        self.known.clone_from(&self.items);
        self.known_counts = self.counts;
        self.touched.push(op.todo.clone());
        self.missed(op.todo.is_empty() || is_doubtful);
    }

    fn lay(&mut self, op: &Op) {
        match op.deed {
            Deed::Add | Deed::Refused => {
                // It may have been told of before its own answer came.
                if self.known.iter().any(|item| item.key == op.todo) {
                    return;
                }
                let (id, task) = (op.todo.clone(), op.text.clone());
                let todo = Todo { id, task, is_complete: false, inserted_at: None };
                let is_refused = op.deed == Deed::Refused;
                let sync = if is_refused { Sync::Refused } else { Sync::Waiting };
                self.counts.add(false, i32::from(!is_refused));
                self.items.insert(0, Item { key: op.todo.clone(), todo, sync });
            }
            Deed::Tick | Deed::Untick => self.change(&op.todo, |item, counts| {
                counts.add(item.todo.is_complete, -1);
                item.todo.is_complete = op.deed == Deed::Tick;
                counts.add(item.todo.is_complete, 1);
            }),
            Deed::Rename => self.change(&op.todo, |item, _| item.todo.task = op.text.clone()),
            Deed::Delete => {
                if let Some(item) = self.take(&op.todo) {
                    self.counts.add(item.todo.is_complete, -1);
                }
            }
            Deed::CompleteAll if !op.text.is_empty() => {
                let found = |item: &&Item| !item.todo.is_complete && is_found(item, &op.text);
                let found: Vec<_> =
                    self.items.iter().filter(found).map(|item| item.todo.id.clone()).collect();
                for id in found {
                    self.change(&id, |item, counts| {
                        item.todo.is_complete = true;
                        counts.add(false, -1);
                        counts.add(true, 1);
                    });
                }
            }
            Deed::CompleteAll => {
                (self.counts.open, self.counts.done) = (0, self.counts.open + self.counts.done);
                let first_done = self.items.partition_point(|item| !item.todo.is_complete);
                let done = self.items.split_off(first_done);
                self.items.iter_mut().for_each(|item| item.todo.is_complete = true);
                for item in done {
                    self.place(item);
                }
            }
            Deed::ClearDone if !op.text.is_empty() => {
                let before = self.items.len();
                self.items.retain(|item| !(item.todo.is_complete && is_found(item, &op.text)));
                let gone = before - self.items.len();
                self.counts.add(true, -i32::try_from(gone).unwrap_or(i32::MAX));
            }
            Deed::ClearDone => {
                self.counts.done = 0;
                self.items.retain(|item| !item.todo.is_complete);
            }
        }
    }

    fn change(&mut self, todo: &str, change: impl FnOnce(&mut Item, &mut Counts)) {
        if let Some(mut item) = self.take(todo) {
            change(&mut item, &mut self.counts);
            if item.sync == Sync::Saved {
                item.sync = Sync::Waiting;
            }
            self.place(item);
        }
    }

    fn take(&mut self, todo: &str) -> Option<Item> {
        let at = self.items.iter().position(|item| item.todo.id == todo || item.key == todo)?;
        Some(self.items.remove(at))
    }

    fn place(&mut self, item: Item) {
        let at =
            self.items.partition_point(|other| order::compare(&other.todo, &item.todo).is_le());
        self.items.insert(at, item);
    }

    /// The key of the new todo that this one most likely is: its text waits here, and it has just come up. Where
    /// it is another's, of the same text, the two show as one until ours is sent.
    pub(super) fn key_of(&self, todo: &Todo) -> Option<AttrValue> {
        let may_be = |op: &&Op| {
            op.deed == Deed::Add
                && op.text == todo.task
                && self.known.iter().all(|item| item.key != op.todo)
        };
        self.ops.iter().find(may_be).map(|op| op.todo.clone())
    }
}
