//! `mortard config check`: the configuration, and the files that it names.

use std::path::Path;

use crate::config::{self, Config, Environment, Report};
use crate::executor::ssh;
use crate::http::tls::Tls;

/// Reports on a configuration file. Nothing is opened but what it names, and nothing is changed.
pub fn check(path: &Path, environment: &Environment, disable_auth: bool) -> Report {
    let mut report = config::check(path, environment, disable_auth);
    for (key, text) in report.config.as_ref().map(refusals).unwrap_or_default() {
        report.refuse(key, text);
    }
    report
}

fn refusals(config: &Config) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    if let Some(ssh) = &config.executor.ssh
        && let Err(error) = ssh::check_key(&ssh.key)
    {
        found.push(("glusterfs.sshexec.keyfile", error.to_string()));
    }
    if let Some(tls) = &config.tls
        && let Err(error) = Tls::new(tls.certificate.clone(), tls.key.clone())
    {
        found.push(("enable_tls", format!("{:#}", anyhow::Error::from(error))));
    }
    let database = &config.database.path;
    let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        let text = format!("{} is no directory: make it, or give another database", folder.display());
        found.push(("glusterfs.db", text));
    }
    found
}
