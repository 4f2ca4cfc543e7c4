//! Where the service is: at the page's own origin, or at the one that the page was built for.

use web_sys::RequestCredentials;

/// Fixed when the page is compiled, from the variables that the service reads too.
const ORIGIN: &str = origin(option_env!("API_DOMAIN"), option_env!("WEBSITE_DOMAIN"));

/// The service's origin where it is another than the page's, else nothing: then paths are relative, and the
/// page works at every address that reaches it.
const fn origin(api: Option<&'static str>, website: Option<&'static str>) -> &'static str {
    match (api, website) {
        (Some(api), Some(website)) => {
            let (api, website) = (trim(api), trim(website));
            let same = website.is_empty() || is_same(api.as_bytes(), website.as_bytes());
            if same { "" } else { api }
        }
        _ => "",
    }
}

const fn trim(origin: &'static str) -> &'static str {
    match origin.as_bytes() {
        [.., b'/'] => origin.split_at(origin.len() - 1).0,
        _ => origin,
    }
}

const fn is_same(mut a: &[u8], mut b: &[u8]) -> bool {
    while let ([first, more @ ..], [other, others @ ..]) = (a, b) {
        if !first.eq_ignore_ascii_case(other) {
            return false;
        }
        (a, b) = (more, others);
    }
    a.is_empty() && b.is_empty()
}

pub fn url(path: &str) -> String {
    [ORIGIN, path].concat()
}

/// Cookies go to the service and nowhere else.
pub const CREDENTIALS: RequestCredentials =
    if ORIGIN.is_empty() { RequestCredentials::SameOrigin } else { RequestCredentials::Include };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_elsewhere_is_asked_there() {
        let api = "https://api.example.com";
        let website = Some("https://example.com");
        assert_eq!(origin(Some(api), website), api);
        assert_eq!(origin(Some("https://api.example.com/"), website), api);
        assert_eq!(
            origin(Some("http://localhost:3001"), Some("http://localhost:3000")),
            "http://localhost:3001"
        );
    }

    #[test]
    fn one_origin_needs_no_name() {
        let here = Some("https://example.com");
        for (api, website) in [
            (None, None),
            (Some(""), Some("")),
            (here, None),
            (here, Some("")),
            (None, here),
            (here, here),
            (here, Some("https://Example.com/")),
        ] {
            assert_eq!(origin(api, website), "", "{api:?} {website:?}");
        }
    }

    #[test]
    fn a_path_follows_the_origin() {
        assert_eq!(url("/graphql"), format!("{ORIGIN}/graphql"));
    }
}
