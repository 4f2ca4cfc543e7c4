//! What a person can do to the list: shown at once, sent, and undone with a word when the server refuses.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use yew::platform::spawn_local;
use yew::prelude::*;

use super::use_messages::{Tell, use_tell};
use super::use_session::use_session;
use crate::services::drafts::{self, Edit, Unsaved};
use crate::services::error::Error;
use crate::services::key;
use crate::services::mark;
use crate::services::todos;
use crate::state::edits::{EditChange, Edits};
use crate::state::session::{Session, SessionChange};
use crate::state::todo_list::{Change, Item, Sync, TodoList};

/// Made once a page, so that rows which get it are not rendered again for it.
#[derive(Clone)]
pub struct Actions(Rc<Inner>);

struct Inner {
    user: AttrValue,
    list: UseReducerDispatcher<TodoList>,
    /// The list of the newest render.
    latest: RefCell<UseReducerHandle<TodoList>>,
    session: UseReducerDispatcher<Session>,
    tell: Tell,
    /// The ticks on their way, by key: a second click changes the wish, not the number of requests.
    wanted: RefCell<HashMap<AttrValue, bool>>,
    /// Takes back the texts that could not be saved.
    edits: UseReducerDispatcher<Edits>,
}

impl PartialEq for Actions {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

#[hook]
pub fn use_actions(
    user: &AttrValue,
    list: &UseReducerHandle<TodoList>,
    edits: UseReducerDispatcher<Edits>,
) -> Actions {
    let session = use_session().dispatcher();
    let tell = use_tell();
    let actions = use_memo(user.clone(), |user| {
        Actions(Rc::new(Inner {
            user: user.clone(),
            list: list.dispatcher(),
            latest: RefCell::new(list.clone()),
            session,
            tell,
            wanted: RefCell::default(),
            edits,
        }))
    });
    actions.0.latest.replace(list.clone());
    (*actions).clone()
}

impl Actions {
    pub fn add(&self, task: AttrValue) {
        let key = AttrValue::from(key::fresh());
        drafts::update(&self.0.user, |drafts| {
            drafts.unsaved.push(Unsaved { key: key.to_string(), task: task.to_string() });
        });
        self.change(Change::Add { key: key.clone(), task: task.clone(), sync: Sync::Saving });
        self.send_new(key, task);
    }

    /// Sends a new task again that was not saved.
    pub fn retry(&self, key: &AttrValue) {
        if let Some(item) = self.item(key) {
            self.change(Change::Rename {
                key: key.clone(),
                task: item.todo.task.clone(),
                sync: Sync::Saving,
            });
            self.send_new(key.clone(), item.todo.task);
        }
    }

    /// Gives up a new task that was not saved.
    pub fn discard(&self, key: &AttrValue) {
        self.forget_new(key);
        self.change(Change::Remove { key: key.clone() });
        self.0.tell.settle(key.clone());
        self.0.tell.say("Discarded.");
    }

    pub fn toggle(&self, key: &AttrValue) {
        let Some(item) = self.item(key).filter(|item| !item.is_new()) else {
            return;
        };
        let mut wanted = self.0.wanted.borrow_mut();
        let want = !wanted.get(key).copied().unwrap_or(item.todo.is_complete);
        self.change(Change::Complete { key: key.clone(), is_complete: want, sync: Sync::Saving });
        self.0.tell.say(format!(
            "{} {}.",
            item.todo.task,
            if want { "done" } else { "open again" }
        ));
        if wanted.insert(key.clone(), want).is_none() {
            let this = self.clone();
            spawn_local(async move { this.settle(item).await });
        }
    }

    pub fn rename(&self, key: &AttrValue, task: AttrValue) {
        let Some(item) = self.item(key).filter(|item| !item.is_new()) else {
            return;
        };
        self.change(Change::Rename { key: key.clone(), task: task.clone(), sync: Sync::Saving });
        let this = self.clone();
        spawn_local(async move {
            let id = item.todo.id.to_string();
            let answer = todos::rename(&this.0.user, id.clone(), task.to_string()).await;
            if matches!(answer, Ok(_) | Err(Error::NotFound)) {
                drafts::update(&this.0.user, |drafts| drafts.settle_edit(&id, &task));
            }
            match answer {
                Ok(todo) => {
                    this.0.tell.settle(item.key.clone());
                    this.change(Change::Put { key: item.key, todo });
                    this.0.tell.say("Saved.");
                }
                Err(Error::NotFound) => this.gone(item),
                Err(error) => {
                    let before = item.todo.task.clone();
                    let what = format!("\u{201c}{before}\u{201d} wasn\u{2019}t changed.");
                    this.0.edits.dispatch(EditChange::Reopen(Edit { id, task: task.to_string() }));
                    this.fail(&item.key, &error, what);
                    this.change(Change::Rename { key: item.key, task: before, sync: Sync::Saved });
                }
            }
        });
    }

    pub fn delete(&self, key: &AttrValue) {
        let Some(item) = self.item(key).filter(|item| !item.is_new()) else {
            return;
        };
        self.change(Change::Remove { key: key.clone() });
        self.0.tell.say(format!("{} deleted.", item.todo.task));
        let this = self.clone();
        spawn_local(async move {
            match todos::delete(&this.0.user, item.todo.id.to_string()).await {
                Ok(()) => {
                    this.0.tell.settle(item.key.clone());
                    // A page asked for before may have brought it back.
                    this.change(Change::Remove { key: item.key });
                }
                Err(error) => {
                    let what = format!("\u{201c}{}\u{201d} wasn\u{2019}t deleted.", item.todo.task);
                    this.fail(&item.key, &error, what);
                    this.change(Change::Restore(item));
                }
            }
        });
    }

    fn send_new(&self, key: AttrValue, task: AttrValue) {
        let this = self.clone();
        spawn_local(async move {
            match todos::add(&this.0.user, key.to_string(), task.to_string()).await {
                Ok(todo) => {
                    this.forget_new(&key);
                    this.0.tell.settle(key.clone());
                    this.change(Change::Put { key, todo });
                    this.0.tell.say(format!("{task} added."));
                }
                Err(error) => {
                    let what = format!("\u{201c}{task}\u{201d} wasn\u{2019}t saved.");
                    this.fail(&key, &error, what);
                    this.change(Change::Rename { key, task, sync: Sync::Unsaved });
                }
            }
        });
    }

    /// Sends the tick until the server has what the person last wanted.
    async fn settle(&self, mut item: Item) {
        let key = item.key.clone();
        let wish = || self.0.wanted.borrow().get(&key).copied();
        let answer = loop {
            let want = wish().unwrap_or(item.todo.is_complete);
            match todos::set_complete(&self.0.user, item.todo.id.to_string(), want).await {
                Ok(todo) if wish() == Some(want) => break Ok(todo),
                Ok(todo) => item.todo = todo,
                Err(error) => break Err(error),
            }
        };
        self.0.wanted.borrow_mut().remove(&key);
        match answer {
            Ok(todo) => {
                self.0.tell.settle(key.clone());
                self.change(Change::Put { key, todo });
            }
            Err(Error::NotFound) => self.gone(item),
            Err(error) => {
                let what = format!("\u{201c}{}\u{201d} wasn\u{2019}t changed.", item.todo.task);
                self.fail(&key, &error, what);
                let is_complete = item.todo.is_complete;
                self.change(Change::Complete { key, is_complete, sync: Sync::Saved });
            }
        }
    }

    fn gone(&self, item: Item) {
        let text = format!(
            "\u{201c}{}\u{201d} is no longer there: it was deleted elsewhere.",
            item.todo.task
        );
        self.0.tell.problem(item.key.clone(), text);
        self.change(Change::Remove { key: item.key });
    }

    /// Each row has its own problem, which stays until that row is in order or it is dismissed.
    fn fail(&self, key: &AttrValue, error: &Error, mut what: String) {
        if *error == Error::SessionEnded {
            self.0.session.dispatch(SessionChange::Marked(mark::read()));
            return;
        }
        what.push(' ');
        what.push_str(&error.to_string());
        self.0.tell.problem(key.clone(), what);
    }

    fn forget_new(&self, key: &str) {
        drafts::update(&self.0.user, |drafts| {
            drafts.unsaved.retain(|unsaved| unsaved.key != key);
        });
    }

    fn item(&self, key: &str) -> Option<Item> {
        self.0.latest.borrow().find(key).cloned()
    }

    fn change(&self, change: Change) {
        self.0.list.dispatch(change);
    }
}
