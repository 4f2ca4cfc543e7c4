//! What the handlers share; cheap to clone.

use crate::{graphql::Schema, rls::Rls, supertokens::SuperTokens};

#[derive(Clone)]
pub struct AppState {
    pub schema: Schema,
    pub supertokens: SuperTokens,
    pub rls: Rls,
}
