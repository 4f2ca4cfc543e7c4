//! What the development Core has not, and a real one answers as recorded: tenants with first factors, linked accounts.

use serde_json::{Value, json};

use super::{UNAUTHORISED, assert_refused, browser::set_cookies, send};
use crate::support::{
    app::{TestApp, credentials},
    core::TestCore,
    recorder::Recorder,
};

struct Backend {
    core: TestCore,
    recorder: Recorder,
    app: TestApp,
}

impl Backend {
    async fn start() -> Self {
        let core = TestCore::start().await;
        let recorder = Recorder::before(&core.url()).await;
        let vars = [("SUPERTOKENS_URI", recorder.url.as_str())];
        let app = TestApp::start_with(&vars, core.clock.clock()).await;
        Self { core, recorder, app }
    }

    /// From now on the tenant is that of `cdi-user-admin.jsonl`, with these first factors.
    fn allow(&self, first_factors: &[&str]) {
        self.recorder.answer(
            "/public/recipe/multitenancy/tenant/v2",
            json!({
                "status": "OK",
                "tenantId": "public",
                "thirdParty": {"providers": []},
                "firstFactors": first_factors,
                "coreConfig": {},
            }),
        );
        self.core.clock.advance(60_000);
    }
}

#[tokio::test]
async fn first_factors_of_the_tenant_are_offered() {
    let backend = Backend::start().await;
    let methods = async || send(backend.app.get("/auth/loginmethods")).await.body;
    assert_eq!(methods().await["firstFactors"], json!(["emailpassword"]));
    backend.allow(&["otp-email"]);
    let answer = methods().await;
    assert_eq!(answer["firstFactors"], json!([]));
    assert_eq!(answer["emailPassword"], json!({"enabled": false}));
    backend.allow(&["emailpassword", "otp-email"]);
    assert_eq!(methods().await["emailPassword"], json!({"enabled": true}));
}

/// `sign-up at a tenant whose first factors do not allow it` of `fdi-user-admin.jsonl`.
#[tokio::test]
async fn sign_in_begins_only_with_first_factors_of_the_tenant() {
    let backend = Backend::start().await;
    backend.app.user("ada").await;
    backend.allow(&["otp-email"]);
    for (path, email) in
        [("/auth/signup", "grace@example.com"), ("/auth/signin", "ada@example.com")]
    {
        let form = credentials(email, "secret123");
        let request = backend.app.post(path).header("st-auth-mode", "cookie");
        let answer = send(request.json(&form)).await;
        assert_refused(&answer, 401, UNAUTHORISED);
        assert_eq!(answer.header("front-token"), "remove");
        assert!(set_cookies(&answer).iter().all(|cookie| cookie.value().is_empty()));
    }
    let found = backend.app.state.supertokens.users().by_email("grace@example.com").await;
    assert!(found.expect("the Core answers").is_empty());
}

const RESET: &str = "/auth/user/password/reset/token";

/// A primary user whose second login is a password.
fn linked(recipe_user_id: &str, is_verified: bool) -> Value {
    let method = |recipe: &str, id: &str, email: &str, verified: bool| {
        json!({
            "recipeId": recipe,
            "recipeUserId": id,
            "tenantIds": ["public"],
            "email": email,
            "timeJoined": 1,
            "verified": verified,
        })
    };
    json!({
        "id": "primary",
        "isPrimaryUser": true,
        "tenantIds": ["public"],
        "emails": ["ida@example.com", "ida2@example.com"],
        "phoneNumbers": [],
        "thirdParty": [],
        "loginMethods": [
            method("thirdparty", "primary", "ida@example.com", true),
            method("emailpassword", recipe_user_id, "ida2@example.com", is_verified),
        ],
        "timeJoined": 1,
    })
}

/// `manual: password reset token of a linked password login that is not verified` of `fdi-account-linking.jsonl`.
#[tokio::test]
async fn unverified_login_of_another_user_gets_no_reset_link() {
    let backend = Backend::start().await;
    let ida = backend.core.sign_up("ida2@example.com").await;
    let ask = async || {
        let form = json!({"formFields": [{"id": "email", "value": "ida2@example.com"}]});
        send(backend.app.post(RESET).json(&form)).await.body
    };
    let users = |is_verified| json!({"status": "OK", "users": [linked(&ida, is_verified)]});
    backend.recorder.answer("/public/users/by-accountinfo", users(false));
    let reason = "Reset password link was not created because of account take over risk. Please contact \
                  support. (ERR_CODE_001)";
    let refused = json!({"status": "PASSWORD_RESET_NOT_ALLOWED", "reason": reason});
    assert_eq!(ask().await, refused);
    backend.recorder.answer("/public/users/by-accountinfo", users(true));
    assert_eq!(ask().await, json!({"status": "OK"}));
}

#[tokio::test]
async fn reset_link_from_before_the_linking_is_worth_nothing() {
    let backend = Backend::start().await;
    let ida = backend.core.sign_up("ida2@example.com").await;
    let core = backend.app.state.supertokens.core();
    let token = core.create_reset_token(&ida, "ida2@example.com").await.expect("an answer");
    let token = secrecy::ExposeSecret::expose_secret(&token.expect("a token")).to_owned();
    let user = json!({"status": "OK", "user": linked(&ida, false)});
    backend.recorder.answer("/user/id", user);
    let fields = json!([{"id": "password", "value": "stolen123"}]);
    let body = json!({"method": "token", "token": token, "formFields": fields});
    let answer = send(backend.app.post("/auth/user/password/reset").json(&body)).await;
    assert_eq!(answer.body, json!({"status": "RESET_PASSWORD_INVALID_TOKEN_ERROR"}));
    let form = credentials("ida2@example.com", "secret123");
    let signed_in = send(backend.app.post("/auth/signin").json(&form)).await;
    assert_eq!(signed_in.body["status"], "OK", "the old password stays");
}
