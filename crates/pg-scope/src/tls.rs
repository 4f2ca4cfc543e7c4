//! TLS to the database, as `sslmode` and `sslrootcert` of its URL require, with libpq's meaning (PostgreSQL, "SSL
//! Support"). tokio-postgres knows three of the modes, and no roots.

use std::{
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
use tokio_postgres::config::SslMode;

use crate::target::UrlError;

/// How the server is verified.
#[derive(Debug, Clone)]
pub(crate) enum Verification {
    /// Not at all.
    None(SslMode),
    /// By its certificate, whatever its name is.
    Certificate(RootCertStore),
    /// By its certificate and its name.
    Full(RootCertStore),
    /// The same, by the roots of the system.
    FullBySystem,
}

impl Verification {
    pub fn read(mode: Option<&str>, root: Option<&str>) -> Result<Self, UrlError> {
        let root = match (root, mode) {
            (Some("system"), None | Some("verify-full")) => return Ok(Self::FullBySystem),
            (Some("system"), Some(_)) => return Err(UrlError::SystemRoot),
            (root, _) => root.map(Path::new).map(read_roots).transpose()?,
        };
        Ok(match (mode.unwrap_or("prefer"), root) {
            ("disable", _) => Self::None(SslMode::Disable),
            ("prefer", _) => Self::None(SslMode::Prefer),
            ("require", None) => Self::None(SslMode::Require),
            // libpq also verifies the certificate when a root is named.
            ("require" | "verify-ca", Some(roots)) => Self::Certificate(roots),
            ("verify-ca", None) => return Err(UrlError::NoRoot),
            ("verify-full", Some(roots)) => Self::Full(roots),
            ("verify-full", None) => Self::FullBySystem,
            (other, _) => return Err(UrlError::Mode(other.to_owned())),
        })
    }

    pub fn mode(&self) -> SslMode {
        match self {
            Self::None(mode) => *mode,
            Self::Certificate(_) | Self::Full(_) | Self::FullBySystem => SslMode::Require,
        }
    }

    /// Whether another machine cannot stand in for the server.
    pub fn is_verified(&self) -> bool {
        !matches!(self, Self::None(_))
    }

    fn verifier(&self) -> Result<Arc<dyn ServerCertVerifier>, UrlError> {
        let chain = |roots: &RootCertStore| {
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots.clone()), provider())
                .build()
                .map_err(|error| UrlError::Tls(TlsError::General(error.to_string())))
        };
        Ok(match self {
            Self::None(_) => AnyHost::new(None),
            Self::Certificate(roots) => AnyHost::new(Some(chain(roots)?)),
            Self::Full(roots) => chain(roots)?,
            Self::FullBySystem => Arc::new(Verifier::new(provider())?),
        })
    }
}

pub(crate) fn client(verification: &Verification) -> Result<ClientConfig, UrlError> {
    let mut tls = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verification.verifier()?)
        .with_no_client_auth();
    // PostgreSQL 17 and newer require it for `sslnegotiation=direct`.
    tls.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok(tls)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
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
    read().map_err(|why| UrlError::Root(PathBuf::from(path), why))
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
