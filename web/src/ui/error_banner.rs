//! Why the list could not be asked for, and the way to ask again. Whatever is shown already stays.

use yew::prelude::*;

use crate::client::error::Error;
use crate::ui::icon::{Sign, icon};

#[derive(Properties, PartialEq)]
pub struct Props {
    pub error: Option<Error>,
    pub online: bool,
    /// Whether there is a list to look at meanwhile.
    pub loaded: bool,
    pub busy: bool,
    pub retry: Callback<()>,
}

#[component]
pub fn ErrorBanner(props: &Props) -> Html {
    let text = match (&props.error, props.online, props.loaded) {
        (_, false, true) => {
            "You\u{2019}re offline. Your list stays here; what you change is sent as soon as you\u{2019}re back.".to_owned()
        }
        (_, false, false) => "You\u{2019}re offline. Your tasks will show as soon as you\u{2019}re back.".to_owned(),
        (Some(error), true, _) => error.to_string(),
        (None, true, _) => String::new(),
    };
    let lost = !props.online || props.error == Some(Error::Offline);
    let onclick = props.retry.reform(|_| ());
    html! {
        <div role="status">
            if !text.is_empty() {
                <div class="callout trouble">
                    { icon(if lost { Sign::Unplugged } else { Sign::Alert }) }
                    <p>{ text }</p>
                    <button type="button" class="button small" aria-disabled={props.busy.then_some("true")} {onclick}>
                        { if props.busy { "Trying\u{2026}" } else { "Try again" } }
                    </button>
                </div>
            }
        </div>
    }
}
