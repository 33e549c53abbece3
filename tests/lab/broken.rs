//! The audit itself: it finds what is broken on real peers. An audit that sees nothing proves nothing.

use crate::audit;
use crate::peers::on;
use crate::scenarios::{Operator as _, Others};
use crate::server::{Server, wait_until};

/// Breaks something on a peer, wants the audit to say these words, and mends it again.
fn finds(server: &Server, peer: usize, harm: &str, words: &[&str], mend: &str) {
    on(peer, harm);
    let found = audit::findings(server, &Others::default()).join("\n");
    for word in words {
        assert!(found.contains(word), "{harm}: {word:?} is missing in {found:?}");
    }
    on(peer, mend);
    eprintln!("found: {harm}");
}

#[test]
#[ignore = "needs the lab: make test-all"]
fn the_audit_finds_what_is_broken() {
    let server = Server::with_topology();
    let (done, text) = server.mortar(&["volume", "create", "--size=1", "--name=v"]);
    assert!(done, "{text}");
    audit::is_clean(&server);

    finds(
        &server,
        1,
        "gluster --mode=script volume stop v",
        &["volume v is \"Stopped\"", "bricks online"],
        "gluster --mode=script volume start v",
    );
    finds(
        &server,
        2,
        "tail --lines=1 /etc/fstab >> /etc/fstab",
        &["10.10.10.18: fstab"],
        "sed -i '$d' /etc/fstab",
    );
    let group =
        on(3, "lvm vgs --noheadings -o vg_name").split_whitespace().next().expect("a group").to_owned();
    finds(
        &server,
        3,
        &format!("lvm lvcreate -qq -L 64M -n left {group}"),
        &["10.10.10.19: logical volumes", "10.10.10.19: volume groups", "left"],
        &format!("lvm lvremove -qq -f {group}/left"),
    );
    finds(
        &server,
        3,
        "systemctl stop glusterd",
        &["10.10.10.17: connected peers"],
        "systemctl start glusterd",
    );
    let point = on(2, "awk '/brick_/ { print $2; exit }' /proc/mounts");
    finds(&server, 2, &format!("umount --lazy {}", point.trim()), &["10.10.10.18: mounts"], "true");
    on(1, "kill $(pgrep -o glusterfsd)");
    wait_until(crate::server::PATIENCE, "the audit to miss a brick", || {
        audit::findings(&server, &Others::default()).join("\n").contains("the pool: bricks online")
    });
}
