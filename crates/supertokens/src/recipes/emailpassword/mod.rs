//! Recipe EmailPassword: sign-up, sign-in and password reset.

pub(crate) mod cdi;
pub(crate) mod fdi;
pub(crate) mod password_reset;

pub use self::cdi::{SignIn, SignUp};
