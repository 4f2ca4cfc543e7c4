//! What is asked of every request's line and headers (RFC 9112, 3.2, and RFC 6585, 5).

use axum::http::{Request, Version, header, uri::Authority};

use crate::error::ApiError;

/// How long the line and the headers of a request may be, in bytes.
pub const MAX: usize = 64 * 1024;

/// Refuses a head that is too large (hyper refuses more than 100 headers), and a request of HTTP/1.1 without one valid `Host`.
pub fn check<B>(request: &Request<B>) -> Result<(), ApiError> {
    if size(request) > MAX {
        return Err(ApiError::HeadTooLarge);
    }
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) if request.version() < Version::HTTP_11 => Ok(()),
        (Some(host), None) if host.to_str().is_ok_and(is_host) => Ok(()),
        _ => Err(ApiError::BadRequest("Send one `Host` header.".into())),
    }
}

/// As it came: names and values with `: ` and the line's end, and a line such as `GET / HTTP/1.1`.
fn size<B>(request: &Request<B>) -> usize {
    let uri = request.uri();
    let authority = uri.authority().map_or(0, |authority| authority.as_str().len());
    let path = uri.path_and_query().map_or(0, |path| path.as_str().len());
    let line = request.method().as_str().len() + authority + path + " HTTP/1.1\r\n ".len();
    let headers = request.headers().iter();
    line + headers.map(|(name, value)| name.as_str().len() + value.len() + 4).sum::<usize>() + 2
}

/// A host and perhaps a port, or nothing, as for a target without an authority.
fn is_host(text: &str) -> bool {
    text.is_empty()
        || text.parse::<Authority>().is_ok_and(|authority| !authority.as_str().contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(hosts: &[&str], version: Version) -> Request<()> {
        let mut request = Request::new(());
        *request.version_mut() = version;
        for host in hosts {
            request.headers_mut().append(header::HOST, host.parse().expect("a value"));
        }
        request
    }

    #[test]
    fn one_host_is_required() {
        for host in ["localhost", "example.com:3000", "127.0.0.1", "[::1]:80", ""] {
            assert!(check(&request(&[host], Version::HTTP_11)).is_ok(), "{host}");
        }
        for hosts in [&[][..], &["a", "a"], &["a", "b"], &["a b"], &["a/b"], &["me@a"], &["a, b"]] {
            assert!(check(&request(hosts, Version::HTTP_11)).is_err(), "{hosts:?}");
        }
        assert!(check(&request(&[], Version::HTTP_10)).is_ok());
        assert!(check(&request(&["a", "b"], Version::HTTP_10)).is_err());
    }
}
