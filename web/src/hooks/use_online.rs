//! Whether the browser believes in its network.

use gloo_events::EventListener;
use yew::prelude::*;

#[hook]
pub fn use_online() -> bool {
    let online = use_state_eq(|| gloo_utils::window().navigator().on_line());
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
    *online
}
