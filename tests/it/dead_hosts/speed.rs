//! How much slower others are beside a dead host: measured in one run, before, while and after it is dead.

use std::time::{Duration, Instant};

use super::by_ssh::reaching;
use super::network::Network;
use super::simulated::{SICK, with_what_may_hang};
use super::{BACK, MINUTE, ask_for_many, becomes};
use crate::support::Lab;
use crate::support::operator::replica_3;

/// Creates before and after; twice as many in between.
const CREATES: usize = 40;

/// The times that so many creates take, one after the other.
fn creates(lab: &Lab, count: usize) -> Vec<Duration> {
    let create = |_| {
        let begun = Instant::now();
        let made = lab.create(&replica_3(1)).unwrap();
        let took = begun.elapsed();
        assert_eq!(lab.remove(&made.id).status, 204);
        took
    };
    (0..count).map(create).collect()
}

fn quantile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort();
    times[(times.len() - 1) * percent / 100]
}

/// Prints how long creates take with and without a host.
fn compare(what: &str, lab: &Lab, host: &str, kill: impl Fn(), revive: impl Fn()) {
    creates(lab, 5);
    becomes(lab, host, true, MINUTE);
    let mut without = creates(lab, CREATES);
    kill();
    // They are what waits for it all the time.
    ask_for_many(lab);
    let begun = Instant::now();
    becomes(lab, host, false, MINUTE);
    let noticed = begun.elapsed();
    let mut with = creates(lab, 2 * CREATES);
    revive();
    becomes(lab, host, true, BACK);
    without.extend(creates(lab, CREATES));
    let (p95, p95_dead) = (quantile(&mut without, 95), quantile(&mut with, 95));
    let (p50, p50_dead) = (quantile(&mut without, 50), quantile(&mut with, 50));
    let ratio = |dead: Duration, well: Duration| dead.as_secs_f64() / well.as_secs_f64();
    println!(
        "{what}: noticed after {:.1} s; create p95 {p95_dead:.1?} beside it, {p95:.1?} without, ratio {:.2}; p50 ratio {:.2}",
        noticed.as_secs_f64(),
        ratio(p95_dead, p95),
        ratio(p50_dead, p50)
    );
}

/// `make dead-hosts`
#[test]
#[ignore = "measures"]
fn creates_beside_a_peer_on_which_something_hangs() {
    for (what, commands) in [("a glusterd that hangs", "^gluster "), ("an lvcreate that hangs", "lvcreate")] {
        let lab = with_what_may_hang(commands);
        compare(what, &lab, SICK, || lab.close_gate(), || lab.open_gate());
    }
}

/// `make dead-hosts`
#[test]
#[ignore = "measures, and makes name spaces of the network, as root"]
fn creates_beside_a_host_from_which_nothing_comes() {
    let network = Network::of(4);
    let dead = network.addresses().remove(1);
    let mut lab = reaching(&network);
    lab.start();
    let (kill, revive) = (|| network.kill(&dead), || network.revive(&dead));
    compare("a host that falls silent after the handshake", &lab, &dead, kill, revive);
    lab.stop();
    network.kill(&dead);
    lab.start();
    becomes(&lab, &dead, false, MINUTE);
    let mut with = creates(&lab, CREATES);
    network.revive(&dead);
    becomes(&lab, &dead, true, BACK);
    let mut without = creates(&lab, CREATES);
    let (with, without) = (quantile(&mut with, 95), quantile(&mut without, 95));
    println!(
        "a host that answers SYN with nothing: create p95 {with:.1?} beside it, {without:.1?} without, ratio {:.2}",
        with.as_secs_f64() / without.as_secs_f64()
    );
}
