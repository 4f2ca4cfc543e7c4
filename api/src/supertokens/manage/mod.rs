//! What the server itself asks and does: users, sessions, roles and those who
//! administer them, without a request; and what users do with their own account.

mod account;
mod dashboard;
mod roles;
mod sessions;
mod users;

pub use self::{
    account::{Account, NewPassword, OwnSession, Proof, to_its_end},
    dashboard::{DashboardUsers, SetDashboardLogin},
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

    pub fn dashboard_users(&self) -> DashboardUsers<'_> {
        DashboardUsers::new(self.core())
    }
}
