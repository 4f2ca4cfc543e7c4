//! `api roles`: which roles there are, what they permit, and who has them.

use anyhow::{Result, bail};
use clap::Subcommand;
use supertokens::{
    core::Core,
    recipes::userroles::Roles,
    users::{LoginMethod, User, Users},
};

#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Shows the roles and what they permit, or those of one user.
    List {
        /// An email or a user's id.
        user: Option<String>,
    },
    /// Makes a role, or adds permissions to it.
    Add {
        role: String,
        /// Such as `todos:read-any`.
        permissions: Vec<String>,
    },
    /// Takes permissions from a role; without any, removes the role.
    Remove { role: String, permissions: Vec<String> },
    /// Gives a user a role, from their next sign-in on.
    Grant {
        role: String,
        /// An email or a user's id.
        user: String,
    },
    /// Takes a role from a user, and ends their sessions.
    Revoke {
        role: String,
        /// An email or a user's id.
        user: String,
    },
}

/// Answers what to print.
pub async fn run(command: Command, core: &Core) -> Result<String> {
    let roles = Roles::new(core);
    match command {
        Command::List { user: None } => list(roles).await,
        Command::List { user: Some(user) } => {
            let user = find(core, &user).await?;
            Ok(format!("{}: {}", shown(&user), listed(&roles.of_user(&user.id).await?)))
        }
        Command::Add { role, permissions } => add(roles, &role, &permissions).await,
        Command::Remove { role, permissions } => remove(roles, &role, &permissions).await,
        Command::Grant { role, user } => {
            let user = sure(find(core, &user).await?, &user)?;
            let text = match roles.give(&user.id, &role).await? {
                None => return unknown(&role),
                Some(true) => format!("{} has {role} from the next sign-in on", shown(&user)),
                Some(false) => format!("{} has {role} already", shown(&user)),
            };
            let warning = roles.size_warning(&user.id).await?;
            Ok(warning
                .map_or_else(|| text.clone(), |warning| format!("{text}\nwarning: {warning}")))
        }
        Command::Revoke { role, user } => {
            let user = find(core, &user).await?;
            Ok(match roles.revoke(&user.id, &role).await? {
                None => return unknown(&role),
                Some(false) => {
                    format!(
                        "{} did not have {role}; their sessions are ended all the same",
                        shown(&user)
                    )
                }
                Some(true) => {
                    format!("{} no longer has {role}, and has to sign in again", shown(&user))
                }
            })
        }
    }
}

async fn list(roles: Roles<'_>) -> Result<String> {
    let mut lines = Vec::new();
    let mut all = roles.all().await?;
    all.sort();
    let width = all.iter().map(|role| role.chars().count()).max().unwrap_or(0);
    for role in all {
        // None: it was removed meanwhile.
        if let Some(permissions) = roles.permissions(&role).await? {
            lines.push(format!("{role:width$}  {}", listed(&permissions)));
        }
    }
    if lines.is_empty() {
        return Ok("there are no roles: make one by `api roles add ROLE PERMISSION`".into());
    }
    Ok(lines.join("\n"))
}

async fn add(roles: Roles<'_>, role: &str, permissions: &[String]) -> Result<String> {
    let names: Vec<&str> = permissions.iter().map(String::as_str).collect();
    if role.trim().is_empty() || names.iter().any(|name| name.trim().is_empty()) {
        bail!("a role and a permission need a name");
    }
    let is_new = roles.create(role, &names).await?;
    let permitted = listed(&roles.permissions(role).await?.unwrap_or_default());
    Ok(format!("{role} {}: {permitted}", if is_new { "is made" } else { "was there" }))
}

async fn remove(roles: Roles<'_>, role: &str, permissions: &[String]) -> Result<String> {
    let names: Vec<&str> = permissions.iter().map(String::as_str).collect();
    let users = if names.is_empty() {
        roles.abolish(role).await?
    } else {
        roles.restrict(role, &names).await?
    };
    let Some(users) = users else { return unknown(role) };
    let text = match roles.permissions(role).await? {
        Some(permissions) => format!("{role}: {}", listed(&permissions)),
        None => format!("{role} is removed"),
    };
    Ok(match users {
        0 => text,
        1 => format!("{text}; the user who had it has to sign in again"),
        count => format!("{text}; the {count} users who had it have to sign in again"),
    })
}

/// The one user with this id or email.
async fn find(core: &Core, user: &str) -> Result<User> {
    let users = Users::new(core);
    if !user.contains('@') {
        return match users.get(user).await? {
            Some(user) => Ok(user),
            None => bail!("there is no user with the id {user}"),
        };
    }
    let mut found = users.by_email(user).await?;
    match found.len() {
        0 => bail!("nobody signs in with {user}"),
        1 => Ok(found.swap_remove(0)),
        _ => {
            let ids: Vec<_> = found.iter().map(|user| format!("  {}", shown(user))).collect();
            bail!("several users sign in with {user}; name the id of one:\n{}", ids.join("\n"))
        }
    }
}

/// A user found by an email that is shown to be theirs. Anybody can sign up with anybody's.
fn sure(user: User, name: &str) -> Result<User> {
    if name.contains('@') && !user.login_methods.iter().any(|method| method.verified) {
        bail!(
            "{name} is not verified: it may be somebody else's who signed up with it. If you are sure, \
             name the id: {}",
            user.id
        );
    }
    Ok(user)
}

fn shown(user: &User) -> String {
    let method = |method: &LoginMethod| {
        let verified = if method.verified { "" } else { ", not verified" };
        format!("{}{verified}", method.recipe_id)
    };
    let methods: Vec<_> = user.login_methods.iter().map(method).collect();
    format!("{} ({}; {})", user.id, user.emails.join(", "), methods.join("; "))
}

fn listed(names: &[String]) -> String {
    let mut names = names.to_vec();
    names.sort();
    if names.is_empty() { "nothing".into() } else { names.join(", ") }
}

fn unknown<T>(role: &str) -> Result<T> {
    bail!("there is no role {role}: `api roles list` shows those that are")
}
