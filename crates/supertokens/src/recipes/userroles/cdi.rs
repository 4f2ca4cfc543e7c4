//! Roles, their permissions, and who has them. Where a role is asked for that is not there, the
//! answer is none.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::core::{Core, CoreError, TENANT};

const USER_ROLES: &str = "userroles";

#[derive(Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
enum OfRole<T> {
    Ok(T),
    UnknownRoleError,
}

impl<T> OfRole<T> {
    fn known(self) -> Option<T> {
        match self {
            Self::Ok(found) => Some(found),
            Self::UnknownRoleError => None,
        }
    }
}

#[derive(Deserialize)]
struct Roles {
    roles: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    created_new_role: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Removed {
    did_role_exist: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Given {
    did_user_already_have_role: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Taken {
    did_user_have_role: bool,
}

#[derive(Deserialize)]
struct Permissions {
    permissions: Vec<String>,
}

#[derive(Deserialize)]
struct Holders {
    users: Vec<String>,
}

/// The rest of an answer of which only the status tells something.
#[derive(Deserialize)]
struct Nothing {}

impl Core {
    /// `GET /recipe/roles`
    pub async fn roles(&self) -> Result<Vec<String>, CoreError> {
        let found: Roles = self.get("recipe/roles", Some(USER_ROLES), &[]).await?;
        Ok(found.roles)
    }

    /// `GET /recipe/user/roles`
    pub async fn roles_of(&self, user_id: &str) -> Result<Vec<String>, CoreError> {
        let path = format!("{TENANT}/recipe/user/roles");
        let found: Roles = self.get(&path, Some(USER_ROLES), &[("userId", user_id)]).await?;
        Ok(found.roles)
    }

    /// `PUT /recipe/role`: makes the role if it is new, and adds the permissions; answers whether
    /// it is new.
    pub async fn create_role(&self, role: &str, permissions: &[&str]) -> Result<bool, CoreError> {
        let body = json!({"role": role, "permissions": permissions});
        let made: Created = self.put("recipe/role", USER_ROLES, body).await?;
        Ok(made.created_new_role)
    }

    /// `POST /recipe/role/remove`: takes it from its users, too; answers whether it was there.
    pub async fn delete_role(&self, role: &str) -> Result<bool, CoreError> {
        let body = json!({"role": role});
        let removed: Removed = self.post("recipe/role/remove", USER_ROLES, body).await?;
        Ok(removed.did_role_exist)
    }

    /// `GET /recipe/role/permissions`
    pub async fn role_permissions(&self, role: &str) -> Result<Option<Vec<String>>, CoreError> {
        let found: Option<Permissions> = self.of_role("recipe/role/permissions", role).await?;
        Ok(found.map(|found| found.permissions))
    }

    /// `GET /recipe/role/users`
    pub async fn role_users(&self, role: &str) -> Result<Option<Vec<String>>, CoreError> {
        let path = format!("{TENANT}/recipe/role/users");
        let found: Option<Holders> = self.of_role(&path, role).await?;
        Ok(found.map(|found| found.users))
    }

    /// `GET /recipe/permission/roles`
    pub async fn roles_with_permission(&self, permission: &str) -> Result<Vec<String>, CoreError> {
        let query = [("permission", permission)];
        let found: Roles = self.get("recipe/permission/roles", Some(USER_ROLES), &query).await?;
        Ok(found.roles)
    }

    /// `POST /recipe/role/permissions/remove`
    pub async fn remove_permissions(
        &self,
        role: &str,
        permissions: &[&str],
    ) -> Result<Option<()>, CoreError> {
        let body = json!({"role": role, "permissions": permissions});
        let path = "recipe/role/permissions/remove";
        let removed: OfRole<Nothing> = self.post(path, USER_ROLES, body).await?;
        Ok(removed.known().map(|Nothing {}| ()))
    }

    /// `PUT /recipe/user/role`; answers whether the user did not have the role before.
    pub async fn give_role(&self, user_id: &str, role: &str) -> Result<Option<bool>, CoreError> {
        let path = format!("{TENANT}/recipe/user/role");
        let given: OfRole<Given> = self.put(&path, USER_ROLES, of_user(user_id, role)).await?;
        Ok(given.known().map(|given| !given.did_user_already_have_role))
    }

    /// `POST /recipe/user/role/remove`; answers whether the user had the role.
    pub async fn take_role(&self, user_id: &str, role: &str) -> Result<Option<bool>, CoreError> {
        let path = format!("{TENANT}/recipe/user/role/remove");
        let taken: OfRole<Taken> = self.post(&path, USER_ROLES, of_user(user_id, role)).await?;
        Ok(taken.known().map(|taken| taken.did_user_have_role))
    }

    async fn of_role<T: DeserializeOwned>(
        &self,
        path: &str,
        role: &str,
    ) -> Result<Option<T>, CoreError> {
        let found: OfRole<T> = self.get(path, Some(USER_ROLES), &[("role", role)]).await?;
        Ok(found.known())
    }
}

fn of_user(user_id: &str, role: &str) -> Value {
    json!({"userId": user_id, "role": role})
}
