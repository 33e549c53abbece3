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
        Error::InvalidCertificate(other) => format!("x509: {other}"),
        other => format!("tls: {other}"),
    }
}

#[cfg(test)]
mod tests {
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
        check(CertificateError::Revoked.into(), "x509: ", "evoked");
        check(Error::HandshakeNotComplete, "tls: ", "handshake");
    }
}
