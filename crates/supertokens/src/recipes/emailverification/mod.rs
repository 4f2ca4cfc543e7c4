//! Recipe EmailVerification: proof that an email address belongs to the user.

pub(crate) mod cdi;
pub(crate) mod fdi;
pub(crate) mod mode;

pub use self::{cdi::TokenOwner, mode::EmailVerificationMode};
