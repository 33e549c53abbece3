//! `mortard config check`: the configuration, and what it names.

use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};
use std::path::Path;

use super::moving_in::{self, Found};
use crate::config::{self, Config, Environment, ProblemKind, Report};
use crate::executor::ssh::{self, StartError};
use crate::files::directory;
use crate::http::tls::Tls;
use crate::store::peek;
use crate::words::go::os_reason;

const KEY_FILE: &str = "glusterfs.sshexec.keyfile";
const DATABASE: &str = "glusterfs.db";

/// Reports on a configuration file, and on whether a server would start with it now. What it names is looked at, and
/// nothing is changed.
pub async fn check(path: &Path, environment: &Environment, disable_auth: bool) -> Report {
    let mut report = config::check(path, environment, disable_auth);
    let Some(config) = report.config.clone() else { return report };
    let database = of_database(&config.database.path).await;
    let refused = database.as_ref().err().map(|text| (DATABASE, text.clone()));
    for (key, text) in refusals(&config).into_iter().chain(refused) {
        // What is wrong with the key itself is told.
        if !report.is_refused(key) {
            report.refuse(key, text);
        }
    }
    if let Ok(Some(news)) = database {
        report.tell(DATABASE, ProblemKind::Notable, news);
    }
    if let Some(ssh) = &config.executor.ssh
        && let Err(open @ StartError::KeyOpenToOthers { .. }) = ssh::check_key(&ssh.key)
    {
        report.tell(KEY_FILE, ProblemKind::Permissions, open.to_string());
    }
    for (key, bad) in super::settings(&config).bad_options(true) {
        let text = format!("{bad}. No volume can be created with it; correct the configuration");
        report.tell(&format!("glusterfs.{key}"), ProblemKind::Invalid, text);
    }
    report
}

fn refusals(config: &Config) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    match config.executor.ssh.as_ref().map(|ssh| ssh::check_key(&ssh.key)) {
        None | Some(Ok(()) | Err(StartError::KeyOpenToOthers { .. })) => {}
        Some(Err(error)) => found.push((KEY_FILE, error.to_string())),
    }
    if let Some(tls) = &config.tls
        && let Err(error) = Tls::new(tls.certificate.clone(), tls.key.clone())
    {
        found.push(("enable_tls", format!("{:#}", anyhow::Error::from(error))));
    }
    found.extend(of_port(config.port).map(|text| ("port", text)));
    found
}

/// What a start would do with heketi's database, where that is one; or why there would be none.
async fn of_database(database: &Path) -> Result<Option<String>, String> {
    let folder = directory(database);
    if !folder.is_dir() {
        return Err(format!("{} is no directory: make it, or give another database", folder.display()));
    }
    let found = moving_in::foresee(database).await.map_err(told)?;
    let news = match &found {
        Found::Own(_) => None,
        Found::LeftAlone { old, made } => Some(format!(
            "{} is gone: the server goes on with {}, which was made of it",
            old.display(),
            made.display()
        )),
        Found::New { old, made } => Some(format!(
            "{} is a database of heketi's: it will be imported into {} at the start",
            old.display(),
            made.display()
        )),
        Found::Imported { old, made } => Some(format!(
            "{} is a database of heketi's: the server goes on with {}, which was made of it",
            old.display(),
            made.display()
        )),
    };
    peek::look(&found.into_state()).map(|()| news).map_err(told)
}

fn told(error: impl Into<anyhow::Error>) -> String {
    format!("{:#}", error.into())
}

/// Why a server could not listen now: that is tried, for a moment.
fn of_port(port: u16) -> Option<String> {
    let bound = TcpListener::bind((Ipv6Addr::UNSPECIFIED, port))
        // A machine without IPv6 has IPv4 at least.
        .or_else(|_| TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)));
    let error = bound.err()?;
    Some(format!("cannot listen on port {port} ({}); is another server running there?", os_reason(&error)))
}
