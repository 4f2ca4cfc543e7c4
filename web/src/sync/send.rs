//! Sends what was done, in order, one tab at a time.

use std::cell::RefCell;

use crate::browser::lock;
use crate::client::error::Error;
use crate::model::Todo;
use crate::sync::queue::{Deed, Op, Queue};
use crate::todos::todo_api;

/// Hears what came of each batch, after the queue has it.
pub type Report<'a> = &'a dyn Fn(&[Op], Result<Vec<Todo>, Error>);

/// Until nothing is left that may be sent, or something is in the way that passes. In a `hurry` nothing is held
/// back for second thoughts.
pub async fn drain(
    user: &str,
    queue: &RefCell<Queue>,
    hurry: bool,
    report: Report<'_>,
) -> Result<(), Error> {
    if queue.borrow().next(hurry).is_empty() {
        return Ok(());
    }
    let _held = lock::acquire(&lock::QUEUE).await;
    let mut is_doubtful = false;
    loop {
        let mut batch = queue.borrow().next(hurry);
        if is_doubtful {
            batch.truncate(1);
        }
        if batch.is_empty() {
            return Ok(());
        }
        match todo_api::send(user, &batch).await {
            Err(error) if error.passes() => return Err(error),
            // One of them is refused, and all with it: each alone from here on.
            Err(_) if batch.len() > 1 => is_doubtful = true,
            answer => {
                settle(&mut queue.borrow_mut(), &batch, answer.as_deref().ok());
                report(&batch, answer);
            }
        }
    }
}

fn settle(queue: &mut Queue, batch: &[Op], answer: Option<&[Todo]>) {
    for (at, op) in batch.iter().enumerate() {
        match answer {
            Some(todos) => queue.settle(op, todos.get(at)),
            None if op.deed == Deed::Add => queue.refuse(op),
            None => queue.remove(&op.id),
        }
    }
    let is_new = batch.iter().all(|op| op.deed == Deed::Add);
    if let Some(todos) = answer.filter(|_| is_new) {
        queue.know(batch, todos);
    }
}
