//! The server that a command talks to.

use super::args::Global;
use super::failure::{Failure, os_reason};
use crate::client::{Behind, Client, Credentials, Line, Progress};

const DEFAULT_SERVER: &str = "http://localhost:8080";

/// Which server, as whom.
pub(super) struct Session {
    server: String,
    credentials: Credentials,
    certificates: Vec<String>,
    /// Whether results are printed as JSON.
    pub(super) json: bool,
}

impl Session {
    /// From flags, or else from the environment. An empty flag counts as none.
    pub(super) fn new(global: Global, variable: &dyn Fn(&str) -> Option<String>) -> Session {
        let choose = |flag: String, name: &str| {
            if flag.is_empty() { variable(name).unwrap_or_default() } else { flag }
        };
        let server = choose(global.server, "HEKETI_CLI_SERVER");
        let user = choose(global.user, "HEKETI_CLI_USER");
        let key = choose(global.secret, "HEKETI_CLI_KEY");
        Session {
            server: if server.is_empty() { DEFAULT_SERVER.to_owned() } else { server },
            credentials: Credentials { user, key },
            certificates: global.tls_cert,
            json: global.json,
        }
    }

    /// A client; on a terminal it shows what the server is doing.
    pub(super) fn client(&self) -> Result<Client, Failure> {
        self.client_with(Line::on_stderr())
    }

    /// A client for commands that show themselves how far they are, which the running step is shown behind.
    pub(super) fn loading_client(&self) -> Result<Client, Failure> {
        self.client_with(Behind::stdout())
    }

    fn client_with(&self, progress: Box<dyn Progress>) -> Result<Client, Failure> {
        self.certificates.iter().try_for_each(|path| check_certificate(path))?;
        Ok(Client::new(self.server.clone(), self.credentials.clone(), progress))
    }
}

/// heketi-cli looks at certificate files even when it will not need them.
fn check_certificate(path: &str) -> Result<(), Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::new(format!("failed to read cert file {path}: open {path}: {}", os_reason(&error)))
    })?;
    if text.contains("-----BEGIN CERTIFICATE-----") {
        Ok(())
    } else {
        Err(Failure::new(format!("failed to load PEM encoded cert from {path}")))
    }
}
