//! What the server itself asks and does: users, sessions and roles, without a request.

mod roles;
mod sessions;
mod users;

pub use self::{
    roles::Roles,
    sessions::Sessions,
    users::{ChangeEmail, ChangePassword, Users},
};
use super::SuperTokens;

impl SuperTokens {
    pub fn users(&self) -> Users<'_> {
        Users::new(self.core())
    }

    pub fn sessions(&self) -> Sessions<'_> {
        Sessions::new(self.core())
    }

    pub fn roles(&self) -> Roles<'_> {
        Roles::new(self.core())
    }
}
