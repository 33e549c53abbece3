//! The server that a command talks to.

use rustls::pki_types::CertificateDer;

use super::args::Global;
use super::failure::Failure;
use super::raw;
use crate::client::{Ahead, Behind, Client, Credentials, Line, Progress, Trust};
use crate::words::go::os_reason;

const DEFAULT_SERVER: &str = "http://localhost:8080";

/// Which server, as whom.
pub(super) struct Session {
    server: String,
    /// Whether nobody has named a server.
    is_default: bool,
    credentials: Credentials,
    insecure: bool,
    certificates: Vec<String>,
    /// Whether results are printed as JSON.
    pub(super) json: bool,
}

impl Session {
    /// From flags, or else from the environment. An empty flag counts as none.
    ///
    /// # Errors
    /// When a variable other than the key is not UTF-8.
    pub(super) fn new(global: Global, variable: &dyn Fn(&str) -> Option<String>) -> Result<Session, Failure> {
        let choose = |flag: String, name: &str| {
            if flag.is_empty() { variable(name).unwrap_or_default() } else { flag }
        };
        // A flag that is no UTF-8 was refused before.
        let plain = |flag: String, name: &str| {
            let chosen = choose(flag, name);
            let refused = || Failure::new(format!("the value of {name} is not UTF-8"));
            if raw::is_plain(&chosen) { Ok(chosen) } else { Err(refused()) }
        };
        let server = plain(global.server, "HEKETI_CLI_SERVER")?;
        let user = plain(global.user, "HEKETI_CLI_USER")?;
        let key = raw::bytes(&choose(global.secret, "HEKETI_CLI_KEY"));
        Ok(Session {
            is_default: server.is_empty(),
            server: if server.is_empty() { DEFAULT_SERVER.to_owned() } else { server },
            credentials: Credentials { user, key },
            insecure: global.insecure_tls,
            certificates: global.tls_cert,
            json: global.json,
        })
    }

    /// A failure with a word on where the address came from, where nobody has named one.
    pub(super) fn explained(&self, failure: Failure) -> Failure {
        if !self.is_default || !failure.text.contains(&format!("\"{DEFAULT_SERVER}")) {
            return failure;
        }
        let told = "That address is the default one: neither --server nor HEKETI_CLI_SERVER names another.";
        let explanation = failure.explanation.map_or(told.to_owned(), |why| format!("{why}\n{told}"));
        Failure { explanation: Some(explanation), ..failure }
    }

    /// As whom.
    pub(super) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// A client; on a terminal it shows what the server is doing.
    pub(super) fn client(&self) -> Result<Client, Failure> {
        self.client_with(Line::on_stderr())
    }

    /// A client for commands that show themselves how far they are: the running step is shown behind the line that they
    /// have begun.
    pub(super) fn loading_client(&self, ahead: &Ahead) -> Result<Client, Failure> {
        self.client_with(Behind::stdout(ahead))
    }

    fn client_with(&self, progress: Box<dyn Progress>) -> Result<Client, Failure> {
        let trust = self.trust()?;
        Ok(Client::trusting(self.server.clone(), self.credentials.clone(), progress, trust))
    }

    /// heketi-cli reads the files of certificates even when it will not need them.
    fn trust(&self) -> Result<Trust, Failure> {
        let mut named = Vec::new();
        for path in &self.certificates {
            named.extend(certificates(path)?);
        }
        Ok(match (self.insecure, named.is_empty()) {
            (true, _) => Trust::Anything,
            (false, true) => Trust::System,
            (false, false) => Trust::Only(named),
        })
    }
}

fn certificates(path: &str) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let text = std::fs::read(raw::path(path)).map_err(|error| {
        Failure::new(format!("failed to read cert file {path}: open {path}: {}", os_reason(&error)))
    })?;
    let found = Trust::certificates(&text);
    if found.is_empty() {
        return Err(Failure::new(format!("failed to load PEM encoded cert from {path}")));
    }
    Ok(found)
}
