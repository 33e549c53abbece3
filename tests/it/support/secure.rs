//! Certificates, and connections over TLS.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::Lab;
use crate::conformance::http;

/// A connection over TLS.
pub type Secure = StreamOwned<ClientConnection, TcpStream>;

/// An authority of a scenario.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A certificate with its key, both PEM.
pub struct Pair {
    pub certificate: String,
    pub key: String,
}

impl Authority {
    pub fn new(name: &str) -> Authority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Authority { issuer: Issuer::new(params, key), pem }
    }

    /// A certificate for a server of these names.
    pub fn signs(&self, names: &[&str]) -> Pair {
        let names = names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &self.issuer).unwrap();
        Pair { certificate: certificate.pem(), key: key.serialize_pem() }
    }

    /// A certificate that has ended.
    pub fn signed_long_ago(&self) -> Pair {
        let mut params = CertificateParams::new(local()).unwrap();
        params.not_before = rcgen::date_time_ymd(2001, 1, 1);
        params.not_after = rcgen::date_time_ymd(2002, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Pair { certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

fn local() -> Vec<String> {
    vec!["127.0.0.1".to_owned(), "localhost".to_owned()]
}

/// What `openssl req -x509` makes: a certificate that signs itself, as an authority.
pub fn self_signed() -> Pair {
    let mut params = CertificateParams::new(local()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    Pair { certificate: certificate.pem(), key: key.serialize_pem() }
}

impl Pair {
    /// Writes both into a folder, which is made: the files.
    pub fn write(&self, folder: &Path) -> (PathBuf, PathBuf) {
        fs::create_dir_all(folder).unwrap();
        let (certificate, key) = (folder.join("tls.crt"), folder.join("tls.key"));
        fs::write(&certificate, &self.certificate).unwrap();
        fs::write(&key, &self.key).unwrap();
        (certificate, key)
    }
}

impl Lab {
    /// A server that speaks TLS, not started yet, and the authority that its clients believe.
    pub fn encrypted() -> (Lab, Authority) {
        let mut lab = Lab::new();
        let authority = lab.speak_tls();
        (lab, authority)
    }

    /// It speaks TLS from the next start on; the authority that its clients believe.
    pub fn speak_tls(&mut self) -> Authority {
        let authority = Authority::new("scenario");
        let (certificate, key) = authority.signs(&["127.0.0.1", "localhost"]).write(&self.path().join("tls"));
        let known = self.authority_file();
        fs::write(&known, &authority.pem).unwrap();
        self.encrypt(&certificate, &key, &known);
        authority
    }

    /// Where the certificate of the authority is.
    pub fn authority_file(&self) -> PathBuf {
        self.path().join("authority.pem")
    }

    /// How a client of the scenario speaks TLS; `protocols` are those of ALPN.
    pub fn tls(&self, protocols: &[&str]) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        if let mortar::client::Trust::Only(known) = self.trust() {
            roots.add_parsable_certificates(known);
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let mut config = builder.unwrap().with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        Arc::new(config)
    }

    /// A connection over TLS, with the handshake behind it.
    pub fn connect_securely(&self) -> Secure {
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let mut connection = ClientConnection::new(self.tls(&[]), name).unwrap();
        let mut stream = http::connect(self.port()).unwrap();
        connection.complete_io(&mut stream).unwrap();
        StreamOwned::new(connection, stream)
    }

    /// The certificate that the server shows to who connects now.
    pub fn shown_certificate(&self) -> Vec<u8> {
        let stream = self.connect_securely();
        stream.conn.peer_certificates().unwrap()[0].to_vec()
    }
}
