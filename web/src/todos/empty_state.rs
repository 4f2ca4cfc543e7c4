//! A list with nothing on it, which is a good thing to have.

use yew::prelude::*;

use crate::todos::filter::{Filter, Show};

pub fn empty_state() -> Html {
    html! {
        <div class="empty">
            <svg class="empty-art" viewBox="0 0 120 88" aria-hidden="true">
                <rect class="sheet" x="18" y="8" width="84" height="72" rx="12" />
                <circle class="ring" cx="38" cy="30" r="6" />
                <path class="line" d="M52 30h34" />
                <circle class="ring" cx="38" cy="50" r="6" />
                <path class="line" d="M52 50h22" />
                <circle class="dot" cx="94" cy="68" r="15" />
                <path class="tick-line" d="M87.5 68.5l4.5 4.5 8.5-10" />
            </svg>
            <h2>{ "Nothing to do yet" }</h2>
            <p>{ "Write down the first thing on your mind and press Enter." }</p>
        </div>
    }
}

/// The same of a part of the list.
pub fn no_match(filter: &Filter) -> Html {
    let text = match filter.show {
        _ if !filter.search.is_empty() => "Nothing here has these words.",
        Show::Done => "Nothing is done yet.",
        _ => "All done. Enjoy the quiet.",
    };
    html! { <p class="all-done" role="status">{ text }</p> }
}
