//! What a Core does only with a licence: this one has none, and says so as a real one would.

use super::error::Error;

/// PUT `/recipe/multitenancy/tenant/v2`
pub(super) async fn multi_tenancy() -> Error {
    Error::Paid(
        "Cannot use feature: multi_tenancy, because the license key is missing, or doesn't have \
         this feature enabled.",
    )
}

/// POST `/recipe/accountlinking/user/primary` and `/recipe/accountlinking/user/link`
pub(super) async fn account_linking() -> Error {
    Error::Paid(
        "Account linking feature is not enabled for this app. Please contact support to enable it.",
    )
}
