//! What the server itself asked the official SDK for, and our counterpart of each call.

use serde_json::{Map, Value, json};
use supertokens::{
    SuperTokens,
    core::CoreError,
    session::SessionInformation,
    users::{ChangeEmail, ChangePassword, UserPage, UserQuery},
};

use super::differences;
use crate::support::{
    app::TestApp,
    replay::{Outcome, Replay, text},
};

/// Makes the call that was recorded in `line`, and compares what came of it.
pub async fn compare(app: &TestApp, names: &mut Replay, line: &Value) -> Outcome {
    let arguments = names.live_body(&line["arguments"])?;
    let result = call(&app.state.supertokens, text(&line["call"]), &arguments).await;
    match (result, line.get("error")) {
        (Ok(result), None) => match differences::result_of_call(text(&line["step"])) {
            Some((ours, reason)) => {
                assert_ne!(ours, line["result"], "{reason}");
                names.compare("result", &ours, &result)
            }
            None => names.compare("result", &line["result"], &result),
        },
        // How an error is put in words is ours; that the Core's reason is in it is not.
        (Err(error), Some(recorded)) => {
            let reason = text(recorded).rsplit("message: ").next().unwrap_or_default().trim();
            let error = error.to_string();
            if error.contains(reason) { Ok(()) } else { Err(format!("{error} is not {reason}")) }
        }
        (result, _) => Err(format!("{result:?} is not {line}")),
    }
}

async fn call(
    supertokens: &SuperTokens,
    call: &str,
    arguments: &Value,
) -> Result<Value, CoreError> {
    match call {
        "sessions" | "mergePayload" | "sessionData" | "revokeOne" | "revokeAll" => {
            sessions(supertokens, call, arguments).await
        }
        "changePassword" | "verifyCreds" | "changeEmail" | "unverify" => {
            credentials(supertokens, call, arguments).await
        }
        "user" | "listNew" | "search" | "count" | "deleteUser" => {
            users(supertokens, call, arguments).await
        }
        _ => roles(supertokens, call, arguments).await,
    }
}

async fn sessions(
    supertokens: &SuperTokens,
    call: &str,
    arguments: &Value,
) -> Result<Value, CoreError> {
    let sessions = supertokens.sessions();
    let argument = |name: &str| text(&arguments[name]).to_owned();
    Ok(match call {
        "sessions" => {
            let found = sessions.of_user(&argument("userId")).await?;
            found.iter().map(information).collect()
        }
        "mergePayload" => {
            let changes = object(&arguments["data"]);
            sessions.merge_into_payload(&argument("handle"), changes).await?.into()
        }
        "sessionData" => {
            let data = object(&arguments["data"]);
            sessions.set_data(&argument("handle"), &data).await?.into()
        }
        "revokeOne" => sessions.revoke(&argument("handle")).await?.into(),
        "revokeAll" => sessions.revoke_all(&argument("userId")).await?.into(),
        other => panic!("no counterpart of {other}"),
    })
}

async fn credentials(
    supertokens: &SuperTokens,
    call: &str,
    arguments: &Value,
) -> Result<Value, CoreError> {
    let users = supertokens.users();
    let argument = |name: &str| text(&arguments[name]);
    Ok(match call {
        "changePassword" => {
            let password = argument("password").into();
            match users.change_password(argument("userId"), &password).await? {
                ChangePassword::Changed => status("OK"),
                ChangePassword::Refused(reason) => json!({
                    "status": "PASSWORD_POLICY_VIOLATED_ERROR",
                    "failureReason": reason,
                }),
                ChangePassword::UnknownUser => status("UNKNOWN_USER_ID_ERROR"),
            }
        }
        "verifyCreds" => {
            let password = argument("password").into();
            let user = users.verify_credentials(argument("email"), &password).await?;
            status(if user.is_some() { "OK" } else { "WRONG_CREDENTIALS_ERROR" })
        }
        "changeEmail" => {
            status(match users.change_email(argument("userId"), argument("email")).await? {
                ChangeEmail::Changed => "OK",
                ChangeEmail::Taken => "EMAIL_ALREADY_EXISTS_ERROR",
                ChangeEmail::Refused(_) => "no email",
                ChangeEmail::UnknownUser => "UNKNOWN_USER_ID_ERROR",
            })
        }
        "unverify" => {
            let done = users.unverify_email(argument("userId")).await?;
            status(if done { "OK" } else { "no email" })
        }
        other => panic!("no counterpart of {other}"),
    })
}

async fn users(
    supertokens: &SuperTokens,
    call: &str,
    arguments: &Value,
) -> Result<Value, CoreError> {
    let users = supertokens.users();
    let argument = |name: &str| text(&arguments[name]);
    Ok(match call {
        "user" => json!(users.get(argument("userId")).await?),
        "listNew" | "search" => {
            let limit = arguments["limit"].as_u64().unwrap_or(5);
            let wanted = UserQuery {
                limit: limit.try_into().expect("a small number"),
                from: arguments["token"].as_str(),
                email: arguments["email"].as_str(),
                ..UserQuery::default()
            };
            page(users.list(wanted).await?)
        }
        "count" => users.count().await?.into(),
        "deleteUser" => {
            users.delete(argument("userId")).await?;
            status("OK")
        }
        other => panic!("no counterpart of {other}"),
    })
}

async fn roles(
    supertokens: &SuperTokens,
    call: &str,
    arguments: &Value,
) -> Result<Value, CoreError> {
    let roles = supertokens.roles();
    let argument = |name: &str| text(&arguments[name]);
    let of_role = |name: &str, found: Option<Value>| match found {
        Some(found) => json!({"status": "OK", name: found}),
        None => status("UNKNOWN_ROLE_ERROR"),
    };
    Ok(match call {
        "roles" => json!({"status": "OK", "roles": roles.all().await?}),
        "rolePerms" => {
            let found = roles.permissions(argument("role")).await?;
            of_role("permissions", found.map(Value::from))
        }
        "roleUsers" => of_role("users", roles.users(argument("role")).await?.map(Value::from)),
        "rolesForPerm" => {
            json!({"status": "OK", "roles": roles.with_permission(argument("perm")).await?})
        }
        "removePerms" => {
            let perms: Vec<&str> =
                arguments["perms"].as_array().expect("a list").iter().map(text).collect();
            let done = roles.remove_permissions(argument("role"), &perms).await?;
            status(if done.is_some() { "OK" } else { "UNKNOWN_ROLE_ERROR" })
        }
        "removeRole" => {
            let taken = roles.take(argument("userId"), argument("role")).await?;
            of_role("didUserHaveRole", taken.map(Value::from))
        }
        "deleteRole" => {
            json!({"status": "OK", "didRoleExist": roles.delete(argument("role")).await?})
        }
        other => panic!("no counterpart of {other}"),
    })
}

fn information(session: &SessionInformation) -> Value {
    json!({
        "sessionHandle": session.session_handle,
        "userId": session.user_id,
        "expiry": session.expiry,
        "customClaimsInAccessTokenPayload": session.access_token_payload,
        "sessionDataInDatabase": session.session_data,
        "timeCreated": session.time_created,
    })
}

fn page(page: UserPage) -> Value {
    let mut shown = json!({"users": page.users});
    if let Some(next) = page.next {
        shown["next"] = next.into();
    }
    shown
}

fn status(status: &str) -> Value {
    json!({"status": status})
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}
