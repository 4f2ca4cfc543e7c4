//! One at a time, in this tab and in all others of the browser.

use std::sync::LazyLock;

use futures_util::lock::{Mutex, MutexGuard};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::js_sys::{Array, Function, Object, Promise, Reflect};

/// One of the locks. The playground knows the first by its name, too.
pub struct Lock {
    name: &'static str,
    /// Serves alone where the browser has no Web Locks (pages on plain http that are not on loopback).
    here: LazyLock<Mutex<()>>,
}

/// Held by whoever is about to change the session's cookies.
pub static COOKIES: Lock = Lock::new("todos.cookies");

/// Held by the one tab that sends what was done to the list.
pub static QUEUE: Lock = Lock::new("todos.queue");

impl Lock {
    const fn new(name: &'static str) -> Self {
        Self { name, here: LazyLock::new(Mutex::default) }
    }
}

/// Lets go when dropped; the browser does so too when the tab dies.
pub struct Held {
    /// Whether somebody else had it when it was asked for.
    pub waited: bool,
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

pub async fn acquire(lock: &'static Lock) -> Held {
    let Lock { name, here } = lock;
    let at_once = here.try_lock();
    let mut waited = at_once.is_none();
    let here = match at_once {
        Some(here) => here,
        None => here.lock().await,
    };
    let mut asked = across_tabs(name, true).await;
    if matches!(asked, Asked::Taken) {
        waited = true;
        asked = across_tabs(name, false).await;
    }
    let release = match asked {
        Asked::Granted(release) => Some(release),
        Asked::Taken | Asked::Impossible => None,
    };
    Held { waited, _here: here, release }
}

enum Asked {
    /// With the function that gives it back.
    Granted(Function),
    /// Somebody else has it, and it was wanted at once or not at all.
    Taken,
    /// The browser knows no locks.
    Impossible,
}

async fn across_tabs(name: &str, at_once: bool) -> Asked {
    ask(name, at_once).await.unwrap_or(Asked::Impossible)
}

/// The Web Locks API by reflection, as `web-sys` still counts it as unstable. The browser keeps the lock until
/// the promise that the callback returns is settled: the function handed back settles it.
async fn ask(name: &str, at_once: bool) -> Result<Asked, JsValue> {
    let navigator = gloo_utils::window().navigator();
    let locks = Reflect::get(&navigator, &"locks".into())?;
    let request: Function = Reflect::get(&locks, &"request".into())?.dyn_into()?;
    let options = Object::new();
    Reflect::set(&options, &"ifAvailable".into(), &at_once.into())?;

    let mut release = None;
    let held = Promise::new(&mut |resolve, _| release = Some(resolve));
    let mut asked = JsValue::UNDEFINED;
    let answered = Promise::new(&mut |resolve, _| {
        let held = JsValue::from(held.clone());
        // The browser says null where the lock is taken.
        let callback = Closure::once_into_js(move |lock: JsValue| {
            let _ = resolve.call1(&JsValue::NULL, &lock);
            if lock.is_null() { JsValue::NULL } else { held }
        });
        asked = request
            .call3(&locks, &name.into(), &options, &callback)
            .unwrap_or_else(|refusal| Promise::reject(&refusal).into());
    });
    let lock = JsFuture::from(Promise::race(&Array::of2(&answered, &asked))).await?;
    Ok(match release {
        Some(release) if !lock.is_null() => Asked::Granted(release),
        _ => Asked::Taken,
    })
}
