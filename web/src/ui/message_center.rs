//! The regions that screen readers listen to, and the one place where problems are shown, one a row.

use yew::prelude::*;

use crate::ui::icon::{Sign, icon};
use crate::ui::messages::{Messages, Problem};
use crate::ui::use_messages::Tell;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub children: Html,
}

#[component]
pub fn MessageCenter(props: &Props) -> Html {
    let messages = use_reducer(Messages::default);
    let tell = Tell(messages.dispatcher());
    let toast = |problem: &Problem| {
        let end = |undoes: bool| {
            let (tell, problem) = (tell.clone(), problem.clone());
            Callback::from(move |_: MouseEvent| {
                tell.settle(problem.about.clone());
                if let Some(undo) = &problem.undo {
                    undo.emit(undoes);
                }
            })
        };
        let is_offer = problem.undo.is_some();
        html! {
            <div class="toast" key={problem.about.to_string()}>
                if !is_offer { { icon(Sign::Alert) } }
                <p>{ problem.text.clone() }</p>
                if is_offer {
                    <button type="button" class="button small" onclick={end(true)}>{ "Undo" }</button>
                }
                <button type="button" class="icon-button" aria-label="Dismiss" onclick={end(false)}>
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
