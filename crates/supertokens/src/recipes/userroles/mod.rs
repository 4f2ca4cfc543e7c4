//! Recipe UserRoles: roles, their permissions, and the claims that carry them. It has no routes.

mod cdi;
pub(crate) mod claims;
pub(crate) mod server;

pub use self::server::Roles;
