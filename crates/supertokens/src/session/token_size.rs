//! How large access tokens get. Roles and permissions travel in them, and browsers and proxies have limits.

use serde_json::json;

use crate::recipes::userroles::claims::UserRoles;

/// Larger tokens are warned of, in bytes: with a few roles more, browsers drop the cookie.
pub const WARN_ABOVE: usize = 3_500;

/// Browsers drop a cookie whose name and value have more bytes (RFC 6265, 6.1).
const MAX_COOKIE: usize = 4_096;

/// Whether browsers keep this cookie.
pub fn fits_cookie(name: &str, value: &str) -> bool {
    name.len() + value.len() <= MAX_COOKIE
}

/// About how many bytes an access token with these roles has, with an issuer of 64 bytes.
pub fn estimate(roles: &UserRoles) -> usize {
    // The signature has 256 bytes (RS256 with 2,048 bits).
    const SIGNATURE: usize = 256;
    let (id, hash, now) = ("x".repeat(36), "x".repeat(64), 1_800_000_000_000_u64);
    let header = json!({"kid": "d-1800000000000", "typ": "JWT", "version": "5", "alg": "RS256"});
    let payload = json!({
        "iat": now / 1000,
        "exp": now / 1000,
        "sub": id,
        "tId": "public",
        "rsub": id,
        "sessionHandle": id,
        "refreshTokenHash1": hash,
        "parentRefreshTokenHash1": hash,
        "antiCsrfToken": id,
        "iss": hash,
        "st-ev": {"v": false, "t": now},
        "st-role": {"v": roles.names, "t": now},
        "st-perm": {"v": roles.permissions, "t": now},
    });
    let parts = [header.to_string().len(), payload.to_string().len(), SIGNATURE];
    parts.map(|bytes| (bytes * 4).div_ceil(3)).iter().sum::<usize>() + 2
}

/// The warning for a user whose token with these roles is large. None: it is not.
pub fn warning(roles: &UserRoles) -> Option<String> {
    let size = estimate(roles);
    (size > WARN_ABOVE).then(|| {
        format!(
            "access tokens with these roles have about {size} bytes. Browsers drop cookies of more than {MAX_COOKIE} bytes, \
             so that the user could not sign in. Give fewer roles, or roles with fewer permissions."
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(count: usize) -> UserRoles {
        let names =
            |kind: &str| (0..count).map(|n| format!("{kind}-{n:02}-of-some-length")).collect();
        UserRoles { names: names("role"), permissions: names("permission") }
    }

    #[test]
    fn many_roles_are_warned_of() {
        assert_eq!(warning(&roles(0)), None);
        assert_eq!(warning(&roles(7)), None);
        assert!(warning(&roles(40)).unwrap().contains("4096 bytes"));
    }

    #[test]
    fn cookie_has_its_name_and_value() {
        assert!(fits_cookie("sAccessToken", &"x".repeat(4_084)));
        assert!(!fits_cookie("sAccessToken", &"x".repeat(4_085)));
    }
}
