//! How what was done reaches the server, and what is said of it.

use std::cell::RefCell;

use web_sys::js_sys::Math;
use yew::AttrValue;
use yew::platform::spawn_local;

use crate::auth::session::SessionChange;
use crate::auth::session_marker;
use crate::browser::sleep::pause;
use crate::client::error::Error;
use crate::model::Todo;
use crate::sync::backoff::retry;
use crate::sync::queue::{Deed, Op, Queue};
use crate::sync::send::drain;
use crate::todos::actions::Actions;
use crate::todos::drafts;
use crate::todos::drafts::Edit;
use crate::todos::edits::EditChange;
use crate::todos::todo_list::Change;

/// For who is about to sign out: afterwards nobody could send it. What is offered to be taken back has been meant.
pub async fn send_all(user: &str) -> Result<(), Error> {
    let Some(actions) = Actions::here(user) else {
        return drain(user, &RefCell::new(Queue::open(user)), true, &|_, _| ()).await;
    };
    actions.leave();
    actions.drain(true).await
}

impl Actions {
    /// Shows what was done, and sends it.
    pub(super) fn done(&self) {
        self.show();
        self.send();
    }

    pub(super) fn show(&self) {
        self.change(Change::Queue(self.0.queue.borrow().ops().to_vec()));
    }

    pub fn send(&self) {
        if self.0.is_sending.replace(true) {
            return;
        }
        let this = self.clone();
        spawn_local(async move {
            let outcome = this.drain(false).await;
            this.0.is_sending.set(false);
            this.go_on(outcome.err());
        });
    }

    async fn drain(&self, hurry: bool) -> Result<(), Error> {
        let report = |batch: &[Op], answer| self.report(batch, answer);
        let outcome = drain(&self.0.user, &self.0.queue, hurry, &report).await;
        self.show();
        outcome
    }

    /// What could not be sent is sent later, and what is held back in its time.
    fn go_on(&self, error: Option<Error>) {
        let inner = &self.0;
        if error == Some(Error::SessionEnded) {
            self.page().session.dispatch(SessionChange::Marked(session_marker::read()));
            return;
        }
        let failures = if error.is_some() { inner.failures.get() + 1 } else { 0 };
        inner.failures.set(failures);
        let wait = match &error {
            Some(error) => Some(retry(failures, error.patience(), Math::random())),
            None => inner.queue.borrow().pause(),
        };
        self.page().stalled.set(error);
        let turn = inner.timers.get() + 1;
        inner.timers.set(turn);
        if let Some(wait) = wait {
            let this = self.clone();
            spawn_local(async move {
                pause(wait).await;
                if this.0.timers.get() == turn {
                    this.send();
                }
            });
        }
    }

    fn report(&self, batch: &[Op], answer: Result<Vec<Todo>, Error>) {
        let Some(op) = batch.first() else { return };
        match answer {
            Ok(todos) => self.settled(batch, op, todos),
            Err(Error::NotFound) => {
                let text = self.about(op, " is no longer there: it was deleted elsewhere.");
                self.page().tell.problem(op.todo.clone(), text);
                self.change(Change::Gone(op.todo.clone()));
            }
            Err(error) => self.refused(op, &error),
        }
        self.show();
    }

    fn settled(&self, batch: &[Op], op: &Op, mut todos: Vec<Todo>) {
        self.page().tell.settle(op.todo.clone());
        match op.deed {
            Deed::Add | Deed::Refused => {
                let said = match batch {
                    [one] => [&*one.text, " added."].concat(),
                    _ => [&*batch.len().to_string(), " tasks added."].concat(),
                };
                self.page().tell.say(said);
                let keys = batch.iter().map(|op| op.todo.clone());
                self.change(Change::Added(keys.zip(todos).collect()));
            }
            Deed::Delete => self.change(Change::Gone(op.todo.clone())),
            Deed::CompleteAll | Deed::ClearDone => self.change(Change::Settled(op.clone())),
            Deed::Tick | Deed::Untick | Deed::Rename => {
                if op.deed == Deed::Rename {
                    self.page().tell.say("Saved.");
                }
                if let Some(todo) = todos.pop() {
                    self.change(Change::Done(op.clone(), todo));
                }
            }
        }
    }

    /// Each row has its own problem, which stays until that row is in order or it is dismissed.
    fn refused(&self, op: &Op, error: &Error) {
        let how = match op.deed {
            Deed::Add | Deed::Refused => " wasn\u{2019}t saved. ",
            Deed::Delete | Deed::ClearDone => " wasn\u{2019}t deleted. ",
            _ => " wasn\u{2019}t changed. ",
        };
        let mut text = self.about(op, how);
        text.push_str(&error.to_string());
        self.page().tell.problem(op.todo.clone(), text);
        if op.deed == Deed::Rename {
            let (id, task) = (op.todo.to_string(), op.text.to_string());
            drafts::update(&self.0.user, |drafts| drafts.keep_edit(&id, task.clone()));
            self.page().edits.dispatch(EditChange::Reopen(Edit { id, task }));
        }
    }

    /// The todo by the name that it had.
    fn about(&self, op: &Op, what: &str) -> String {
        let page = self.page();
        let name = page.list.known(&op.todo).map_or(&op.text, |todo| &todo.task);
        let name = if name.is_empty() { &AttrValue::Static("The list") } else { name };
        ["\u{201c}", name, "\u{201d}", what].concat()
    }
}
