//! The functions by which policies read the claims, as the migrations make them.

use crate::m20261201_000012_inline_auth_functions::{FUNCTIONS, SESSION};

/// The names and bodies of the functions in the schema `auth`, with plain claims.
pub fn functions() -> Vec<(&'static str, &'static str)> {
    [SESSION, FUNCTIONS].into_iter().flat_map(bodies).collect()
}

fn bodies(sql: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    sql.split("FUNCTION auth.").skip(1).filter_map(|text| {
        let name = text.split_once('(')?.0;
        let mut parts = text.split("$$");
        Some((name, parts.nth(1)?))
    })
}

#[cfg(test)]
mod tests {
    use super::functions;

    #[test]
    fn every_function_has_its_body() {
        let names: Vec<_> = functions().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["session", "jwt", "user_id", "uid"]);
        for (name, body) in functions() {
            assert!(body.trim_start().starts_with("SELECT"), "{name}: {body}");
        }
    }
}
