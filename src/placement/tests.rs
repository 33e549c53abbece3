//! Placement in the operator's words: the chapter's worked examples, spreading, rules, refusals.

use std::collections::BTreeMap;

use super::testing::{Lab, SEED_DEVICE, kib, short, tags};
use super::{NotTaken, RefusalReason};
use crate::model::brick::BrickRole;
use crate::model::durability::Durability;
use crate::model::ids::{DeviceId, NodeId};
use crate::model::sizes::KiB;
use crate::model::state::{EntryState, Phase};

const NONE: Durability = Durability::Distribute;
const TWO: Durability = Durability::Replicate(2);
const THREE: Durability = Durability::Replicate(3);
const ARBITER: &[&str] = &["user.heketi.arbiter true"];
const STRICT: &[&str] = &["user.heketi.zone-checking strict"];
const GIB: u64 = 1 << 20;
const TIB: u64 = 1024 * GIB;

fn disperse(data: u8, redundancy: u8) -> Durability {
    Durability::Disperse { data, redundancy }
}

/// Twelve nodes with a 20 TiB device each.
fn big() -> Lab {
    Lab::new(&[(1, &[20 * TIB][..]); 12])
}

#[test]
fn volumes_take_of_the_seed_cluster_what_they_take_with_heketi() {
    let check = |durability, gib, expected: &str| {
        assert_eq!(short(&Lab::seed().ask(durability, gib, &[])), expected, "{durability:?} {gib}");
    };
    check(THREE, 1, "1x3 1048576 takes 3170304");
    check(THREE, 10, "1x3 10485760 takes 31617024");
    check(THREE, 100, "1x3 104857600 takes 316145664");
    check(THREE, 5120, "No space");
    check(TWO, 1, "1x2 1048576 takes 2113536");
    check(TWO, 10, "1x2 10485760 takes 21078016");
    check(TWO, 100, "1x2 104857600 takes 210763776");
    check(TWO, 5120, "No space");
    check(NONE, 1, "1x1 1048576 takes 1056768");
    check(NONE, 10, "1x1 10485760 takes 10539008");
    check(NONE, 100, "1x1 104857600 takes 105381888");
    check(NONE, 5120, "No space");
    check(disperse(4, 2), 10, "No space");
    check(disperse(2, 1), 10, "1x3 5242880 takes 15814656");
    check(disperse(2, 1), 100, "1x3 52428800 takes 158072832");
}

#[test]
fn volumes_take_of_a_big_cluster_what_they_take_with_heketi() {
    let check = |durability, factor, gib, options: &[&str], expected: &str| {
        let lab = Lab { factor: Some(factor), ..big() };
        assert_eq!(short(&lab.ask(durability, gib, options)), expected, "{durability:?} {factor} {gib}");
    };
    check(THREE, 1.0, 5120, &[], "2x3 2684354560 takes 16186662912");
    check(TWO, 1.0, 5120, &[], "2x2 2684354560 takes 10791108608");
    check(NONE, 1.0, 5120, &[], "2x1 2684354560 takes 5395554304");
    check(disperse(4, 2), 1.0, 10, &[], "1x6 2621440 takes 15826944");
    check(disperse(4, 2), 1.0, 5120, &[], "1x6 1342177280 takes 8093343744");
    check(disperse(4, 2), 1.5, 100, &[], "1x6 26214400 takes 237109248");
    check(THREE, 1.5, 1, &[], "1x3 1048576 takes 4743168");
    check(THREE, 1.5, 100, &[], "1x3 104857600 takes 474218496");
    check(THREE, 1.0, 1, ARBITER, "1x3 1048576 takes 2134016");
    check(THREE, 1.0, 10, ARBITER, "1x3 10485760 takes 21245952");
    check(THREE, 1.0, 100, ARBITER, "1x3 104857600 takes 212410368");
    check(THREE, 1.0, 5120, ARBITER, "2x3 2684354560 takes 10875420672");
    check(THREE, 1.5, 10, ARBITER, "1x3 10485760 takes 31870976");
    check(THREE, 1.5, 100, ARBITER, "1x3 104857600 takes 318615552");
    // 196,608 KiB a brick less than heketi: see the cap in `space`.
    check(THREE, 1.5, 5120, &[], "2x3 2684354560 takes 24258674688");
}

#[test]
fn sizes_at_the_edge_of_the_seed_cluster_are_split_as_by_heketi() {
    let check = |durability, factor, gib, expected: &str| {
        let lab = Lab { factor: Some(factor), ..Lab::seed() };
        let found = short(&lab.ask(durability, gib, &[]));
        assert!(found.starts_with(expected), "{durability:?} {factor} {gib}: {found}");
    };
    check(THREE, 1.0, 485, "1x3 508559360");
    check(THREE, 1.0, 486, "2x3 254803968");
    check(THREE, 1.0, 500, "2x3 262144000");
    check(THREE, 1.0, 971, "2x3 509083648");
    check(THREE, 1.5, 323, "1x3");
    check(THREE, 1.5, 324, "2x3");
    check(THREE, 1.5, 647, "2x3");
    check(THREE, 1.5, 648, "No space");
    check(NONE, 1.0, 2800, "No space");
    check(TWO, 1.0, 1400, "No space");
}

#[test]
fn an_exact_fit_is_refused_as_by_heketi() {
    assert!(Lab::new(&[(1, &[1_056_768])]).ask(NONE, 1, &[]).is_err());
    assert!(Lab::new(&[(1, &[1_060_864])]).ask(NONE, 1, &[]).is_ok());
}

#[test]
fn two_sets_use_every_device_of_the_seed_cluster_once() {
    let placement = Lab::seed().ask(THREE, 600, &[]).unwrap();
    let mut devices: Vec<DeviceId> = placement.bricks().map(|brick| brick.device).collect();
    devices.sort();
    devices.dedup();
    assert_eq!(devices.len(), 6);
}

#[test]
fn small_volumes_fill_the_seed_cluster_to_the_end() {
    let mut lab = Lab::seed();
    let mut counts = BTreeMap::new();
    while let Ok(placement) = lab.take(THREE, 10, &[]) {
        *counts.entry(placement.sets.len()).or_insert(0) += 1;
    }
    assert_eq!(counts, BTreeMap::from([(1, 96), (2, 1)]));
}

/// heketi got 126 volumes out of these nodes.
#[test]
fn unequal_nodes_are_used_up() {
    let mut lab = Lab::new(&[(1, &[3000 * GIB]), (1, &[1000 * GIB]), (1, &[1000 * GIB]), (1, &[1000 * GIB])]);
    let volumes = std::iter::from_fn(|| lab.take(THREE, 10, &[]).ok()).count();
    assert!(volumes >= 148, "{volumes}");
}

#[test]
fn large_devices_take_more_than_small_ones() {
    let mut lab = Lab::new(&[(1, &[100 * GIB, 900 * GIB][..]); 3]);
    for _ in 0..20 {
        lab.take(THREE, 10, &[]).unwrap();
    }
    let small = lab.devices.iter().filter(|device| device.storage.total == kib(100 * GIB));
    assert!(small.map(|device| device.brick_count).all(|bricks| bricks == 0));
}

/// heketi put two copies into one zone in every second volume here.
#[test]
fn copies_go_to_as_many_zones_as_there_are() {
    let mut lab = Lab::new(&[(1, &[TIB; 2]), (2, &[TIB; 2]), (3, &[TIB; 2]), (3, &[TIB; 2])]);
    for _ in 0..50 {
        let placement = lab.take(THREE, 1, &[]).unwrap();
        let mut zones: Vec<i64> = placement.bricks().map(|brick| lab.zone(brick.node)).collect();
        zones.sort_unstable();
        assert_eq!(zones, [1, 2, 3]);
    }
    let two_zones = Lab::new(&[(1, &[TIB]), (1, &[TIB]), (2, &[TIB])]);
    assert!(two_zones.ask(THREE, 1, &[]).is_ok());
    assert_eq!(short(&two_zones.ask(THREE, 1, STRICT)), "No space");
    assert!(two_zones.ask(NONE, 1, STRICT).is_ok());
}

#[test]
fn a_second_attempt_goes_elsewhere_if_there_is_an_elsewhere() {
    let mut lab = Lab::new(&[(1, &[TIB]), (1, &[TIB]), (1, &[TIB]), (1, &[TIB / 2])]);
    let failed = lab.nodes[0].id;
    lab.avoid.nodes.push(failed);
    assert!(lab.ask(THREE, 1, &[]).unwrap().bricks().all(|brick| brick.node != failed));
    lab.nodes[3].state = EntryState::Offline;
    assert!(lab.ask(THREE, 1, &[]).unwrap().bricks().any(|brick| brick.node == failed));
}

#[test]
fn arbiters_go_where_tags_want_them() {
    let mut lab = Lab::new(&[(1, &[TIB]), (1, &[TIB]), (1, &[TIB]), (1, &[TIB / 8])]);
    lab.nodes[3].tags = tags(&[("arbiter", "required")]);
    let placement = lab.ask(THREE, 10, ARBITER).unwrap();
    assert!(placement.arbiter);
    assert_eq!(placement.sets[0][2].node, lab.nodes[3].id);
    assert_eq!(placement.sets[0][2].role, BrickRole::Arbiter);
    // Other volumes use that node only where they must.
    assert!(lab.ask(THREE, 10, &[]).unwrap().bricks().all(|brick| brick.node != lab.nodes[3].id));
    lab.devices[0].tags = tags(&[("arbiter", "disabled")]);
    lab.devices[3].tags = tags(&[("arbiter", "disabled")]);
    assert_ne!(lab.ask(THREE, 10, ARBITER).unwrap().sets[0][2].node, lab.nodes[3].id);
}

/// The best device first gives an arbiter the room of a whole copy here; the exact search does not.
#[test]
fn an_arbiter_volume_that_only_just_fits_finds_its_place() {
    let one_copy: &[u64] = &[5_280_000];
    let lab = Lab::new(&[(1, one_copy), (1, one_copy), (1, one_copy), (1, one_copy), (1, &[GIB])]);
    let placement = lab.ask(THREE, 10, ARBITER);
    assert!(short(&placement).starts_with("2x3 5242880"), "{}", short(&placement));
}

/// The two emptiest devices would make the first set, and leave the second one to a single node.
#[test]
fn the_choice_of_one_set_does_not_spoil_the_next() {
    let lab = Lab::new(&[(1, &[6 * GIB; 2]), (1, &[9 * GIB]), (1, &[9 * GIB])]);
    let placement = lab.ask(TWO, 10, &[]);
    assert!(short(&placement).starts_with("2x2 5242880"), "{}", short(&placement));
}

#[test]
fn tag_rules_choose_devices() {
    let mut lab = Lab::seed();
    for device in lab.devices.iter_mut().step_by(2) {
        device.tags = tags(&[("disk", "ssd")]);
    }
    let rule = "user.heketi.device-tag-match disk=ssd";
    let placement = lab.ask(THREE, 1, &[rule]).unwrap();
    let ssd = |id| lab.devices.iter().any(|device| device.id == id && !device.tags.is_empty());
    assert!(placement.bricks().all(|brick| ssd(brick.device)));
    let refusal = lab.ask(THREE, 1, &["user.heketi.device-tag-match disk=tape"]).unwrap_err();
    assert_eq!(refusal.reason.create_text(), "No space");
    assert!(refusal.devices.iter().all(|device| device.why == NotTaken::TagRule("disk=tape".to_owned())));
}

#[test]
fn refusals_have_heketis_texts_in_heketis_order() {
    let check = |lab: &Lab, durability, gib, options: &[&str], raw: &str, create: &str| {
        let refusal = lab.ask(durability, gib, options).unwrap_err();
        assert_eq!((refusal.to_string().as_str(), refusal.reason.create_text().as_str()), (raw, create));
    };
    let min = "Minimum brick size limit reached.  Out of space.";
    let max = "Maximum number of bricks reached.";
    let bad_rule = "Invalid tag matching rule: Invalid tag match rule: a-b=c";
    let rule = "user.heketi.device-tag-match a-b=c";
    let empty = Lab::default();
    check(&empty, THREE, 1, &[], "No nodes in cluster", "No nodes in cluster");
    check(&empty, THREE, 1, &[rule], bad_rule, bad_rule);
    check(&empty, disperse(4, 2), 1, &[rule], min, "No space");
    check(&Lab { existing_bricks: 30, ..Lab::seed() }, THREE, 1, &[], max, "No space");
    check(&Lab::seed(), THREE, 5120, &[], max, "No space");
    check(&Lab::seed(), disperse(4, 2), 10, &[], min, "No space");
    let no_devices = "No online storage devices in cluster";
    check(&Lab::new(&[(1, &[])]), THREE, 1, &[], no_devices, no_devices);
    let files = "Average file size (2097152) is greater than Brick size (1048576)";
    let options = [ARBITER[0], "user.heketi.average-file-size 2097152"];
    check(&Lab::seed(), THREE, 1, &options, files, files);
    let refusal = Lab::seed().ask(THREE, 1, &options).unwrap_err();
    assert!(refusal.reason.ends_the_request());
}

/// heketi's example of an expansion: replicate 2 of 1190 GiB on two nodes with two devices of 600 GiB.
#[test]
fn an_expansion_that_fails_tells_which_limit_it_met() {
    let mut lab = Lab::new(&[(1, &[600 * GIB; 2]), (1, &[600 * GIB; 2])]);
    lab.existing_bricks = lab.take(TWO, 1190, &[]).unwrap().bricks().count();
    assert_eq!(lab.ask(TWO, 5000, &[]).unwrap_err().reason, RefusalReason::MaxBricks);
    assert_eq!(lab.ask(TWO, 10, &[]).unwrap_err().reason, RefusalReason::MinBrickSize);
}

#[test]
fn every_device_that_was_not_taken_is_told_why() {
    let mut lab = Lab::new(&[
        (1, &[SEED_DEVICE; 4]),
        (2, &[SEED_DEVICE; 2]),
        (2, &[SEED_DEVICE; 1]),
        (3, &[5_000_000]),
    ]);
    lab.devices[1].state = EntryState::Offline;
    lab.devices[2].phase = Phase::Deleting;
    lab.unreconciled.push(lab.devices[3].id);
    lab.nodes[2].state = EntryState::Offline;
    let refusal = lab.ask(THREE, 10, STRICT).unwrap_err();
    let why: Vec<String> = refusal.devices.iter().map(|device| device.why.to_string()).collect();
    assert_eq!(
        why,
        [
            "it has room, but the set cannot be completed",
            "it is offline",
            "it is being removed",
            "its records do not agree with what is on it (`mortard db findings`)",
            "zone 2 already holds a brick of the set",
            "it has room, but the set cannot be completed",
            "its node is offline",
            "a brick takes 1.25 GiB (1318912 KiB), 1043264 KiB is free beside 3 other bricks of the volume",
        ]
    );
    assert!(refusal.explanation().contains(
        "\n/dev/vde (device 00000000000000000000000000000101) on 10.0.0.1 (node 00000000000000000000000000000001): it is offline\n"
    ));
    assert!(refusal.summary.starts_with("The last layout tried was 8 sets of 3 bricks of 1.25 GiB"));
}

#[test]
fn devices_that_cannot_be_used_at_all_are_told_apart() {
    let mut lab = Lab::seed();
    lab.down = lab.nodes.iter().map(|node| node.id).collect();
    lab.devices[0].extent = KiB::ZERO;
    let refusal = lab.ask(THREE, 1, &[]).unwrap_err();
    assert_eq!(refusal.reason, RefusalReason::NoOnlineDevices);
    assert!(refusal.devices.iter().all(|device| device.why == NotTaken::NodeDown));
    assert_eq!(refusal.devices.len(), 6);
    lab.down.clear();
    let four = Durability::Disperse { data: 4, redundancy: 2 };
    let refusal = lab.ask(four, 4, &[]).unwrap_err();
    assert_eq!(refusal.devices[0].why, NotTaken::ExtentUnknown);
}

#[test]
fn an_explanation_names_every_device() {
    let lab = Lab::new(&[(1, &[GIB; 50])]);
    let text = lab.ask(TWO, 1, &[]).unwrap_err().explanation();
    assert_eq!(text.lines().count(), 51);
    assert!(lab.devices.iter().all(|device| text.contains(&device.id.to_string())), "{text}");
}

#[test]
fn a_device_of_an_unknown_node_is_left_alone() {
    let mut lab = Lab::seed();
    let stranger: NodeId = "f".repeat(32).parse().unwrap();
    lab.devices[0].node = stranger;
    let placement = lab.ask(THREE, 1, &[]).unwrap();
    assert!(placement.bricks().all(|brick| brick.node != stranger));
}

/// Prints how long a placement takes. `CARGO_PROFILE_DEV_OPT_LEVEL=3 cargo test --lib -- --ignored of_300 --nocapture`
#[test]
#[ignore = "measures"]
fn placement_of_300_devices_is_fast() {
    let lab = Lab::new(&[(1, &[TIB; 10][..]), (2, &[TIB; 10]), (3, &[TIB; 10])].repeat(10));
    let measure = |what: &str, durability, gib, options: &[&str]| {
        let started = std::time::Instant::now();
        for _ in 0..1000 {
            std::hint::black_box(lab.ask_unchecked(durability, gib, options)).ok();
        }
        println!("{what}: {:?}", started.elapsed() / 1000);
    };
    measure("replicate 3", THREE, 10, &[]);
    measure("replicate 3, strict", THREE, 10, STRICT);
    measure("replicate 3, arbiter", THREE, 10, ARBITER);
    measure("disperse 8+4", disperse(8, 4), 100, &[]);
    measure("replicate 3, 8 sets", THREE, 8000, &[]);
    measure("no space", THREE, 1_000_000, &[]);
    measure("no space, arbiter", THREE, 30_000, &[ARBITER[0], STRICT[0], "user.heketi.device-tag-match a=b"]);
}
