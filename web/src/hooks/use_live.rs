//! Keeps the list in step with other tabs and devices: by the socket, and where there is none by asking again
//! whenever somebody looks.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_events::EventListener;
use web_sys::js_sys::Math;
use yew::platform::spawn_local;
use yew::prelude::*;

use crate::services::live::{self, News, Socket};
use crate::services::pause::pause;
use crate::services::todos::Event;
use crate::state::pace::{Closed, Pace};
use crate::state::todo_list::{Change, TodoList};

struct Live {
    list: UseReducerDispatcher<TodoList>,
    socket: RefCell<Option<Socket>>,
    /// Whether the socket has told anything.
    is_up: Cell<bool>,
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
            pace: RefCell::default(),
            is_due: Cell::default(),
            is_here: Cell::new(true),
        });
        let window = gloo_utils::window();
        let listeners = ["pagehide", "pageshow", "focus", "online"].map(|kind| {
            let live = live.clone();
            EventListener::new(&window, kind, move |event| match event.type_().as_str() {
                // A page with an open socket is not kept for the way back.
                "pagehide" => live.leave(),
                // The socket of another network may take long to notice.
                "online" => {
                    live.leave();
                    live.look();
                }
                _ => live.look(),
            })
        });
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
        self.socket.take();
    }

    /// Where nothing is told, it has to be asked for.
    fn look(self: &Rc<Self>) {
        if !self.is_up.get() {
            self.list.dispatch(Change::Missed);
            self.is_here.set(true);
            self.pace.borrow_mut().looked();
            connect(self);
        }
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
        let socket = live::open(move |news| hear(&hearer, news));
        *live.socket.borrow_mut() = socket;
    }
}

fn hear(live: &Rc<Live>, news: News) {
    match news {
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
