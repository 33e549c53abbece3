//! Our faults: which of them a command meets, and how often they have happened.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use regex::Regex;

use super::config::Fault;
use crate::model::host::Host;

struct Rule {
    fault: Fault,
    command: Regex,
    host: Option<Regex>,
    seen: AtomicU64,
    happened: AtomicU64,
}

/// The faults, ready to match.
pub struct FaultSet {
    rules: Vec<Rule>,
    spent: Option<PathBuf>,
}

impl FaultSet {
    /// Compiles faults. Those that have happened are counted in the file `spent`, where one is given: a fault that
    /// killed the server does not kill it again when it has started with the same configuration.
    pub fn new(faults: Vec<Fault>, spent: Option<PathBuf>) -> Result<FaultSet, regex::Error> {
        let counts = spent.as_ref().map(counts).unwrap_or_default();
        let rule = |fault: Fault| {
            Ok(Rule {
                command: Regex::new(&fault.command)?,
                host: fault.host.as_deref().map(Regex::new).transpose()?,
                seen: AtomicU64::new(0),
                happened: AtomicU64::new(counts.get(&name(&fault)).copied().unwrap_or(0)),
                fault,
            })
        };
        Ok(FaultSet { rules: faults.into_iter().map(rule).collect::<Result<_, _>>()?, spent })
    }

    /// The fault that a command meets; it counts as having happened.
    pub fn meet(&self, host: &Host, command: &str) -> io::Result<Option<&Fault>> {
        let Some(rule) = self.rules.iter().find(|rule| rule.applies(host, command)) else { return Ok(None) };
        if let Some(file) = &self.spent {
            let line = format!("{}\n", name(&rule.fault));
            OpenOptions::new().create(true).append(true).open(file)?.write_all(line.as_bytes())?;
        }
        Ok(Some(&rule.fault))
    }
}

impl Rule {
    /// Whether it happens to a command; counts.
    fn applies(&self, host: &Host, command: &str) -> bool {
        let matches = self.command.is_match(command)
            && self.host.as_ref().is_none_or(|pattern| pattern.is_match(host.as_str()))
            && self.fault.cond_file.as_ref().is_none_or(|file| file.exists());
        if !matches || self.seen.fetch_add(1, Ordering::Relaxed) < self.fault.skip {
            return false;
        }
        let before = self.happened.fetch_add(1, Ordering::Relaxed);
        self.fault.times == 0 || before < self.fault.times
    }
}

fn name(fault: &Fault) -> String {
    format!("{:?} {:?} {:?} {}", fault.fault, fault.command, fault.host, fault.skip)
}

fn counts(file: &PathBuf) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for line in fs::read_to_string(file).unwrap_or_default().lines() {
        *counts.entry(line.to_owned()).or_default() += 1;
    }
    counts
}
