//! Texts that were parsed and found to be within the limits, so that the same text is not parsed again
//! with each request: clients send few different ones.

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::parser::types::ExecutableDocument;
use hashlink::LruCache;

/// A document is some ten times as large as its text, and a text has 8 KiB at most.
const CAPACITY: usize = 128;

pub struct KnownTexts(Mutex<LruCache<Arc<str>, ExecutableDocument>>);

impl Default for KnownTexts {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(CAPACITY)))
    }
}

impl KnownTexts {
    pub fn get(&self, text: &str) -> Option<ExecutableDocument> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(text).cloned()
    }

    pub fn remember(&self, text: Arc<str>, document: &ExecutableDocument) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(text, document.clone());
    }
}
