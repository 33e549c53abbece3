//! Why there is no TLS with a server, in the words of Go's client, and what to do.

use rustls::{CertificateError, Error, InvalidMessage};

/// The failure of TLS that an error of a connection is about.
pub(in crate::client) fn failure(error: &ureq::Error) -> Option<&Error> {
    let ureq::Error::Io(error) = error else { return None };
    error.get_ref().and_then(|inner| inner.downcast_ref())
}

/// What to tell of it. `host` may have a port.
pub(in crate::client) fn reason(error: &Error, host: &str) -> String {
    match error {
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => format!(
            "http: server gave HTTP response to HTTPS client. Nothing at {host} speaks TLS: write http:// in place of https://, or give the server a certificate (enable_tls, cert_file, key_file)"
        ),
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => "x509: certificate signed by unknown authority. If you trust it, name it, or that of its authority, with --tls-cert".to_owned(),
        Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => format!(
            "x509: certificate is valid for other names than that of {host}. Use one of its names, or let the server have one for this name (subjectAltName)"
        ),
        Error::InvalidCertificate(
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. },
        ) => "x509: certificate has expired or is not yet valid. Renew it, or compare the clocks".to_owned(),
        Error::InvalidCertificate(other) => {
            format!("x509: the certificate cannot be used: {}", words(&format!("{other:?}")))
        }
        Error::AlertReceived(alert) => format!("remote error: tls: {}", words(&format!("{alert:?}"))),
        other => format!("tls: {}", words(&format!("{other:?}"))),
    }
}

/// The library's name of a failure, and of what is in it, as words: `InvalidCertificate(UnknownIssuer)` is `invalid
/// certificate: unknown issuer`.
fn words(name: &str) -> String {
    let names = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|name| !name.is_empty());
    // What is behind two of them are values for programmers.
    let spelt = names.take(2).map(|name| {
        let letters = name.char_indices().flat_map(|(at, c)| {
            let begins =
                c.is_ascii_uppercase() && at > 0 && !name[..at].ends_with(|c: char| c.is_ascii_uppercase());
            begins.then_some(' ').into_iter().chain(c.to_lowercase())
        });
        letters.collect::<String>()
    });
    spelt.collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use rustls::{AlertDescription, PeerIncompatible};

    use super::*;

    #[test]
    fn failures_say_what_to_do() {
        let check = |error: Error, begins: &str, says: &str| {
            let wrapped = ureq::Error::Io(std::io::Error::new(std::io::ErrorKind::InvalidData, error));
            let found = reason(failure(&wrapped).unwrap(), "a:8443");
            assert!(found.starts_with(begins) && found.contains(says), "{found}");
        };
        check(
            InvalidMessage::InvalidContentType.into(),
            "http: server gave HTTP response",
            "http:// in place",
        );
        check(CertificateError::UnknownIssuer.into(), "x509: certificate signed by unknown", "--tls-cert");
        check(CertificateError::NotValidForName.into(), "x509: ", "a:8443");
        check(CertificateError::Expired.into(), "x509: certificate has expired", "clocks");
        check(CertificateError::Revoked.into(), "x509: the certificate cannot be used: ", "revoked");
        check(Error::HandshakeNotComplete, "tls: ", "handshake not complete");
        check(
            Error::AlertReceived(AlertDescription::HandshakeFailure),
            "remote error: tls: ",
            "handshake failure",
        );
        check(
            PeerIncompatible::NoCipherSuitesInCommon.into(),
            "tls: peer incompatible: no cipher suites in common",
            "",
        );
    }
}
