//! The database's URL for sqlx, which only parts for development use: the development Core and the mails that are kept.

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

/// sqlx verifies no certificate with `sslmode=require`. libpq does when `sslrootcert` is named.
pub fn sqlx_options(url: &str) -> Result<PgConnectOptions, sqlx::Error> {
    let unusable = |error: sqlx::Error| {
        let text = "the development Core and /dev/mail need a DATABASE_URL with one host and without `sslnegotiation`, \
                    `channel_binding` and `sslrootcert=system`";
        sqlx::Error::Configuration(format!("{text} ({error})").into())
    };
    let options: PgConnectOptions = url.parse().map_err(unusable)?;
    let has_root =
        Url::parse(url).is_ok_and(|url| url.query_pairs().any(|(name, _)| name == "sslrootcert"));
    let raises = has_root && matches!(options.get_ssl_mode(), PgSslMode::Require);
    Ok(if raises { options.ssl_mode(PgSslMode::VerifyCa) } else { options })
}
