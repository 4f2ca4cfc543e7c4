//! What a card has to say beside its text. The regions are there from the start, so that screen readers hear
//! what comes into them.

use yew::prelude::*;

use crate::ui::icon::{Sign, icon};

/// Something is wrong.
pub fn alert(text: Option<&AttrValue>) -> Html {
    html! {
        <div role="alert">
            if let Some(text) = text {
                <p class="callout danger">{ icon(Sign::Alert) }<span>{ text.clone() }</span></p>
            }
        </div>
    }
}

/// Something is well, or good to know.
pub fn note(text: Option<&AttrValue>) -> Html {
    html! {
        <div role="status">
            if let Some(text) = text { <p class="callout">{ text.clone() }</p> }
        </div>
    }
}
