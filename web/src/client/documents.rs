//! The operations by the hashes that the service knows them by.

// The macro `document_id`, made from `queries/manifest.json`.
include!(concat!(env!("OUT_DIR"), "/document_id.rs"));

/// The name and the id of an operation: the page has no text to send.
pub type Id = (&'static str, &'static str);

macro_rules! document {
    ($operation:ident) => {
        (stringify!($operation), $crate::client::documents::document_id!($operation))
    };
}

/// Gives each of these operations its name and id.
macro_rules! documents {
    ($($operation:ident),+) => {$(
        impl $crate::client::graphql::Document for $operation {
            const ID: $crate::client::documents::Id =
                $crate::client::documents::document!($operation);
        }
    )+};
}

pub(crate) use {document, document_id, documents};
