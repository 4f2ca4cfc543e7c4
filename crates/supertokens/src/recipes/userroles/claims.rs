//! The roles and permissions of a user, for the claims of a session.

use crate::core::{Core, CoreError};

/// A user's roles, and what they permit together.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct UserRoles {
    pub names: Vec<String>,
    pub permissions: Vec<String>,
}

/// Asks the Core for the roles of a user and for what each permits, named once.
pub async fn fetch(core: &Core, user_id: &str) -> Result<UserRoles, CoreError> {
    let names = core.roles_of(user_id).await?;
    let mut permissions: Vec<String> = Vec::new();
    for role in &names {
        // A role that was deleted meanwhile permits nothing.
        for permission in core.role_permissions(role).await?.unwrap_or_default() {
            if !permissions.contains(&permission) {
                permissions.push(permission);
            }
        }
    }
    Ok(UserRoles { names, permissions })
}
