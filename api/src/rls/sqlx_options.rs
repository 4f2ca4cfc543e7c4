//! The database's URL for sqlx, with the meaning that libpq gives it.

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

/// sqlx verifies no certificate with `sslmode=require`. libpq does when `sslrootcert` is named.
pub fn sqlx_options(url: &str) -> Result<PgConnectOptions, sqlx::Error> {
    let options: PgConnectOptions = url.parse()?;
    let has_root =
        Url::parse(url).is_ok_and(|url| url.query_pairs().any(|(name, _)| name == "sslrootcert"));
    let raises = has_root && matches!(options.get_ssl_mode(), PgSslMode::Require);
    Ok(if raises { options.ssl_mode(PgSslMode::VerifyCa) } else { options })
}
