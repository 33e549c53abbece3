//! Volumes that keep less than three whole copies of everything.

use crate::audit;
use crate::mounts::Mounted;
use crate::peers::on;
use crate::server::Server;
use crate::volumes::{create, delete, layout, peer_of, sums_on};

#[test]
#[ignore = "needs the lab: make test-all"]
fn an_arbiter_keeps_names_only_and_a_dispersed_volume_pieces() {
    let server = Server::with_topology();
    let arbiter =
        create(&server, "arbitrated", &["--size=1", "--gluster-volume-options=user.heketi.arbiter true"]);
    assert_eq!(layout("arbitrated"), "1 x (2 + 1) = 3");
    let mut bricks: Vec<_> = arbiter.bricks.iter().collect();
    bricks.sort_by_key(|brick| brick.size);
    assert!(bricks[0].size < 512 * 1024, "the arbiter is small: {} KiB", bricks[0].size);
    assert!(bricks[1..].iter().all(|brick| brick.size == 1024 * 1024), "the others hold all");

    let dispersed = create(
        &server,
        "dispersed",
        &["--size=2", "--durability=disperse", "--disperse-data=2", "--redundancy=1"],
    );
    assert_eq!(layout("dispersed"), "1 x (2 + 1) = 3");

    for volume in [&arbiter, &dispersed] {
        let written = Mounted::new(&volume.mount.glusterfs.device);
        written.fill("letters", 5);
        written.write("greeting", "hello from a client\n");
        let sums = written.sums();
        written.unmount();
        // By a client that remembers nothing.
        let read = Mounted::new(&volume.mount.glusterfs.device);
        assert_eq!(read.sums(), sums);
        assert_eq!(read.read("greeting"), "hello from a client\n");
        // Less what the file systems of the bricks take for themselves.
        let (size, full) = (read.size() >> 20, 1024 * volume.size.unsigned_abs());
        assert!((full * 9 / 10..=full).contains(&size), "{size} MiB of {full}");
        read.unmount();
        if volume.name == "arbitrated" {
            assert!(bricks[1..].iter().all(|brick| sums_on(&server, brick) == sums));
        }
    }
    let size_on =
        |brick| on(peer_of(&server, brick), &format!("stat --format=%s {}/letters/file-1", brick.path));
    assert_eq!(size_on(bricks[0]).trim(), "0");
    for brick in dispersed.bricks.iter() {
        assert_eq!(size_on(brick).trim(), (512 * 1024).to_string(), "half of the file");
    }
    audit::is_clean(&server, &[]);
    delete(&server, &arbiter);
    delete(&server, &dispersed);
    audit::is_clean(&server, &[]);
}
