//! TLS of the listener: which certificate is shown, and when it is read again.

mod files;
mod watch;

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

pub use self::files::{CertificateFiles, TlsError};

/// HTTP/2, as ALPN calls it.
pub(super) const H2: &[u8] = b"h2";

/// The first byte of every TLS connection: the record that carries a handshake. Source: RFC 8446, section 5.1.
const HANDSHAKE_RECORD: u8 = 0x16;

/// What a client that has connected speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaks {
    /// TLS.
    Tls,
    /// Something else; plain HTTP is likely.
    Plain,
    /// Nothing: it has hung up.
    Nothing,
}

/// The TLS side of a listener. It shows the certificate that was read last.
pub struct Tls {
    acceptor: TlsAcceptor,
    shown: Arc<Shown>,
    files: CertificateFiles,
    provider: Arc<CryptoProvider>,
}

impl Tls {
    /// Reads a certificate and its key, both PEM.
    ///
    /// # Errors
    /// When one of them cannot be used, with the file and the cure.
    pub fn new(certificate: PathBuf, key: PathBuf) -> Result<Tls, TlsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let files = CertificateFiles { certificate, key };
        let shown = Arc::new(Shown(RwLock::new(Arc::new(files.read(&provider)?))));
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_safe_default_protocol_versions().map_err(TlsError::Setup)?;
        let resolver: Arc<dyn ResolvesServerCert> = Arc::<Shown>::clone(&shown);
        let mut config = builder.with_no_client_auth().with_cert_resolver(resolver);
        config.alpn_protocols = vec![H2.to_vec(), b"http/1.1".to_vec()];
        Ok(Tls { acceptor: TlsAcceptor::from(Arc::new(config)), shown, files, provider })
    }

    /// Makes TLS of a connection. The caller keeps the time.
    ///
    /// # Errors
    /// When the client does not agree, or hangs up.
    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.acceptor.accept(stream).await
    }
}

/// What the first byte of a connection says, which is left where it is. The caller keeps the time.
///
/// # Errors
/// When the connection breaks.
pub(super) async fn speaks(stream: &TcpStream) -> io::Result<Speaks> {
    let mut first = [0];
    Ok(match stream.peek(&mut first).await? {
        0 => Speaks::Nothing,
        _ if first == [HANDSHAKE_RECORD] => Speaks::Tls,
        _ => Speaks::Plain,
    })
}

/// The certificate that clients are shown at present.
#[derive(Debug)]
struct Shown(RwLock<Arc<CertifiedKey>>);

impl Shown {
    /// Gives whether it is another one.
    fn replace(&self, key: CertifiedKey) -> bool {
        let mut shown = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *shown, Arc::new(key));
        before.cert != shown.cert
    }
}

impl ResolvesServerCert for Shown {
    /// The same one for every name: a client that wants another name says so itself.
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}
