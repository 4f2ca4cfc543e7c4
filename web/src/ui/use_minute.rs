//! The time, to the minute.

use std::cell::Cell;
use std::rc::Rc;

use yew::platform::spawn_local;
use yew::prelude::*;

use crate::browser::sleep::{now, pause};

const MINUTE_MS: u32 = 60_000;

/// Milliseconds since 1970, at the last render that something else or a minute that has passed asked for.
#[hook]
pub fn use_minute() -> u64 {
    let minute = use_state(now);
    let setter = minute.setter();
    use_effect_with((), move |()| {
        let is_here = Rc::new(Cell::new(true));
        let ticking = is_here.clone();
        spawn_local(async move {
            loop {
                pause(MINUTE_MS).await;
                if !ticking.get() {
                    return;
                }
                setter.set(now());
            }
        });
        move || is_here.set(false)
    });
    *minute
}
