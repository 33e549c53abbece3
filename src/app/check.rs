//! `mortard config check`: the configuration, and what it names.

use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};
use std::path::Path;

use crate::config::{self, Config, Environment, ProblemKind, Report};
use crate::executor::ssh::{self, StartError};
use crate::http::tls::Tls;
use crate::store::peek::{self, Kind};
use crate::words::go::os_reason;

const KEY_FILE: &str = "glusterfs.sshexec.keyfile";

/// Reports on a configuration file, and on whether a server would start with it now. What it names is looked at, and
/// nothing is changed.
pub fn check(path: &Path, environment: &Environment, disable_auth: bool) -> Report {
    let mut report = config::check(path, environment, disable_auth);
    let Some(config) = report.config.clone() else { return report };
    for (key, text) in refusals(&config) {
        // What is wrong with the key itself is told.
        if !report.is_refused(key) {
            report.refuse(key, text);
        }
    }
    if peek::look(&config.database.path).is_ok_and(|kind| kind == Kind::Heketi) {
        let file = config.database.path.display();
        let text = format!("{file} is a database of heketi: it will be imported at the start");
        report.tell("glusterfs.db", ProblemKind::Notable, text);
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
    found.extend(of_database(&config.database.path).map(|text| ("glusterfs.db", text)));
    found.extend(of_port(config.port).map(|text| ("port", text)));
    found
}

fn of_database(database: &Path) -> Option<String> {
    let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Some(format!("{} is no directory: make it, or give another database", folder.display()));
    }
    peek::look(database).err().map(|error| format!("{:#}", anyhow::Error::from(error)))
}

/// Why a server could not listen now: that is tried, for a moment.
fn of_port(port: u16) -> Option<String> {
    let bound = TcpListener::bind((Ipv6Addr::UNSPECIFIED, port))
        // A machine without IPv6 has IPv4 at least.
        .or_else(|_| TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)));
    let error = bound.err()?;
    Some(format!("cannot listen on port {port} ({}); is another server running there?", os_reason(&error)))
}
