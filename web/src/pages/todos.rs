//! The list of who is signed in.

use yew::prelude::*;

use crate::components::counter::counter;
use crate::components::empty_state::empty_state;
use crate::components::go::Go;
use crate::components::header::Header;
use crate::components::new_todo::NewTodo;
use crate::components::show_more::ShowMore;
use crate::components::skeleton::skeleton;
use crate::components::todo_list::TodoLists;
use crate::components::trouble::Trouble;
use crate::hooks::actions::{Actions, use_actions};
use crate::hooks::use_editing::use_editing;
use crate::hooks::use_page::use_page;
use crate::hooks::use_todos::{Load, use_todos};
use crate::model::User;
use crate::routes::Route;
use crate::services::error::Error;

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
    let actions = use_actions(&user.id, &todos.list, edits);

    if todos.trouble == Some(Error::Unverified) {
        return html! { <Go to={Route::VerifyEmail} /> };
    }
    let list = &todos.list;
    let onadd = {
        let actions = actions.clone();
        Callback::from(move |task| Actions::add(&actions, task))
    };
    let retry = todos.load.reform(|()| Load::First);
    let more = todos.load.reform(|()| Load::More);
    html! {
        <div class="page-todos">
            <Header user={user.clone()} />
            <main class="column">
                <div class="heading">
                    <h1 id="title" tabindex="-1">{ "Your tasks" }</h1>
                    { counter(list) }
                </div>
                <NewTodo user_id={user.id.clone()} {onadd} />
                <Trouble
                    error={todos.trouble.clone()}
                    online={*todos.online}
                    loaded={list.loaded}
                    busy={todos.loading.is_some()}
                    {retry}
                />
                if !list.items.is_empty() {
                    <TodoLists list={list.clone()} {actions} {editing} />
                } else if list.loaded {
                    { empty_state() }
                } else if todos.loading.is_some() {
                    { skeleton() }
                }
                <ShowMore list={list.clone()} busy={todos.loading == Some(Load::More)} onmore={more} />
            </main>
        </div>
    }
}
