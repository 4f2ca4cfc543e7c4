//! The list of who is signed in.

use yew::prelude::*;

use crate::client::error::Error;
use crate::model::User;
use crate::routes::Route;
use crate::todos::actions::use_actions;
use crate::todos::counter::counter;
use crate::todos::empty_state::{empty_state, no_match};
use crate::todos::filter::{Filter, Show};
use crate::todos::header::Header;
use crate::todos::list_view::TodoLists;
use crate::todos::new_todo::NewTodo;
use crate::todos::show_more::ShowMore;
use crate::todos::todo_list::{Change, Load};
use crate::todos::toolbar::toolbar;
use crate::todos::use_editing::use_editing;
use crate::todos::use_todos::use_todos;
use crate::ui::error_banner::ErrorBanner;
use crate::ui::redirect::Redirect;
use crate::ui::skeleton::skeleton;
use crate::ui::use_page::use_page;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub user: User,
}

#[component]
pub fn TodosPage(props: &Props) -> Html {
    let user = &props.user;
    use_page("Your tasks", "new-task");
    let todos = use_todos(user);
    let (editing, edits) = use_editing(&user.id);
    let (actions, stalled) = use_actions(&user.id, &todos, edits);
    let is_stalled = !*todos.online || stalled.is_some();
    let error = stalled.or(todos.trouble);
    if error == Some(Error::Unverified) {
        return html! { <Redirect to={Route::VerifyEmail} /> };
    }
    let list = &todos.list;
    let onadd = {
        let (actions, list) = (actions.clone(), list.clone());
        Callback::from(move |tasks: Vec<AttrValue>| {
            // Whoever adds wants to see what was added.
            if list.filter.show == Show::Done || !list.filter.search.is_empty() {
                list.dispatch(Change::Filter(Filter::default()));
            }
            actions.add(&tasks);
        })
    };
    let retry = {
        let (actions, list) = (actions.clone(), list.dispatcher());
        Callback::from(move |()| {
            list.dispatch(Change::Missed);
            actions.send();
        })
    };
    let onend = {
        let list = list.clone();
        let may = list.next.is_some() && list.loading.is_none() && error.is_none();
        Callback::from(move |()| {
            if may {
                list.dispatch(Change::More);
            }
        })
    };
    let more = {
        let list = list.dispatcher();
        Callback::from(move |()| list.dispatch(Change::More))
    };
    html! {
        <div class="page-todos">
            <Header user={user.clone()} />
            <main class="column">
                <div class="heading">
                    <h1 id="title" tabindex="-1">{ "Your tasks" }</h1>
                    { counter(list) }
                </div>
                <NewTodo user_id={user.id.clone()} {onadd} />
                <ErrorBanner
                    {error}
                    online={*todos.online}
                    loaded={list.loaded}
                    busy={list.loading.is_some()}
                    {retry}
                />
                { toolbar(list, &actions) }
                if !list.items.is_empty() {
                    <TodoLists list={list.clone()} {actions} {editing} stalled={is_stalled} {onend} />
                } else if list.loaded {
                    if list.filter.is_all() { { empty_state() } } else { { no_match(&list.filter) } }
                }
                // Also below what is known or not sent yet: it is not all.
                if !list.loaded && list.loading.is_some() {
                    { skeleton() }
                }
                <ShowMore list={list.clone()} busy={list.loading == Some(Load::More)} onmore={more} />
            </main>
        </div>
    }
}
