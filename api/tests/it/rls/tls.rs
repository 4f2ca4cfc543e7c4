//! TLS to the database: what stands in front of the real one here speaks it, as a provider's proxy does.

use std::{env, fs, path::PathBuf, sync::Arc, time::Duration};

use api::{
    concurrency::Budget,
    rls::{ClaimsMode, PoolOptions, Rls, Signer},
};
use clock::Clock;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};
use url::Url;
use uuid::Uuid;

use crate::support::database::TestDatabase;

/// Who vouches for certificates, and the file that says so.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: PathBuf,
}

impl Drop for Authority {
    fn drop(&mut self) {
        // No more than a file left over.
        let _ = fs::remove_file(&self.file);
    }
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("a certificate");
        let file = env::temp_dir().join(format!("root-{}.pem", Uuid::new_v4().simple()));
        fs::write(&file, issuer.pem()).expect("the root");
        Self { issuer, file }
    }

    /// A server for `name`.
    fn server(&self, name: &str) -> TlsAcceptor {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new([name.to_owned()]).expect("a name");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config =
            ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()
                .expect("versions")
                .with_no_client_auth()
                .with_single_cert(vec![certificate.der().clone()], key)
                .expect("a server");
        config.alpn_protocols = vec![b"postgresql".to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }
}

/// The database's URL through a server that speaks TLS, or answers that it does not.
async fn front(database: &TestDatabase, tls: Option<TlsAcceptor>) -> Url {
    let mut url: Url = database.login_url().parse().expect("a URL");
    let server = (url.host_str().expect("a host").to_owned(), url.port().unwrap_or(5432));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    url.set_host(Some("localhost")).expect("a host");
    url.set_port(Some(listener.local_addr().expect("an address").port())).expect("a port");
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(serve(client, server.clone(), tls.clone()));
        }
    });
    url
}

/// PostgreSQL's protocol, "SSL Session Encryption".
async fn serve(
    mut client: TcpStream,
    server: (String, u16),
    tls: Option<TlsAcceptor>,
) -> std::io::Result<()> {
    const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
    /// The type of the TLS record that has the `ClientHello` (RFC 8446, 5.1).
    const HANDSHAKE: u8 = 22;
    let mut kind = [0];
    client.peek(&mut kind).await?;
    if let (HANDSHAKE, Some(tls)) = (kind[0], &tls) {
        let mut client = tls.accept(client).await?;
        // PostgreSQL ends a direct handshake without it.
        if client.get_ref().1.alpn_protocol() == Some(b"postgresql") {
            let mut server = TcpStream::connect(server).await?;
            copy_bidirectional(&mut client, &mut server).await?;
        }
        return Ok(());
    }
    let mut first = [0; 8];
    client.read_exact(&mut first).await?;
    let mut server = TcpStream::connect(server).await?;
    match (first == SSL_REQUEST, tls) {
        (true, Some(tls)) => {
            client.write_all(b"S").await?;
            let mut client = tls.accept(client).await?;
            copy_bidirectional(&mut client, &mut server).await?;
        }
        (true, None) => {
            client.write_all(b"N").await?;
            copy_bidirectional(&mut client, &mut server).await?;
        }
        (false, _) => {
            server.write_all(&first).await?;
            copy_bidirectional(&mut client, &mut server).await?;
        }
    }
    Ok(())
}

/// What asking through this URL comes to.
async fn ask(url: &Url, query: &str) -> Result<(), String> {
    let mut url = url.clone();
    url.set_query(Some(query));
    let rls = Rls::connect(&PoolOptions {
        url: String::from(url).into(),
        budget: Budget::new(1, 1, None),
        acquire_timeout: Duration::from_secs(10),
        prepares_statements: true,
        search_timeout: Duration::from_secs(2),
        signer: Signer { mode: ClaimsMode::Plain, key: None, clock: Clock::system() },
    })
    .map_err(|error| error.to_string())?;
    rls.ping().await.map_err(|error| error.to_string())?;
    // What the check at start asks by has the same meaning.
    rls.verify().await.map_err(|error| error.to_string())
}

#[tokio::test]
async fn sslmode_means_what_it_means_to_libpq() {
    let database = TestDatabase::migrated().await;
    let (ours, foreign) = (Authority::new(), Authority::new());
    let (root, foreign_root) = (ours.file.display(), foreign.file.display());
    let right = front(&database, Some(ours.server("localhost"))).await;
    let other_name = front(&database, Some(ours.server("db.example.com"))).await;
    let plain = front(&database, None).await;
    for (url, query, works) in [
        (&right, "sslmode=disable".to_owned(), true),
        (&right, "sslmode=prefer".to_owned(), true),
        (&plain, "sslmode=prefer".to_owned(), true),
        // Encrypted, whoever it is; and not at all without.
        (&right, "sslmode=require".to_owned(), true),
        (&other_name, "sslmode=require".to_owned(), true),
        (&plain, "sslmode=require".to_owned(), false),
        (&plain, format!("sslmode=verify-full&sslrootcert={root}"), false),
        // By the authority, whatever the name.
        (&other_name, format!("sslmode=verify-ca&sslrootcert={root}"), true),
        (&right, format!("sslmode=verify-ca&sslrootcert={foreign_root}"), false),
        (&right, format!("sslmode=require&sslrootcert={foreign_root}"), false),
        // By both.
        (&right, format!("sslmode=verify-full&sslrootcert={root}"), true),
        (&other_name, format!("sslmode=verify-full&sslrootcert={root}"), false),
        (&right, format!("sslmode=verify-full&sslrootcert={foreign_root}"), false),
        // Without the round trip that asks whether the server speaks TLS.
        (&right, format!("sslnegotiation=direct&sslmode=verify-full&sslrootcert={root}"), true),
        (
            &other_name,
            format!("sslnegotiation=direct&sslmode=verify-full&sslrootcert={root}"),
            false,
        ),
        // The system's roots do not know ours.
        (&right, "sslrootcert=system".to_owned(), false),
        (&right, "sslmode=verify-full".to_owned(), false),
    ] {
        let answer = ask(url, &query).await;
        assert_eq!(answer.is_ok(), works, "{query}: {answer:?}");
    }
}
