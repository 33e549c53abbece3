//! A volume grows under its client's hands.

use crate::audit;
use crate::mounts::Mounted;
use crate::peers::on;
use crate::scenarios::{Mounted as _, Operator as _};
use crate::server::{PATIENCE, Server, wait_until};
use crate::volumes::files_in;

#[test]
#[ignore = "needs the lab: make test-all"]
fn a_mounted_volume_grows_and_its_files_spread_over_both_sets() {
    let server = Server::with_topology();
    let before = server.create("data", &["--size=1"]);
    assert_eq!(server.layout("data"), "1 x 3 = 3");
    let client = Mounted::new(&before.mount.glusterfs.device);
    client.fill("old", 20);
    let (sums, size) = (client.sums(), client.size());

    let (grown, text) = server.mortar(&["volume", "expand", "--expand-size=1", &before.id]);
    assert!(grown, "{text}");
    assert_eq!(server.layout("data"), "2 x 3 = 6");
    let after = server.by_name("data");
    assert_eq!(after.size, 2);
    wait_until(PATIENCE, "the client to see twice the size", || client.size() == size.map(|size| 2 * size));
    assert_eq!(client.sums(), sums, "while they are spread");

    wait_until(PATIENCE, "the rebalance to end on all peers", || is_spread("data"));
    client.fill("new", 20);
    for directory in ["old", "new"] {
        let counts: Vec<usize> =
            after.bricks.iter().map(|brick| files_in(&server, brick, directory)).collect();
        eprintln!("{directory} files on each brick: {counts:?}");
        assert!(counts.iter().all(|&count| (1..20).contains(&count)), "{directory}: {counts:?}");
        assert_eq!(counts.iter().sum::<usize>(), 3 * 20, "{directory}: {counts:?}");
    }
    let all = client.sums();
    assert!(sums.lines().all(|line| all.contains(line)));
    client.unmount();
    audit::is_clean(&server);
    server.delete(&after);
    audit::is_clean(&server);
}

/// Whether gluster has spread what is in a volume. It may refuse to say while its processes start.
fn is_spread(name: &str) -> bool {
    let status = on(1, &format!("gluster volume rebalance {name} status 2>&1 || true"));
    status.lines().filter(|line| line.contains(" completed ")).count() == 3
}
