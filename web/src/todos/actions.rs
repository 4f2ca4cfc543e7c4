//! What a person can do to the list: shown at once, sent in order, and undone with a word when the server refuses.

mod outbox;

pub use outbox::send_all;

use std::cell::{Cell, Ref, RefCell};
use std::rc::Rc;

use gloo_events::EventListener;
use web_sys::StorageEvent;
use web_sys::wasm_bindgen::JsCast;
use yew::platform::spawn_local;
use yew::prelude::*;

use crate::auth::session::Session;
use crate::auth::use_session::use_session;
use crate::browser::key;
use crate::browser::sleep::pause;
use crate::client::error::Error;
use crate::sync::outcome_channel::Settled;
use crate::sync::queue::{Deed, Op, Queue};
use crate::todos::edits::Edits;
use crate::todos::todo_list::{Change, Item, TodoList};
use crate::todos::use_todos::Todos;
use crate::ui::use_focus_later::{FocusLater, use_focus_later};
use crate::ui::use_messages::{Tell, use_tell};

/// How long the way back is offered.
const OFFER_MS: u32 = 6_000;

/// What that offer is called among the messages.
const OFFER: &str = "undo";

/// One for the whole document: what it sends and offers outlives the page that was up when it began, and has to
/// reach the one that is up by then. No event tells a document what it has itself put into the storage.
#[derive(Clone)]
pub struct Actions(Rc<Inner>);

struct Inner {
    user: AttrValue,
    queue: RefCell<Queue>,
    page: RefCell<Page>,
    is_sending: Cell<bool>,
    failures: Cell<u32>,
    /// Count what was begun: of each only the newest goes on.
    timers: Cell<u32>,
    offers: Cell<u32>,
    /// The deeds that can be taken back.
    held: RefCell<Vec<String>>,
}

/// Where it shows what was done: the newest render of the page that is up, or was.
struct Page {
    list: UseReducerHandle<TodoList>,
    session: UseReducerDispatcher<Session>,
    tell: Tell,
    focus: FocusLater,
    /// Takes back the texts that could not be saved.
    edits: UseReducerDispatcher<Edits>,
    /// Why what was done is not sent.
    stalled: UseStateSetter<Option<Error>>,
}

thread_local! {
    /// Of the user whose list was shown last.
    static HERE: RefCell<Option<Actions>> = const { RefCell::new(None) };
}

impl PartialEq for Actions {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// With the reason why nothing is sent, where there is one.
#[hook]
pub fn use_actions(
    user: &AttrValue,
    todos: &Todos,
    edits: UseReducerDispatcher<Edits>,
) -> (Actions, Option<Error>) {
    let stalled = use_state_eq(|| None);
    let page = Page {
        list: todos.list.clone(),
        session: use_session().dispatcher(),
        tell: use_tell(),
        focus: use_focus_later(),
        edits,
        stalled: stalled.setter(),
    };
    let actions = Actions::shown_by(user, page);
    {
        let actions = actions.clone();
        use_effect_with((), move |()| {
            // Nobody has told what other tabs did while no list was up.
            actions.catch_up();
            let window = gloo_utils::window();
            let listeners = ["storage", "pagehide", "pageshow"].map(|kind| {
                let actions = actions.clone();
                EventListener::new(&window, kind, move |event| match event.dyn_ref() {
                    Some(stored) => actions.hear(stored),
                    None if event.type_() == "pagehide" => actions.leave(),
                    None => actions.catch_up(),
                })
            });
            move || drop(listeners)
        });
    }
    {
        let actions = actions.clone();
        use_effect_with(*todos.online, move |online| {
            if *online {
                actions.send();
            }
        });
    }
    (actions, (*stalled).clone())
}

impl Actions {
    fn here(user: &str) -> Option<Self> {
        HERE.with_borrow(Clone::clone).filter(|here| here.0.user == user)
    }

    fn shown_by(user: &AttrValue, page: Page) -> Self {
        if let Some(here) = Self::here(user) {
            here.0.page.replace(page);
            return here;
        }
        let actions = Self(Rc::new(Inner {
            user: user.clone(),
            queue: RefCell::new(Queue::open(user)),
            page: RefCell::new(page),
            is_sending: Cell::default(),
            failures: Cell::default(),
            timers: Cell::default(),
            offers: Cell::default(),
            held: RefCell::default(),
        }));
        HERE.set(Some(actions.clone()));
        actions
    }

    fn page(&self) -> Ref<'_, Page> {
        self.0.page.borrow()
    }

    pub fn add(&self, tasks: &[AttrValue]) {
        for task in tasks {
            self.0.queue.borrow_mut().push(Deed::Add, key::fresh().into(), task.clone());
        }
        self.done();
    }

    /// Sends a new task again that was refused.
    pub fn retry(&self, key: &AttrValue) {
        let is_it = |op: &&Op| op.todo == *key && op.deed == Deed::Refused;
        let refused = self.0.queue.borrow().ops().iter().find(is_it).cloned();
        if let Some(op) = refused {
            self.0.queue.borrow_mut().put(&Op { deed: Deed::Add, ..op });
        }
        self.page().tell.settle(key.clone());
        self.done();
    }

    /// Gives up a new task that was refused.
    pub fn discard(&self, key: &AttrValue) {
        self.0.queue.borrow_mut().drop_all(key);
        self.page().tell.settle(key.clone());
        self.page().tell.say("Discarded.");
        self.done();
    }

    pub fn toggle(&self, key: &AttrValue) {
        let Some(item) = self.item(key) else { return };
        let todo = item.todo;
        let (deed, how) =
            if todo.is_complete { (Deed::Untick, " open again.") } else { (Deed::Tick, " done.") };
        self.page().tell.say([&*todo.task, how].concat());
        self.0.queue.borrow_mut().push(deed, todo.id, todo.task);
        self.done();
    }

    pub fn rename(&self, key: &AttrValue, task: AttrValue) {
        let Some(item) = self.item(key) else { return };
        self.0.queue.borrow_mut().push(Deed::Rename, item.todo.id, task);
        self.done();
    }

    pub fn delete(&self, key: &AttrValue) {
        let Some(item) = self.item(key) else { return };
        self.hold(Deed::Delete, item.todo.id, &item.todo.task);
    }

    /// Those that the search finds.
    pub fn complete_all(&self) {
        let search = self.search();
        let said =
            if search.is_empty() { "All tasks are done." } else { "The tasks found are done." };
        self.0.queue.borrow_mut().push(Deed::CompleteAll, AttrValue::default(), search);
        self.page().tell.say(said);
        self.done();
    }

    /// Those that the search finds.
    pub fn clear_done(&self) {
        self.hold(Deed::ClearDone, AttrValue::default(), &self.search());
    }

    /// The text of the search. Empty if the whole list is shown.
    fn search(&self) -> AttrValue {
        self.page().list.filter.search.clone()
    }

    /// Several deeds in a row are taken back together.
    fn hold(&self, deed: Deed, todo: AttrValue, text: &AttrValue) {
        let id = self.0.queue.borrow_mut().push(deed, todo, text.clone());
        let count = {
            let mut held = self.0.held.borrow_mut();
            held.push(id);
            held.len()
        };
        let said = match (count, deed) {
            (1, Deed::Delete) => ["\u{201c}", text, "\u{201d} deleted."].concat(),
            (_, Deed::Delete) => [&*count.to_string(), " tasks deleted."].concat(),
            _ => "The done tasks are deleted.".to_owned(),
        };
        let this = self.clone();
        let end = Callback::from(move |undoes| if undoes { this.undo() } else { this.leave() });
        self.page().tell.offer(OFFER, said.into(), end);
        self.done();
        spawn_local(self.clone().offer());
    }

    /// Ends the offer when its time is over, and nobody is about to take it.
    async fn offer(self) {
        let turn = self.0.offers.get() + 1;
        self.0.offers.set(turn);
        loop {
            self.0.queue.borrow_mut().hold(&self.0.held.borrow(), true);
            pause(OFFER_MS).await;
            if self.0.offers.get() != turn {
                return;
            }
            let is_looked_at = ".toast:is(:hover, :focus-within) .button";
            if !matches!(gloo_utils::document().query_selector(is_looked_at), Ok(Some(_))) {
                break;
            }
        }
        self.0.held.borrow_mut().clear();
        self.page().tell.settle(OFFER);
        self.send();
    }

    fn undo(&self) {
        self.0.offers.set(self.0.offers.get() + 1);
        let held = self.0.held.take();
        for id in &held {
            let op = self.0.queue.borrow().ops().iter().find(|op| op.id == *id).cloned();
            if let Some(op) = op {
                let key = self.page().list.key_of_known(&op.todo);
                let target = if op.deed == Deed::Delete {
                    ["tick-", &key].concat()
                } else {
                    "title".to_owned()
                };
                self.page().focus.on(target, true);
            }
            self.0.queue.borrow_mut().remove(id);
        }
        self.page().tell.settle(OFFER);
        self.page().tell.say("Taken back.");
        self.done();
    }

    /// Whoever leaves, or says so, has had their second thoughts.
    fn leave(&self) {
        let held = self.0.held.take();
        if !held.is_empty() {
            self.0.offers.set(self.0.offers.get() + 1);
            self.page().tell.settle(OFFER);
            self.0.queue.borrow_mut().hold(&held, false);
            self.send();
        }
    }

    fn item(&self, key: &str) -> Option<Item> {
        self.page().list.find(key).cloned()
    }

    fn change(&self, change: Change) {
        self.page().list.dispatch(change);
    }

    /// What another tab has done, or has sent.
    fn hear(&self, stored: &StorageEvent) {
        let Some(key) = stored.key() else { return self.catch_up() };
        let entry = stored.new_value();
        let settled = entry.as_ref().and_then(|entry| self.0.queue.borrow().settled(&key, entry));
        match settled {
            Some((op, Settled::Added(todo))) => {
                self.change(Change::Added(vec![(op.todo, todo)]));
            }
            Some((op, Settled::Done)) => self.change(Change::Settled(op)),
            None => {}
        }
        if self.0.queue.borrow_mut().hear(&key, entry.as_deref()) {
            // The tab that did it may be gone before it has sent it.
            self.done();
        }
    }

    /// A page that was put away was told nothing.
    fn catch_up(&self) {
        self.0.queue.borrow_mut().sync();
        self.done();
    }
}
