//! The ways in by an account elsewhere: a button for each that the server is configured with.

use yew::platform::spawn_local;
use yew::prelude::*;

use crate::auth::fdi::Provider;
use crate::auth::provider;
use crate::ui::callout::alert;

#[component]
pub fn Providers() -> Html {
    let providers = use_state(Vec::<Provider>::new);
    let trouble = use_state_eq(|| None::<AttrValue>);
    let leaving = use_state_eq(|| false);
    {
        let providers = providers.setter();
        use_effect_with((), move |()| {
            spawn_local(async move { providers.set(provider::all().await) });
        });
    }
    if providers.is_empty() {
        return Html::default();
    }
    let button = |provider: &Provider| {
        let (trouble, leaving, provider) = (trouble.setter(), leaving.clone(), provider.clone());
        let label = format!("Continue with {}", provider.name);
        let busy = leaving.then_some("true");
        let onclick = Callback::from(move |_| {
            if !*leaving {
                leaving.set(true);
                go(provider.clone(), trouble.clone(), leaving.setter());
            }
        });
        html! {
            <button type="button" class="button wide" aria-disabled={busy} {onclick}>
                { label }
            </button>
        }
    };
    html! {
        <div class="stack providers">
            <p class="or">{ "or" }</p>
            { alert((*trouble).as_ref()) }
            { for providers.iter().map(button) }
        </div>
    }
}

/// Leaves for the provider; stays, and says why, where that is not possible.
fn go(
    provider: Provider,
    trouble: UseStateSetter<Option<AttrValue>>,
    leaving: UseStateSetter<bool>,
) {
    trouble.set(None);
    spawn_local(async move {
        if let Err(error) = provider::leave(&provider).await {
            trouble.set(Some(error.to_string().into()));
            leaving.set(false);
        }
    });
}
