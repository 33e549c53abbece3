//! Since when a lock on a peer is held: asked for those who have to find out what still runs there.

use std::time::Duration;

use openssh::Session;

use super::exchange::Exchange;
use super::line;
use crate::executor::Command;
use crate::model::host::Host;

/// When the command that holds a lock began, in UTC by the peer's clock; none where the peer does not tell.
pub(super) async fn since(host: &Host, user: &str, lock: &str, session: &Session) -> Option<String> {
    let look = processes();
    // It needs no rights, and sudo's list of programs need not name it.
    let line = line::compose(&look, false, Duration::ZERO).ok()?;
    let exchange = Exchange { host, user, command: &look, lock_wait: Duration::ZERO };
    let output = exchange.run(session, &line).await.ok()?;
    began(&output.stdout, lock)
}

/// All processes: their age in seconds, their begin as `Tue Nov 24 22:18:01 2026`, and their words.
fn processes() -> Command {
    let fields = ["TZ=UTC0", "ps", "-ww", "-e", "-o", "etimes=,lstart=,args="];
    Command::look("env").args(fields).deadline(Duration::from_secs(10))
}

/// The oldest `flock` on that file: younger ones wait for it.
fn began(processes: &str, lock: &str) -> Option<String> {
    let holders = processes.lines().filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (age, begin, args) = (words.first()?.parse::<u64>().ok()?, words.get(1..6)?, words.get(6..)?);
        let is_flock = args.first()?.rsplit('/').next() == Some("flock");
        let is_on_it = args.iter().any(|word| word.rsplit('/').next() == Some(lock));
        (is_flock && is_on_it).then(|| (age, format!("{} UTC", begin.join(" "))))
    });
    holders.max_by_key(|(age, _)| *age).map(|(_, begin)| begin)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROCESSES: &str = "\
     93401 Mon Nov 23 20:21:20 2026 /sbin/init
        75 Tue Nov 24 22:16:46 2026 flock -o -w 60 -E 213 /run/lock/mortar-brick-b timeout 300 lvcreate
        12 Tue Nov 24 22:17:49 2026 /usr/bin/flock -o -w 60 -E 213 /run/lock/mortar-brick-b timeout 60 true
       200 Tue Nov 24 22:14:41 2026 flock -o -w 60 -E 213 /run/lock/mortar-brick-bb timeout 300 lvcreate
       300 Tue Nov 24 22:13:01 2026 vi /run/lock/mortar-brick-b
";

    #[test]
    fn the_oldest_flock_on_the_file_holds_the_lock() {
        let found = began(PROCESSES, "mortar-brick-b");
        assert_eq!(found.as_deref(), Some("Tue Nov 24 22:16:46 2026 UTC"));
        assert_eq!(began(PROCESSES, "mortar-brick-c"), None);
        assert_eq!(began("ps: unknown option -- e\n", "mortar-brick-b"), None);
    }
}
