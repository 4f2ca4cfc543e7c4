//! The regions that screen readers listen to, and the one place where problems are shown, one a row.

use yew::prelude::*;

use super::icon::{Sign, icon};
use crate::hooks::use_messages::Tell;
use crate::state::messages::{Messages, Problem};

#[derive(Properties, PartialEq)]
pub struct Props {
    pub children: Html,
}

#[component]
pub fn MessageCenter(props: &Props) -> Html {
    let messages = use_reducer(Messages::default);
    let tell = Tell(messages.dispatcher());
    let toast = |problem: &Problem| {
        let (tell, about) = (tell.clone(), problem.about.clone());
        let onclick = Callback::from(move |_| tell.settle(about.clone()));
        let undo = problem.undo.as_ref().map(|undo| undo.reform(|_: MouseEvent| ()));
        html! {
            <div class="toast" key={problem.about.to_string()}>
                if undo.is_none() { { icon(Sign::Alert) } }
                <p>{ problem.text.clone() }</p>
                if let Some(onclick) = undo {
                    <button type="button" class="button small" {onclick}>{ "Undo" }</button>
                }
                <button type="button" class="icon-button" aria-label="Dismiss" {onclick}>
                    { icon(Sign::Cross) }
                </button>
            </div>
        }
    };
    let toasts: Html = messages.problems.iter().map(toast).collect();
    html! {
        <ContextProvider<Tell> context={tell}>
            { props.children.clone() }
            <div class="unseen" aria-live="polite">
                <p key={messages.count}>{ messages.said.clone() }</p>
            </div>
            // Only what is new is read out.
            <div class="toasts" role="alert" aria-atomic="false">{ toasts }</div>
        </ContextProvider<Tell>>
    }
}
