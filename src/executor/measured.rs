//! Times every command, and knows those that have not ended.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::under_way::{self, Overdue, UnderWay};
use super::{Command, Executor, Output, RemoteError};
use crate::metrics::Metrics;
use crate::model::host::Host;

/// Another executor, with the time of each command.
pub struct Measured<E> {
    inner: E,
    metrics: Metrics,
    under_way: Arc<UnderWay>,
}

impl<E: Executor> Measured<E> {
    /// Times what `inner` runs.
    pub fn new(inner: E, metrics: Metrics) -> Measured<E> {
        Measured { inner, metrics, under_way: Arc::default() }
    }
}

#[async_trait]
impl<E: Executor> Executor for Measured<E> {
    async fn run(&self, host: &Host, command: &Command) -> Result<Output, RemoteError> {
        let (begun, label) = (Instant::now(), label(command));
        let running = self.inner.run(host, command);
        let done = if command.is_slow() {
            running.await
        } else {
            under_way::run(self.under_way.enter(host, &label, begun), running).await
        };
        self.metrics.command(&label, outcome(&done), begun.elapsed());
        if !matches!(done, Ok(_) | Err(RemoteError::Exited { .. } | RemoteError::NotLocked { .. })) {
            self.under_way.suspect(host);
        }
        done
    }

    fn introduce(&self, manage: &str, storage: &str) {
        self.inner.introduce(manage, storage);
    }

    fn overdue(&self, host: &Host) -> Option<Overdue> {
        self.under_way.overdue(host)
    }

    fn busy_for(&self, host: &Host) -> Duration {
        self.under_way.busy_for(host)
    }

    fn suspects(&self) -> Vec<Host> {
        self.under_way.suspects()
    }
}

/// The program, and for those that do many things what it does: `lvm lvcreate`, `gluster volume heal`. All of them are
/// words of ours, so that there are few of them.
fn label(command: &Command) -> String {
    let base = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    let wrapped = command.arguments().first().filter(|first| matches!(&*base(first), "lvm" | "udevadm"));
    // Behind heketi's `lvm_wrapper`.
    let (program, arguments) = match wrapped {
        Some(program) => (base(program), &command.arguments()[1..]),
        None => (base(command.program()), command.arguments()),
    };
    let words = match &*program {
        "lvm" | "gluster-block" => 1,
        "gluster" => 2,
        _ => 0,
    };
    let verbs = arguments.iter().filter(|argument| !argument.starts_with('-')).take(words).cloned();
    std::iter::once(program).chain(verbs).collect::<Vec<_>>().join(" ")
}

fn outcome(done: &Result<Output, RemoteError>) -> &'static str {
    match done {
        Ok(_) => "ok",
        Err(RemoteError::Exited { .. }) => "refused",
        // None of these was started.
        Err(
            RemoteError::Unreachable { .. }
            | RemoteError::StillRunning { .. }
            | RemoteError::NotLocked { .. },
        ) => "unreachable",
        Err(RemoteError::OutcomeUnknown { .. }) => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_told_apart_by_what_they_do() {
        let check = |program: &str, arguments: &[&str], expected: &str| {
            let command = Command::look(program).args(arguments.iter().copied());
            assert_eq!(label(&command), expected);
        };
        check("/usr/sbin/lvm", &["lvcreate", "-qq", "--size", "4K"], "lvm lvcreate");
        check("/bin/nsenter-lvm", &["/usr/sbin/lvm", "vgs", "vg_a"], "lvm vgs");
        check(
            "gluster",
            &["--mode=script", "--timeout=600", "volume", "heal", "v", "info"],
            "gluster volume heal",
        );
        check("gluster", &["--mode=script", "pool", "list"], "gluster pool list");
        check("mkfs.xfs", &["-i", "size=512", "/dev/mapper/vg-brick"], "mkfs.xfs");
        check("cat", &["/etc/fstab"], "cat");
    }
}
