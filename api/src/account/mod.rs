//! What users see and change of their own account: session, sessions, password, deletion.

mod loader;
mod mutations;
mod own_session;
mod queries;
mod session;

pub use self::{loader::EmailLoader, mutations::AccountMutations, queries::AccountQueries};
