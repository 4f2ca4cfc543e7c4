//! TLS to the database, as `sslmode` and `sslrootcert` of its URL require, with libpq's meaning (PostgreSQL, "SSL
//! Support"). tokio-postgres knows three of the modes, and no roots.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, RootCertStore,
    SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
};
use rustls_platform_verifier::Verifier;
use tokio_postgres::{
    Config,
    config::{SslMode, SslNegotiation},
};
use tokio_postgres_rustls::MakeRustlsConnect;
use url::Url;

/// Where a database is, and how to connect to it.
pub(crate) struct Target {
    pub config: Config,
    pub tls: MakeRustlsConnect,
}

/// Why the URL of a database cannot be used. Its text holds no password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say it")]
pub enum UrlError {
    #[error("it is not a URL of a PostgreSQL database: {0}")]
    Unreadable(String),
    #[error("its sslmode is `{0}`: use disable, prefer, require, verify-ca or verify-full")]
    Mode(String),
    #[error("its sslmode is `verify-ca`: say by whose certificate, with sslrootcert=PATH")]
    NoRoot,
    #[error(
        "its sslrootcert `{0}` cannot be used ({1}): it should be a file of certificates in PEM"
    )]
    Root(PathBuf, String),
    #[error(
        "its sslnegotiation is `direct`: use it with sslmode=require, verify-ca or verify-full"
    )]
    DirectTls,
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] TlsError),
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.config.fmt(f)
    }
}

impl Target {
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let mut url = Url::parse(text).map_err(|error| UrlError::Unreadable(error.to_string()))?;
        let (mut mode, mut root) = (None, None);
        for (name, value) in url.query_pairs() {
            match &*name {
                "sslmode" => mode = Some(value.into_owned()),
                "sslrootcert" => root = Some(PathBuf::from(&*value)),
                _ => {}
            }
        }
        // Unchanged: tokio-postgres does not read `+` as a space.
        let query = url.query().unwrap_or_default().split('&');
        let others: Vec<_> =
            query.filter(|pair| !is_tls_parameter(pair)).map(str::to_owned).collect();
        url.set_query((!others.is_empty()).then(|| others.join("&")).as_deref());
        let mut config: Config = url
            .as_str()
            .parse()
            .map_err(|error: tokio_postgres::Error| UrlError::Unreadable(error.to_string()))?;
        let roots = root.as_deref().map(read_roots).transpose()?;
        let (mode, verifier) = read_mode(mode.as_deref().unwrap_or("prefer"), roots)?;
        let is_weak = matches!(mode, SslMode::Disable | SslMode::Prefer);
        if is_weak && config.get_ssl_negotiation() == SslNegotiation::Direct {
            return Err(UrlError::DirectTls);
        }
        config.ssl_mode(mode);
        let mut tls = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        // PostgreSQL 17 and newer require it for `sslnegotiation=direct`.
        tls.alpn_protocols = vec![b"postgresql".to_vec()];
        Ok(Self { config, tls: MakeRustlsConnect::new(tls) })
    }
}

fn is_tls_parameter(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default();
    name.is_empty() || matches!(name, "sslmode" | "sslrootcert")
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn read_mode(
    mode: &str,
    roots: Option<RootCertStore>,
) -> Result<(SslMode, Arc<dyn ServerCertVerifier>), UrlError> {
    let chain = |roots: RootCertStore| {
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
            .build()
            .map_err(|error| UrlError::Tls(TlsError::General(error.to_string())))
    };
    Ok(match (mode, roots) {
        ("disable", _) => (SslMode::Disable, AnyHost::new(None)),
        ("prefer", _) => (SslMode::Prefer, AnyHost::new(None)),
        ("require", None) => (SslMode::Require, AnyHost::new(None)),
        // libpq also verifies the certificate when a root is named.
        ("require" | "verify-ca", Some(roots)) => {
            (SslMode::Require, AnyHost::new(Some(chain(roots)?)))
        }
        ("verify-ca", None) => return Err(UrlError::NoRoot),
        ("verify-full", Some(roots)) => (SslMode::Require, chain(roots)?),
        ("verify-full", None) => (SslMode::Require, Arc::new(Verifier::new(provider())?)),
        (other, _) => return Err(UrlError::Mode(other.to_owned())),
    })
}

fn read_roots(path: &Path) -> Result<RootCertStore, UrlError> {
    let read = || -> Result<RootCertStore, String> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(path).map_err(|error| error.to_string())? {
            let certificate = certificate.map_err(|error| error.to_string())?;
            roots.add(certificate).map_err(|error| error.to_string())?;
        }
        if roots.is_empty() { Err("it has no certificate".to_owned()) } else { Ok(roots) }
    };
    read().map_err(|why| UrlError::Root(path.to_owned(), why))
}

/// Checks no host name: accepts the certificates that the roots signed (`verify-ca`), or any without roots (`require`).
#[derive(Debug)]
struct AnyHost {
    roots: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl AnyHost {
    fn new(roots: Option<Arc<WebPkiServerVerifier>>) -> Arc<Self> {
        Arc::new(Self { roots, provider: provider() })
    }
}

impl ServerCertVerifier for AnyHost {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let Some(roots) = &self.roots else { return Ok(ServerCertVerified::assertion()) };
        // The name is checked last, so every other check has passed.
        match roots.verify_server_cert(certificate, intermediates, name, ocsp, now) {
            Err(TlsError::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Result<Target, String> {
        let url = format!("postgres://app:s3cret@db.example.com/todos{query}");
        Target::parse(&url).map_err(|error| error.to_string())
    }

    #[test]
    fn modes_are_those_of_libpq() {
        for (query, mode) in [
            ("", SslMode::Prefer),
            ("?sslmode=disable", SslMode::Disable),
            ("?sslmode=require&application_name=x", SslMode::Require),
            ("?sslmode=verify-full&channel_binding=require", SslMode::Require),
        ] {
            assert_eq!(parse(query).unwrap().config.get_ssl_mode(), mode, "{query}");
        }
    }

    #[test]
    fn errors_name_the_parameter_and_no_password() {
        for (query, expected) in [
            ("?sslmode=on", "`on`: use disable"),
            ("?sslmode=verify-ca", "sslrootcert=PATH"),
            ("?sslmode=require&sslrootcert=/nonexistent", "`/nonexistent` cannot be used"),
            ("?sslnegotiation=direct", "sslmode=require"),
            ("?sslnegotiation=direct&sslmode=prefer", "sslmode=require"),
            ("?sslnegotiation=direct&sslmode=disable", "sslmode=require"),
            ("?sslcert=x", "not a URL of a PostgreSQL database"),
        ] {
            let error = parse(query).err().unwrap();
            assert!(error.contains(expected) && !error.contains("s3cret"), "{query}: {error}");
        }
    }
}
