//! Recipe Multitenancy: the sign-in methods of the tenant `public`.

mod cdi;
pub(crate) mod fdi;
pub(crate) mod first_factors;
pub(crate) mod server;
