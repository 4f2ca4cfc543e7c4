//! Where our responses differ from the recorded ones on purpose. Every other step is compared whole.

use serde_json::{Value, json};

use super::super::UNAUTHORISED;
use crate::support::{
    app::Answer,
    replay::{Outcome, text},
};

/// A step of a browser or an app that gets another response.
struct Difference {
    step: &'static str,
    recorded: u16,
    /// Our status, and a part of our body.
    ours: (u16, &'static str),
    reason: &'static str,
}

const HTML_PAGE: &str = "the reference sends an HTML error page";

const DIFFERENCES: [Difference; 7] = [
    Difference {
        step: "dashboard",
        recorded: 200,
        ours: (200, r#"src=\"/auth/dashboard/assets/app.js\""#),
        reason: "the reference's page loads a script of another host",
    },
    Difference {
        step: "unknown auth route",
        recorded: 404,
        ours: (404, "There is nothing here."),
        reason: HTML_PAGE,
    },
    Difference {
        step: "refresh with two refresh cookies",
        recorded: 500,
        ours: (401, UNAUTHORISED),
        reason: HTML_PAGE,
    },
    Difference {
        step: "tp authorisation url google",
        recorded: 500,
        ours: (502, "Signing in with Google is not possible right now."),
        reason: HTML_PAGE,
    },
    Difference {
        step: "tp signinup with spent code",
        recorded: 500,
        ours: (400, "Signing in with Custom did not work (invalid_grant)."),
        reason: HTML_PAGE,
    },
    Difference {
        step: "login methods",
        recorded: 500,
        ours: (200, r#""firstFactors":["emailpassword","thirdparty"]"#),
        reason: HTML_PAGE,
    },
    Difference {
        step: "access token after revoke, stateless",
        recorded: 200,
        ours: (401, UNAUTHORISED),
        reason: "the access tokens of a session that the server revoked are denied",
    },
];

/// Compares the response to a step that differs on purpose. `None`: the step is compared whole.
pub fn compare(line: &Value, answer: &Answer) -> Option<Outcome> {
    let step = text(&line["step"]);
    let Difference { recorded, ours: (status, part), reason, .. } =
        DIFFERENCES.iter().find(|difference| difference.step == step)?;
    assert_eq!(line["response"]["status"], *recorded, "{step}: {reason}");
    let is_ours = answer.status == *status && answer.body.to_string().contains(part);
    let outcome = Err(format!("{answer:?} is not {status} {part}, because {reason}"));
    Some(if is_ours { Ok(()) } else { outcome })
}

/// Our result of a call of the server's own that differs on purpose, and why.
pub fn result_of_call(step: &str) -> Option<(Value, &'static str)> {
    const ENDED: &str = "a new password ends every session of its user";
    match step {
        "revokeOne" => Some((json!(false), ENDED)),
        "revokeAll" => Some((json!([]), ENDED)),
        _ => None,
    }
}
