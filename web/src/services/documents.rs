//! The operations by the hashes that the service knows them by.

// The macro `document_id`, made from `queries/manifest.json`.
include!(concat!(env!("OUT_DIR"), "/document_id.rs"));

/// Gives each of these operations its name and id.
macro_rules! documents {
    ($($operation:ident),+) => {$(
        impl $crate::services::graphql::Document for $operation {
            const NAME: &'static str = stringify!($operation);
            const ID: &'static str = $crate::services::documents::document_id!($operation);
        }
    )+};
}

pub(crate) use {document_id, documents};
