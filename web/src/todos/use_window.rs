//! Draws a long list where the eye is, and tells when its end comes near.

use std::ops::Range;

use web_sys::js_sys::Function;
use web_sys::wasm_bindgen::JsCast;
use web_sys::wasm_bindgen::closure::Closure;
use web_sys::{Element, IntersectionObserver, IntersectionObserverInit, NodeList};
use yew::prelude::*;

use crate::todos::todo_list::TodoList;
use crate::ui::window::{Heights, at_first, drawn};

/// How much is drawn beyond what is seen, and how much of it may be left when more is drawn.
const AHEAD: i32 = 1_200;
const LEFT: &str = "600px 0px";

#[derive(Clone, PartialEq)]
struct Near {
    /// In pixels from the top of the list, not in rows: with a new row above, the last one is as near as before.
    span: Range<i32>,
    /// The key of the row that stays.
    stays: Option<AttrValue>,
}

pub struct Window {
    /// Of the element whose children are the rows and the gaps.
    pub node: NodeRef,
    /// Each with the height of the gap before it.
    pub drawn: Vec<(i32, Range<usize>)>,
    pub last_gap: i32,
    /// Keeps the row of this key.
    pub stay: Callback<AttrValue>,
}

#[hook]
pub fn use_window(list: &UseReducerHandle<TodoList>, onend: Callback<()>) -> Window {
    let node = use_node_ref();
    let near = use_state_eq(|| Near { span: at_first(), stays: None });
    let heights = use_mut_ref(Heights::default);
    let count = list.items.len();
    heights.borrow_mut().resize(count);
    let place = |key: &AttrValue| list.items.iter().position(|item| item.key == *key);
    let rows = heights.borrow().between(&near.span);
    let ranges = drawn(&rows, near.stays.as_ref().and_then(place), count);

    let mut before = 0;
    let mut parts = Vec::new();
    for range in &ranges {
        parts.push((heights.borrow().of(before..range.start), range.clone()));
        before = range.end;
    }
    let last_gap = heights.borrow().of(before..count);
    let stay = {
        let near = near.clone();
        Callback::from(move |key| near.set(Near { span: near.span.clone(), stays: Some(key) }))
    };
    {
        let (node, list) = (node.clone(), list.clone());
        // Anew with each drawing: a gap that is near still is told of again.
        use_effect(move || {
            let observed = node.cast::<Element>().and_then(|element| {
                let root = element.clone();
                let look = move || {
                    let shown = ranges.iter().cloned().flatten();
                    let (span, focused) = measure(&root, shown, &mut heights.borrow_mut());
                    let seen = heights.borrow().between(&span);
                    if seen.end == list.items.len() {
                        onend.emit(());
                    }
                    let stays = focused.and_then(|row| list.items.get(row));
                    let stays = stays.map(|item| item.key.clone());
                    if seen != rows || stays != near.stays {
                        near.set(Near { span, stays });
                    }
                };
                observe(&element, look)
            });
            move || {
                if let Some((observer, _)) = &observed {
                    observer.disconnect();
                    // What it was about to tell would find nobody.
                    observer.take_records();
                }
            }
        });
    }
    Window { node, drawn: parts, last_gap, stay }
}

type Observed = (IntersectionObserver, Closure<dyn FnMut()>);

fn observe(element: &Element, look: impl FnMut() + 'static) -> Option<Observed> {
    let look = Closure::<dyn FnMut()>::new(look);
    let options = IntersectionObserverInit::new();
    options.set_root_margin(LEFT);
    let callback: &Function = look.as_ref().unchecked_ref();
    let observer = IntersectionObserver::new_with_options(callback, &options).ok()?;
    elements(element.query_selector_all(".gap").ok()).for_each(|gap| observer.observe(&gap));
    Some((observer, look))
}

/// What is near, and the row that has the focus.
fn measure(
    list: &Element,
    rows: impl Iterator<Item = usize>,
    heights: &mut Heights,
) -> (Range<i32>, Option<usize>) {
    let focused = gloo_utils::document().active_element();
    let mut with_focus = None;
    for (row, element) in rows.zip(elements(list.query_selector_all(".todo").ok())) {
        // A pixel lies between two rows.
        heights.measure(row, pixels(element.get_bounding_client_rect().height()) + 1);
        if element.contains(focused.as_deref()) {
            with_focus = Some(row);
        }
    }
    let top = -pixels(list.get_bounding_client_rect().top());
    let seen = gloo_utils::window().inner_height().ok().and_then(|height| height.as_f64());
    let bottom = top + pixels(seen.unwrap_or_default());
    (top - AHEAD..bottom + AHEAD, with_focus)
}

fn elements(nodes: Option<NodeList>) -> impl Iterator<Item = Element> {
    let count = nodes.as_ref().map_or(0, NodeList::length);
    (0..count).filter_map(move |at| nodes.as_ref()?.get(at)?.dyn_into().ok())
}

#[expect(clippy::cast_possible_truncation, reason = "no screen is as exact as that")]
fn pixels(exact: f64) -> i32 {
    exact as i32
}
