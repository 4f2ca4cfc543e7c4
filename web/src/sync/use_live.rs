//! Keeps the list in step with other tabs and devices: by the socket, and where there is none by asking again
//! whenever somebody looks.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use gloo_events::EventListener;
use web_sys::js_sys::Math;
use yew::platform::spawn_local;
use yew::prelude::*;

use crate::browser::sleep::pause;
use crate::sync::backoff::{Closed, Pace};
use crate::sync::socket;
use crate::sync::socket::{News, Socket};
use crate::todos::todo_api::Event;
use crate::todos::todo_list::{Change, TodoList};

/// How often the socket is tried where it is silent and somebody looks, and how long it may take to answer: a
/// network that has gone for good leaves it open for minutes. In milliseconds.
const TRY_MS: u32 = 60_000;
const ANSWER_MS: u32 = 10_000;

const EVENTS: [&str; 5] = ["pagehide", "pageshow", "focus", "online", "visibilitychange"];

struct Live {
    list: UseReducerDispatcher<TodoList>,
    socket: RefCell<Option<Socket>>,
    /// Whether the socket has told anything.
    is_up: Cell<bool>,
    /// Counts how often it was asked for a sign of life, and whether it has yet to give one.
    asked: Cell<u32>,
    is_silent: Cell<bool>,
    pace: RefCell<Pace>,
    /// Whether the list is to be read again in a moment.
    is_due: Cell<bool>,
    /// Whether somebody is here to be told.
    is_here: Cell<bool>,
}

#[hook]
pub fn use_live(list: &UseReducerHandle<TodoList>) {
    let list = list.dispatcher();
    use_effect_with((), move |()| {
        let live = Rc::new(Live {
            list,
            socket: RefCell::default(),
            is_up: Cell::new(false),
            asked: Cell::default(),
            is_silent: Cell::default(),
            pace: RefCell::default(),
            is_due: Cell::default(),
            is_here: Cell::new(true),
        });
        let window = gloo_utils::window();
        let listeners = EVENTS.map(|kind| {
            let live = live.clone();
            EventListener::new(&window, kind, move |event| match event.type_().as_str() {
                // A page with an open socket is not kept for the way back.
                "pagehide" => live.leave(),
                // The socket of another network may take long to notice.
                "online" => {
                    live.leave();
                    live.look();
                }
                // The focus, which mostly comes along, does the rest.
                "visibilitychange" => live.try_out(),
                _ => live.look(),
            })
        });
        spawn_local(keep_trying(Rc::downgrade(&live)));
        connect(&live);
        move || {
            drop(listeners);
            live.leave();
        }
    });
}

impl Live {
    fn leave(&self) {
        self.is_here.set(false);
        self.is_up.set(false);
        self.is_silent.set(false);
        self.socket.take();
    }

    /// Where nothing is told, it has to be asked for.
    fn look(self: &Rc<Self>) {
        self.try_out();
        if !self.is_up.get() {
            self.list.dispatch(Change::Missed);
            self.is_here.set(true);
            self.pace.borrow_mut().looked();
            connect(self);
        }
    }

    /// A socket that does not answer is none.
    fn try_out(self: &Rc<Self>) {
        let is_seen = !gloo_utils::document().hidden();
        if !is_seen || !self.is_up.get() || self.is_silent.replace(true) {
            return;
        }
        if let Some(socket) = &*self.socket.borrow() {
            socket.ask();
        }
        let number = self.asked.get() + 1;
        self.asked.set(number);
        let live = self.clone();
        spawn_local(async move {
            pause(ANSWER_MS).await;
            if live.is_silent.get() && live.asked.get() == number {
                live.leave();
                live.look();
            }
        });
    }

    /// Something may have been missed, and perhaps by everybody.
    fn refetch(self: &Rc<Self>) {
        let wait = self.pace.borrow_mut().refetch(Math::random());
        if wait == 0 {
            self.list.dispatch(Change::Missed);
        } else if !self.is_due.replace(true) {
            let live = self.clone();
            spawn_local(async move {
                pause(wait).await;
                live.is_due.set(false);
                live.list.dispatch(Change::Missed);
            });
        }
    }
}

fn connect(live: &Rc<Live>) {
    if live.is_here.get() && live.socket.borrow().is_none() {
        let hearer = live.clone();
        let socket = socket::open(move |news| hear(&hearer, news));
        *live.socket.borrow_mut() = socket;
    }
}

async fn keep_trying(live: Weak<Live>) {
    loop {
        pause(TRY_MS).await;
        let Some(live) = live.upgrade() else { return };
        live.try_out();
    }
}

fn hear(live: &Rc<Live>, news: News) {
    live.is_silent.set(false);
    match news {
        News::Here => {}
        News::Event(event) => {
            live.is_up.set(true);
            live.pace.borrow_mut().heard();
            match event {
                Event::Put(todo, is_new) => live.list.dispatch(Change::Put(todo, is_new)),
                Event::Gone(id) => live.list.dispatch(Change::Gone(id.into())),
                Event::Refetch => live.refetch(),
            }
        }
        News::Over(why) => {
            live.is_up.set(false);
            if why == Closed::Session {
                live.list.dispatch(Change::Missed);
            }
            let wait = live.pace.borrow_mut().closed(why, Math::random());
            let live = live.clone();
            // Not here: the listener that calls is the socket's own.
            spawn_local(async move {
                live.socket.take();
                pause(wait).await;
                connect(&live);
            });
        }
    }
}
