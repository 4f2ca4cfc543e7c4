//! The media type of a response (GraphQL over HTTP, "Accept" and "Response Format").

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

/// The two forms of a response. They differ in the status of request errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaType {
    /// `application/json`: 200 for every well-formed request.
    Json,
    /// `application/graphql-response+json`: 400 for a request that was not executed.
    GraphQlResponse,
}

impl MediaType {
    /// The one that the client likes best by its q-values (RFC 9110, 12.5.1), then by the order of the header. JSON
    /// without `Accept`. None if the client accepts neither.
    pub fn accepted(headers: &HeaderMap) -> Option<Self> {
        let mut ranges = headers.get_all(header::ACCEPT).iter().peekable();
        if ranges.peek().is_none() {
            return Some(Self::Json);
        }
        let ranges: Vec<_> = ranges
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(Range::parse)
            .collect();
        let mut best: Option<(f32, Self)> = None;
        for range in &ranges {
            for &media_type in range.matching() {
                // A more specific range decides over `*/*`.
                let quality = media_type.quality(&ranges);
                if quality > best.map_or(0.0, |(quality, _)| quality) {
                    best = Some((quality, media_type));
                }
            }
        }
        best.map(|(_, media_type)| media_type)
    }

    pub fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphQlResponse => "application/graphql-response+json; charset=utf-8",
        })
    }

    pub fn status_of_request_error(self) -> StatusCode {
        match self {
            Self::Json => StatusCode::OK,
            Self::GraphQlResponse => StatusCode::BAD_REQUEST,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::GraphQlResponse => "application/graphql-response+json",
        }
    }

    fn quality(self, ranges: &[Range]) -> f32 {
        let matching = ranges.iter().filter(|range| range.matching().contains(&self));
        matching.max_by_key(|range| range.is_exact(self)).map_or(0.0, |range| range.quality)
    }
}

/// A media range of an `Accept` header.
struct Range {
    /// In lower case, without parameters.
    name: String,
    quality: f32,
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let name = parts.next().filter(|name| !name.is_empty())?.to_ascii_lowercase();
        let quality = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.trim().eq_ignore_ascii_case("q").then_some(value.trim())
        });
        let quality = quality.map_or(Some(1.0), |quality| quality.parse().ok())?;
        Some(Self { name, quality })
    }

    fn matching(&self) -> &'static [MediaType] {
        match self.name.as_str() {
            // JSON first: older clients send this and know no other.
            "*/*" | "application/*" => &[MediaType::Json, MediaType::GraphQlResponse],
            "application/json" => &[MediaType::Json],
            "application/graphql-response+json" => &[MediaType::GraphQlResponse],
            _ => &[],
        }
    }

    fn is_exact(&self, media_type: MediaType) -> bool {
        self.name == media_type.name()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_gets_the_type_that_it_likes_best() {
        for (accept, expected) in [
            ("", None),
            ("*/*", Some(MediaType::Json)),
            ("application/*", Some(MediaType::Json)),
            ("application/json", Some(MediaType::Json)),
            ("APPLICATION/JSON; charset=utf-8", Some(MediaType::Json)),
            ("application/graphql-response+json", Some(MediaType::GraphQlResponse)),
            (
                "application/graphql-response+json, application/json;q=0.9",
                Some(MediaType::GraphQlResponse),
            ),
            (
                "application/json;q=0.9,application/graphql-response+json",
                Some(MediaType::GraphQlResponse),
            ),
            ("application/json, application/graphql-response+json", Some(MediaType::Json)),
            ("application/graphql-response+json;q=0.5, */*;q=0.8", Some(MediaType::Json)),
            ("application/json;q=0, */*", Some(MediaType::GraphQlResponse)),
            ("text/html, */*;q=0.1", Some(MediaType::Json)),
            ("text/html", None),
            ("application/json;q=0", None),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT, accept.parse().unwrap())]);
            assert_eq!(MediaType::accepted(&headers), expected, "{accept}");
        }
        assert_eq!(MediaType::accepted(&HeaderMap::new()), Some(MediaType::Json));
    }
}
