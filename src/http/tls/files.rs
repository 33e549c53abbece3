//! The two files, and what can be wrong with them.

use std::io;
use std::path::{Path, PathBuf};

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

/// Keys with a passphrase begin so.
const ENCRYPTED: &[u8] = b"ENCRYPTED";

/// Why the server cannot speak TLS. Each says which file it is about, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {name} {}: {reason}; name a file there that the user of the server may read", path.display())]
    Unreadable {
        /// The key of the configuration.
        name: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// There is no certificate in the file.
    #[error("cert_file {} holds no PEM certificate that can be read; it should be a chain of `-----BEGIN CERTIFICATE-----` blocks, the server's own first", path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// There is no key in the file.
    #[error("key_file {} holds no PEM private key that can be read; it should be one block of `-----BEGIN PRIVATE KEY-----` (or RSA, or EC)", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The key has a passphrase, and there is nobody to type it.
    #[error("the private key in key_file {0} has a passphrase; write it without one: openssl pkey -in {0} -out FILE", path.display())]
    Encrypted {
        /// The file.
        path: PathBuf,
    },
    /// The key is another one's.
    #[error("the private key in key_file {} does not belong to the certificate in cert_file {}; give two that were made together, and in a chain the server's own certificate first", key.display(), certificate.display())]
    Mismatch {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
    },
    /// The certificate or the key is of a kind that cannot be used.
    #[error("the certificate in cert_file {} with the private key in key_file {} cannot be used: {reason}; make them anew, with an ECDSA (P-256), Ed25519 or RSA (2048 bits or more) key", certificate.display(), key.display())]
    Unusable {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// Why.
        reason: rustls::Error,
    },
    /// A fault of the TLS library.
    #[error("TLS cannot be set up: {0}")]
    Setup(rustls::Error),
}

/// Where a certificate and its key are.
#[derive(Debug, Clone)]
pub struct CertificateFiles {
    /// The chain of certificates, PEM.
    pub certificate: PathBuf,
    /// The private key, PEM.
    pub key: PathBuf,
}

impl CertificateFiles {
    /// Reads both, and sees whether they belong together.
    pub(super) fn read(&self, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
        let chain = self.chain()?;
        let key = self.private_key()?;
        CertifiedKey::from_der(chain, key, provider).map_err(|reason| {
            let (certificate, key) = (self.certificate.clone(), self.key.clone());
            match reason {
                rustls::Error::InconsistentKeys(_) => TlsError::Mismatch { certificate, key },
                reason => TlsError::Unusable { certificate, key, reason },
            }
        })
    }

    fn chain(&self) -> Result<Vec<CertificateDer<'static>>, TlsError> {
        let text = read("cert_file", &self.certificate)?;
        let chain = CertificateDer::pem_slice_iter(&text).collect::<Result<Vec<_>, _>>();
        match chain {
            Ok(chain) if !chain.is_empty() => Ok(chain),
            _ => Err(TlsError::NoCertificate { path: self.certificate.clone() }),
        }
    }

    fn private_key(&self) -> Result<PrivateKeyDer<'static>, TlsError> {
        let text = read("key_file", &self.key)?;
        let path = || self.key.clone();
        match PrivateKeyDer::from_pem_slice(&text) {
            Ok(key) => Ok(key),
            // Also in the old form, whose header lines are no base64.
            Err(_) if has(&text, ENCRYPTED) => Err(TlsError::Encrypted { path: path() }),
            Err(_) => Err(TlsError::NoKey { path: path() }),
        }
    }
}

fn read(name: &'static str, path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|reason| TlsError::Unreadable { name, path: path.to_owned(), reason })
}

fn has(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|part| part == word)
}
