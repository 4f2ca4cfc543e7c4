//! Headers of a request: access tokens, refresh tokens, cookies.

use axum::{
    Router,
    body::Body,
    http::{HeaderValue, Request, StatusCode, header},
};
use clock::Clock;
use proptest::prelude::*;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

use super::{change, fuzz};
use crate::support::app::TestApp;

/// Sends the header to an address that asks for a session, and answers the status.
async fn ask(
    router: &Router,
    path: &str,
    name: header::HeaderName,
    value: &[u8],
) -> Option<StatusCode> {
    // What is no header at all never reaches us.
    let value = HeaderValue::from_bytes(value).ok()?;
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/json")
        .header("rid", "anti-csrf")
        .header(name, value)
        .body(Body::from(r#"{"query":"{ session { userId } }"}"#))
        .expect("a request");
    Some(router.clone().oneshot(request).await.expect("an answer").status())
}

/// Refused, unless the very token is in there: what is around it may change.
fn judge(status: Option<StatusCode>, sent: &[u8], token: &str) -> Result<(), TestCaseError> {
    let Some(status) = status else { return Ok(()) };
    let is_whole = sent.windows(token.len()).any(|part| part == token.as_bytes());
    let expected = status == StatusCode::UNAUTHORIZED || is_whole && status == StatusCode::OK;
    prop_assert!(expected, "{status}: {}", String::from_utf8_lossy(sent));
    Ok(())
}

#[test]
fn no_header_is_a_fault_of_ours_or_a_session_of_nobody() {
    let runtime = Runtime::new().expect("a runtime");
    let app = runtime.block_on(TestApp::start_with(&[], Clock::system()));
    let user = runtime.block_on(app.user("ada"));
    let (access, refresh) = (user.access_token.clone(), user.refresh_token.clone());
    drop(user);
    let bearers = [&access, &refresh].map(|token| format!("Bearer {token}").into_bytes());
    let cookies = [
        format!("sAccessToken={access}"),
        format!("a=b; sAccessToken={access}; sFrontToken=x; st-last-access-token-update=1"),
        format!("sAccessToken={access}; sAccessToken={access}"),
        format!("sAccessToken=\"{access}\"; sIdRefreshToken=1; sRefreshToken={refresh}"),
    ];
    let cookies = cookies.map(String::into_bytes);
    let seeds = bearers.iter().chain(&cookies).cloned().collect();
    fuzz(&runtime, &(change::text(seeds), any::<bool>()), async |(sent, as_cookie)| {
        let name = if as_cookie { header::COOKIE } else { header::AUTHORIZATION };
        judge(ask(&app.router, "/graphql", name.clone(), &sent).await, &sent, &access)?;
        // A refresh token that is whole would be spent.
        if !sent.windows(refresh.len()).any(|part| part == refresh.as_bytes()) {
            let status = ask(&app.router, "/auth/session/refresh", name, &sent).await;
            prop_assert!(
                status.is_none_or(|status| status == StatusCode::UNAUTHORIZED),
                "{status:?}"
            );
        }
        Ok(())
    });
    runtime.block_on(async move { drop(app) });
}
