//! The regions that screen readers listen to, and the one place where problems are shown.

use yew::prelude::*;

use super::icon::{Icon, Sign};
use crate::hooks::use_messages::Tell;
use crate::state::messages::Messages;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub children: Html,
}

#[component]
pub fn MessageCenter(props: &Props) -> Html {
    let messages = use_reducer(Messages::default);
    let tell = Tell(messages.dispatcher());
    let dismiss = {
        let tell = tell.clone();
        Callback::from(move |_| tell.dismiss())
    };
    html! {
        <ContextProvider<Tell> context={tell}>
            { props.children.clone() }
            <div class="unseen" aria-live="polite">
                <p key={messages.count}>{ messages.said.clone() }</p>
            </div>
            <div class="toasts" role="alert">
                if let Some(problem) = &messages.problem {
                    <div class="toast">
                        <Icon sign={Sign::Alert} />
                        <p>{ problem.clone() }</p>
                        <button type="button" class="icon-button" aria-label="Dismiss" onclick={dismiss}>
                            <Icon sign={Sign::Cross} />
                        </button>
                    </div>
                }
            </div>
        </ContextProvider<Tell>>
    }
}
