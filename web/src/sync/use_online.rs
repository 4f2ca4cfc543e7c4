//! Whether the network is there, as far as anybody has noticed.

use gloo_events::EventListener;
use yew::prelude::*;

/// True at first, whatever the browser believes: it counts a machine without a network as offline even for a
/// service on that machine. From then on its events say, and whoever gets an answer knows better.
#[hook]
pub fn use_online() -> UseStateHandle<bool> {
    let online = use_state_eq(|| true);
    let setter = online.setter();
    use_effect_with((), move |()| {
        let window = gloo_utils::window();
        let listeners = ["online", "offline"].map(|event| {
            let setter = setter.clone();
            EventListener::new(&window, event, move |event| {
                setter.set(event.type_() == "online");
            })
        });
        move || drop(listeners)
    });
    online
}
