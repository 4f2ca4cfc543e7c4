//! Conditional requests and ranges of files (RFC 9110, 13 and 14).

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use headers::{
    ETag, HeaderMapExt as _, IfMatch, IfModifiedSince, IfNoneMatch, IfRange, IfUnmodifiedSince,
    LastModified,
};

/// What a 304 repeats of the response with content.
const REPEATED: [header::HeaderName; 6] = [
    header::CACHE_CONTROL,
    header::CONTENT_LOCATION,
    header::ETAG,
    header::EXPIRES,
    header::LAST_MODIFIED,
    header::VARY,
];

/// The response to a request for what `full` is, which has its validators: `full`, 304 or 412.
pub fn respond(request: &HeaderMap, full: Response) -> Response {
    let etag = full.headers().typed_get::<ETag>();
    let modified = full.headers().typed_get::<LastModified>();
    let is_changed = match request.typed_get::<IfMatch>() {
        Some(wanted) => !etag.as_ref().is_some_and(|etag| wanted.precondition_passes(etag)),
        None => request.typed_get::<IfUnmodifiedSince>().is_some_and(|since| {
            modified.is_some_and(|modified| !since.precondition_passes(modified.into()))
        }),
    };
    if is_changed {
        return StatusCode::PRECONDITION_FAILED.into_response();
    }
    let is_known = match request.typed_get::<IfNoneMatch>() {
        Some(known) => etag.as_ref().is_some_and(|etag| !known.precondition_passes(etag)),
        None => request.typed_get::<IfModifiedSince>().is_some_and(|since| {
            modified.is_some_and(|modified| !since.is_modified(modified.into()))
        }),
    };
    if is_known { not_modified(full) } else { full }
}

fn not_modified(full: Response) -> Response {
    let (full, _) = full.into_parts();
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    for name in REPEATED {
        for value in full.headers.get_all(&name) {
            response.headers_mut().append(name.clone(), value.clone());
        }
    }
    *response.body_mut() = Body::empty();
    response
}

/// The one range in bytes that the request is about, if it is about one. Other units, several ranges and what is no range
/// are ignored, as is a range of another content than `full` has.
pub fn range(method: &Method, request: &HeaderMap, full: &Response) -> Option<HeaderValue> {
    let text = request.get(header::RANGE)?.to_str().ok()?;
    let (unit, spec) = text.split_once('=')?;
    let (first, last) = spec.trim().split_once('-')?;
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_range = is_number(first)
        && is_number(last)
        && match (first.parse::<u64>(), last.parse::<u64>()) {
            (Ok(first), Ok(last)) => first <= last,
            (first, last) => first.is_ok() || last.is_ok(),
        };
    if method != Method::GET || !unit.eq_ignore_ascii_case("bytes") || !is_range {
        return None;
    }
    let is_other = request.contains_key(header::IF_RANGE)
        && request.typed_get::<IfRange>().is_none_or(|wanted| {
            let etag = full.headers().typed_get::<ETag>();
            let modified = full.headers().typed_get::<LastModified>();
            wanted.is_modified(etag.as_ref(), modified.as_ref())
        });
    if is_other { None } else { HeaderValue::from_str(&format!("bytes={first}-{last}")).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range_of(value: &'static str) -> Option<HeaderValue> {
        let headers = HeaderMap::from_iter([(header::RANGE, HeaderValue::from_static(value))]);
        range(&Method::GET, &headers, &Response::default())
    }

    #[test]
    fn only_one_range_of_bytes_counts() {
        for range in ["bytes=0-1", "bytes=5-", "bytes=-3", "bytes=3-3", "Bytes=0-1"] {
            assert!(range_of(range).is_some(), "{range}");
        }
        for range in [
            "lines=0-1",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "bytes=2-1",
            "bytes=0-1,3-4",
            "bytes=+1-2",
            "bytes 0-1",
            "",
        ] {
            assert_eq!(range_of(range), None, "{range}");
        }
    }
}
