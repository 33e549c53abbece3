//! Sources and clones come and go, in any order.

use mortar::api::VolumeInfo;
use mortar::executor::sim::Action;

use super::{SOON, cloned, gluster, holders, roomy, run, used, write};
use crate::support::operator::{HOSTS, assert_says};
use crate::support::{Audit, Lab};

#[test]
fn a_clone_has_what_its_source_has_and_takes_no_space() {
    let mut lab = Lab::with_three_peers();
    let source = lab.create(&roomy("data")).unwrap();
    write(&lab, "data", "letter");
    let before = used(&lab);
    let (code, out, err) = lab.mortar(&["volume", "clone", &source.id, "--name=copy"]);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    assert_says(&out, &["Name: copy\n", "Size: 10\n", "Replica Count: 3\n", "Snapshot Factor: 1.50\n"]);
    let id = lab.volumes().into_iter().find(|id| *id != source.id).unwrap();
    let copy = lab.volume(&id);
    let as_source = VolumeInfo {
        id: source.id.clone(),
        name: source.name.clone(),
        mount: source.mount.clone(),
        bricks: source.bricks.clone(),
        ..copy.clone()
    };
    assert_eq!(as_source, source);
    assert!(copy.mount.glusterfs.device.ends_with(":copy"));
    let places = |volume: &VolumeInfo| {
        let mut places: Vec<_> = volume
            .bricks
            .iter()
            .map(|brick| (brick.device.clone(), brick.node.clone(), brick.size))
            .collect();
        places.sort();
        places
    };
    assert_eq!(places(&copy), places(&source));
    assert_eq!(used(&lab), before, "a clone takes no space");
    assert_eq!(holders(&lab, &copy, "letter"), 3);
    Audit::new().clean_within(&lab, SOON);
    lab.restart();
    assert_eq!(lab.volume(&id), copy);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn source_and_clone_go_in_either_order_and_the_space_with_the_last() {
    for source_first in [true, false] {
        let lab = Lab::with_three_peers();
        let empty = used(&lab);
        let source = lab.create(&roomy("data")).unwrap();
        write(&lab, "data", "letter");
        let full = used(&lab);
        let copy = cloned(&lab, &source.id, "");
        assert_eq!(copy.name, format!("vol_{}", copy.id));
        let (first, second) = if source_first { (&source, &copy) } else { (&copy, &source) };
        let gone = lab.remove(&first.id);
        assert_eq!(gone.status, 204, "{gone:?}\n{}", lab.log_tail());
        assert_eq!(used(&lab), full, "the pools are still there");
        assert_eq!((lab.volume(&second.id), holders(&lab, second, "letter")), (second.clone(), 3));
        Audit::new().clean_within(&lab, SOON);
        assert_eq!(lab.remove(&second.id).status, 204);
        assert_eq!(used(&lab), empty);
        Audit::new().clean_within(&lab, SOON);
    }
}

#[test]
fn source_and_clone_are_deleted_at_the_same_time() {
    let lab = Lab::with_three_peers();
    let empty = used(&lab);
    let source = lab.create(&roomy("data")).unwrap();
    let copies: Vec<VolumeInfo> = (0..2).map(|_| cloned(&lab, &source.id, "")).collect();
    let ids = [&source.id, &copies[0].id, &copies[1].id];
    let jobs = ids.map(|id| lab.begin_delete(id));
    for job in jobs {
        assert_eq!(lab.wait_for(&job).status, 204, "{}", lab.log_tail());
    }
    assert_eq!(used(&lab), empty);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_clone_is_cloned_and_outlives_all_that_it_came_from() {
    let lab = Lab::with_three_peers();
    let empty = used(&lab);
    let first = lab.create(&roomy("first")).unwrap();
    write(&lab, "first", "letter");
    let second = cloned(&lab, &first.id, "second");
    assert_eq!(lab.remove(&first.id).status, 204);
    let third = cloned(&lab, &second.id, "third");
    assert_eq!(lab.remove(&second.id).status, 204);
    Audit::new().clean_within(&lab, SOON);
    assert_eq!(holders(&lab, &third, "letter"), 3);
    let fourth = cloned(&lab, &third.id, "fourth");
    assert_eq!(lab.remove(&third.id).status, 204);
    assert_eq!(lab.remove(&fourth.id).status, 204);
    assert_eq!(used(&lab), empty);
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_pool_that_holds_what_nobody_knows_is_kept_until_that_is_gone() {
    let lab = Lab::with_three_peers();
    let source = lab.create(&roomy("data")).unwrap();
    let copy = cloned(&lab, &source.id, "copy");
    assert_eq!(lab.remove(&source.id).status, 204);
    // Somebody has made a clone of his own.
    for words in [
        "snapshot create s copy no-timestamp",
        "snapshot activate s",
        "snapshot clone mine s",
        "snapshot delete s",
    ] {
        lab.on(HOSTS[0], gluster(words));
    }
    let refused = lab.remove(&copy.id);
    assert_eq!(refused.status, 500, "{refused:?}");
    assert_says(&refused.text, &["thin pool", "is in use"]);
    assert!(used(&lab).values().any(|used| *used > 0), "the pools are there, and so is their space");
    lab.on(HOSTS[0], gluster("volume delete mine"));
    let peers = lab.peers();
    for (host, found) in &peers.hosts {
        for (at, node) in &found.mounts {
            lab.on(host, Action::Unmount { at: at.clone() });
            let (group, name) = node.strip_prefix("/dev/mapper/").unwrap().split_once('-').unwrap();
            lab.on(host, run("lvm", &format!("lvremove -f {group}/{name}")));
            for directory in [at, at.rsplit_once('/').unwrap().0] {
                lab.on(host, run("rm", &format!("--force --dir {directory}")));
            }
        }
    }
    Audit::new().clean_within(&lab, SOON * 2);
    assert!(used(&lab).values().all(|used| *used == 0));
}
