//! Roles, what they permit, and who has them. A change reaches a user's token when they sign in
//! again, or when it is fetched because an operation asks for it.

use crate::{
    backend::SuperTokens,
    core::{Core, CoreError},
    recipes::userroles::claims as userroles,
    session::token_size,
};

/// Roles, from the server's side. Where a role is named that is not there, the answer is none.
#[derive(Clone, Copy)]
pub struct Roles<'a>(&'a Core);

impl SuperTokens {
    /// Roles, from the server's side.
    pub fn roles(&self) -> Roles<'_> {
        Roles::new(self.core())
    }
}

impl<'a> Roles<'a> {
    /// The roles at this Core.
    pub fn new(core: &'a Core) -> Self {
        Self(core)
    }

    /// The names of all roles.
    pub async fn all(self) -> Result<Vec<String>, CoreError> {
        self.0.roles().await
    }

    /// Makes the role if it is new, and adds the permissions. Answers whether it is new.
    pub async fn create(self, role: &str, permissions: &[&str]) -> Result<bool, CoreError> {
        self.0.create_role(role, permissions).await
    }

    /// Deletes the role, and takes it from its users. Answers whether it was there.
    pub async fn delete(self, role: &str) -> Result<bool, CoreError> {
        self.0.delete_role(role).await
    }

    /// The permissions of a role, or none if there is no such role.
    pub async fn permissions(self, role: &str) -> Result<Option<Vec<String>>, CoreError> {
        self.0.role_permissions(role).await
    }

    /// Takes permissions from a role, and ends the sessions of users who have it.
    pub async fn remove_permissions(
        self,
        role: &str,
        permissions: &[&str],
    ) -> Result<Option<()>, CoreError> {
        self.0.remove_permissions(role, permissions).await
    }

    /// The roles that permit this.
    pub async fn with_permission(self, permission: &str) -> Result<Vec<String>, CoreError> {
        self.0.roles_with_permission(permission).await
    }

    /// The ids of the users who have the role.
    pub async fn users(self, role: &str) -> Result<Option<Vec<String>>, CoreError> {
        self.0.role_users(role).await
    }

    /// The roles of a user.
    pub async fn of_user(self, user_id: &str) -> Result<Vec<String>, CoreError> {
        self.0.roles_of(user_id).await
    }

    /// Whether the roles of a user permit this now.
    pub async fn permit(self, user_id: &str, permission: &str) -> Result<bool, CoreError> {
        let roles = userroles::fetch(self.0, user_id).await?;
        Ok(roles.permissions.iter().any(|permitted| permitted == permission))
    }

    /// Gives a user the role. Answers whether they did not have it before. Logs a warning if their access tokens get
    /// large.
    pub async fn give(self, user_id: &str, role: &str) -> Result<Option<bool>, CoreError> {
        let is_new = self.0.give_role(user_id, role).await?;
        if is_new == Some(true)
            && let Some(warning) = self.size_warning(user_id).await?
        {
            tracing::warn!(user.id = user_id, role, "{warning}");
        }
        Ok(is_new)
    }

    /// What to do about the access tokens of a user, if their roles make them too large for browsers or almost so.
    pub async fn size_warning(self, user_id: &str) -> Result<Option<String>, CoreError> {
        Ok(token_size::warning(&userroles::fetch(self.0, user_id).await?))
    }

    /// Takes the role from a user. Answers whether they had it. Their sessions go on, and their
    /// tokens say so until they sign in again: see [`revoke`](Self::revoke).
    pub async fn take(self, user_id: &str, role: &str) -> Result<Option<bool>, CoreError> {
        self.0.take_role(user_id, role).await
    }

    /// As [`take`](Self::take), and ends the sessions of the user: also of one who did not have the
    /// role, so that it can be repeated after a failure half-way.
    pub async fn revoke(self, user_id: &str, role: &str) -> Result<Option<bool>, CoreError> {
        let had = self.take(user_id, role).await?;
        if had.is_some() {
            self.0.revoke_and_deny_all(user_id).await?;
        }
        Ok(had)
    }

    /// As [`delete`](Self::delete), and ends the sessions of who had the role. Answers their number.
    pub async fn abolish(self, role: &str) -> Result<Option<usize>, CoreError> {
        let Some(users) = self.users(role).await? else { return Ok(None) };
        // Before, too: once the role is gone, nobody knows who had it.
        self.end_sessions_of(&users).await?;
        self.delete(role).await?;
        self.end_sessions_of(&users).await
    }

    /// As [`remove_permissions`](Self::remove_permissions), and ends the sessions of who has the
    /// role. Answers their number.
    pub async fn restrict(
        self,
        role: &str,
        permissions: &[&str],
    ) -> Result<Option<usize>, CoreError> {
        let Some(users) = self.users(role).await? else { return Ok(None) };
        if self.remove_permissions(role, permissions).await?.is_none() {
            return Ok(None);
        }
        self.end_sessions_of(&users).await
    }

    async fn end_sessions_of(self, users: &[String]) -> Result<Option<usize>, CoreError> {
        for user in users {
            self.0.revoke_and_deny_all(user).await?;
        }
        Ok(Some(users.len()))
    }
}
