//! One at a time, in this tab and in all others of the browser.

use std::sync::LazyLock;

use futures_util::lock::{Mutex, MutexGuard};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::js_sys::{Array, Function, Promise, Reflect};

/// Serves alone where the browser has no Web Locks (pages on plain http that are not on loopback).
static HERE: LazyLock<Mutex<()>> = LazyLock::new(Mutex::default);

/// Lets go when dropped; the browser does so too when the tab dies.
pub struct Held {
    _here: MutexGuard<'static, ()>,
    release: Option<Function>,
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(release) = &self.release {
            let _ = release.call0(&JsValue::NULL);
        }
    }
}

pub async fn acquire(name: &str) -> Held {
    let here = HERE.lock().await;
    Held { _here: here, release: across_tabs(name).await }
}

/// The Web Locks API by reflection, as `web-sys` still counts it as unstable. The browser keeps the lock until
/// the promise that the callback returns is settled: the function handed back settles it.
async fn across_tabs(name: &str) -> Option<Function> {
    let navigator = gloo_utils::window().navigator();
    let locks = Reflect::get(&navigator, &"locks".into()).ok()?;
    let request: Function = Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;

    let mut release = None;
    let held = Promise::new(&mut |resolve, _| release = Some(resolve));
    let mut asked = JsValue::UNDEFINED;
    let granted = Promise::new(&mut |resolve, _| {
        let held = JsValue::from(held.clone());
        let callback = Closure::once_into_js(move |_lock: JsValue| {
            let _ = resolve.call0(&JsValue::NULL);
            held
        });
        asked = request
            .call2(&locks, &name.into(), &callback)
            .unwrap_or_else(|refusal| Promise::reject(&refusal).into());
    });
    let either = Promise::race(&Array::of2(&granted, &asked));
    JsFuture::from(either).await.ok()?;
    release
}
