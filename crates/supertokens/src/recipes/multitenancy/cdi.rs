//! The tenant that is served.

use serde::Deserialize;

use crate::core::{Core, CoreError, TENANT};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tenant {
    first_factors: Option<Vec<String>>,
}

impl Core {
    /// `GET /recipe/multitenancy/tenant/v2`: what a sign-in may begin with. `None`: anything.
    pub async fn first_factors(&self) -> Result<Option<Vec<String>>, CoreError> {
        let path = format!("{TENANT}/recipe/multitenancy/tenant/v2");
        let tenant: Tenant = self.get(&path, "multitenancy".into(), &[]).await?;
        Ok(tenant.first_factors)
    }
}
