//! The list as shown: what the server said, with what was done since laid over it.

use std::rc::Rc;

use yew::{AttrValue, Reducible};

use super::order;
use crate::model::{Page, Todo};

/// How far a row's content has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    Saved,
    /// A change is on its way; a page that arrives meanwhile must not undo it.
    Saving,
    /// New and refused or not sent: only this tab has it.
    Unsaved,
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

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TodoList {
    pub items: Vec<Item>,
    /// Cursor of the page that is not here yet.
    pub next: Option<String>,
    /// Whether the first page has come.
    pub loaded: bool,
}

pub enum Change {
    /// The first page, asked again perhaps.
    First(Page),
    More(Page),
    /// A new task under its local key.
    Add {
        key: AttrValue,
        task: AttrValue,
        sync: Sync,
    },
    /// The server's word on a row, found by its key.
    Put {
        key: AttrValue,
        todo: Todo,
    },
    Complete {
        key: AttrValue,
        is_complete: bool,
        sync: Sync,
    },
    Rename {
        key: AttrValue,
        task: AttrValue,
        sync: Sync,
    },
    Remove {
        key: AttrValue,
    },
    /// A deleted row that the server would not let go.
    Restore(Item),
}

impl TodoList {
    pub fn open(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| !item.todo.is_complete)
    }

    pub fn done(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| item.todo.is_complete)
    }

    pub fn find(&self, key: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.key == key)
    }

    /// The row that takes this one's place in the eye of the reader: the next, or the one before the last.
    pub fn neighbour(&self, key: &str) -> Option<&Item> {
        let at = self.items.iter().position(|item| item.key == key)?;
        self.items.get(at + 1).or_else(|| self.items.get(at.checked_sub(1)?))
    }

    fn apply(&mut self, change: Change) {
        match change {
            Change::First(page) => self.first(page),
            Change::More(page) => {
                self.next = page.next;
                page.todos.into_iter().for_each(|todo| self.merge(todo));
            }
            Change::Add { key, task, sync } => {
                let todo = Todo { id: key.clone(), task, is_complete: false, inserted_at: None };
                self.items.insert(0, Item { key, todo, sync });
            }
            Change::Put { key, todo } => {
                // A page may have brought the same todo before its own answer came.
                self.items.retain(|item| item.key == key || item.todo.id != todo.id);
                self.edit(&key, |item| {
                    item.todo = todo;
                    item.sync = Sync::Saved;
                });
            }
            Change::Complete { key, is_complete, sync } => self.edit(&key, |item| {
                item.todo.is_complete = is_complete;
                item.sync = sync;
            }),
            Change::Rename { key, task, sync } => self.edit(&key, |item| {
                item.todo.task = task;
                item.sync = sync;
            }),
            Change::Remove { key } => self.items.retain(|item| item.key != key),
            Change::Restore(item) => self.items.push(item),
        }
        self.items.sort_by(|a, b| order::compare(&a.todo, &b.todo));
    }

    /// A fresh first page: what it covers and does not name is gone; what lies behind it stays as loaded.
    fn first(&mut self, page: Page) {
        let last = page.todos.last().filter(|_| page.next.is_some()).cloned();
        self.items.retain(|item| {
            item.sync != Sync::Saved
                || page.todos.iter().any(|todo| todo.id == item.todo.id)
                || last.as_ref().is_some_and(|last| order::compare(&item.todo, last).is_gt())
        });
        // The cursor further down stays good only while nothing unknown lies between the two.
        let joined = last.is_some_and(|last| {
            self.items.iter().any(|item| item.todo.id == last.id)
                && self.items.iter().any(|item| order::compare(&item.todo, &last).is_gt())
        });
        if !joined {
            self.next = page.next;
        }
        self.loaded = true;
        page.todos.into_iter().for_each(|todo| self.merge(todo));
    }

    fn merge(&mut self, todo: Todo) {
        match self.items.iter_mut().find(|item| item.todo.id == todo.id) {
            Some(item) if item.sync == Sync::Saved => item.todo = todo,
            Some(_) => {}
            None => self.items.push(Item { key: todo.id.clone(), todo, sync: Sync::Saved }),
        }
    }

    fn edit(&mut self, key: &str, change: impl FnOnce(&mut Item)) {
        if let Some(item) = self.items.iter_mut().find(|item| item.key == key) {
            change(item);
        }
    }
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
