//! What a check says when one thing in a whole database is changed.

use mortar::heketi_db::entities::operation::{ActionEntry, OperationEntry};
use mortar::heketi_db::entities::volume::Durability;
use mortar::heketi_db::entities::{AttributeEntry, ClusterEntry, PendingMark};
use mortar::heketi_db::{Class, Database, check, json, read};

use super::fixtures::{database, file};

/// Ids that differ in one letter.
fn id(letter: char) -> String {
    letter.to_string().repeat(32)
}

/// The documented export: cluster c1, nodes a1 to a3, devices d1 to d3, bricks b1 to b3, volume e1 and operation f1.
fn example() -> Database {
    json::read(&file("example.json")).unwrap().database
}

/// Ids of the example in short.
fn short(text: &str) -> String {
    let mut text = text.to_owned();
    for letter in ["a", "b", "c", "d", "e", "f"] {
        for number in 1..=3 {
            text = text.replace(
                &format!("{letter}{number}{}{number}", "0".repeat(29)),
                &format!("{letter}{number}"),
            );
        }
    }
    ["7", "8", "9"].iter().fold(text, |text, letter| text.replace(&letter.repeat(32), letter))
}

fn long(short: &str) -> String {
    let (letter, number) = short.split_at(1);
    format!("{letter}{number}{}{number}", "0".repeat(29))
}

#[track_caller]
fn says(change: impl FnOnce(&mut Database), expected: &[&str]) {
    let mut database = example();
    change(&mut database);
    let found = check(&database);
    assert!(found.iter().all(|finding| matches!(finding.class, Class::Contradiction | Class::Charge)));
    let mut found: Vec<String> = found.iter().map(|finding| short(&finding.to_string())).collect();
    found.sort();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

macro_rules! of {
    ($db:ident.$kind:ident[$id:literal]) => {
        $db.$kind.get_mut(&long($id)).unwrap()
    };
}

#[test]
fn what_is_gone_is_missed_by_all_that_name_it() {
    says(
        |db| drop(db.bricks.remove(&long("b1"))),
        &[
            "device d1 has 10539008 KiB used, and its bricks take 0 KiB",
            "device d1 lists brick `b1`, which does not exist",
            "pending operation f1 has the change `Delete brick` of brick `b1`, which does not exist",
            "volume e1 lists brick `b1`, which does not exist",
        ],
    );
    says(
        |db| drop(db.volumes.remove(&long("e1"))),
        &[
            "brick b1 names volume e1, which does not exist",
            "brick b2 names volume e1, which does not exist",
            "brick b3 names volume e1, which does not exist",
            "cluster c1 lists volume `e1`, which does not exist",
            "pending operation f1 has the change `Delete volume` of volume `e1`, which does not exist",
        ],
    );
    says(
        |db| drop(db.devices.remove(&long("d2"))),
        &[
            "brick b2 names device d2, which does not exist",
            "node a2 lists device `d2`, which does not exist",
        ],
    );
    says(
        |db| drop(db.nodes.remove(&long("a3"))),
        &[
            "brick b3 names node a3, which does not exist",
            "cluster c1 lists node `a3`, which does not exist",
            "device d3 names node a3, which does not exist",
        ],
    );
    says(
        |db| db.clusters.clear(),
        &[
            "node a1 names cluster c1, which does not exist",
            "node a2 names cluster c1, which does not exist",
            "node a3 names cluster c1, which does not exist",
            "volume e1 names cluster c1, which does not exist",
        ],
    );
    says(
        |db| db.operations.clear(),
        &[
            "brick b1 is held by pending operation f1, which does not exist",
            "brick b2 is held by pending operation f1, which does not exist",
            "brick b3 is held by pending operation f1, which does not exist",
            "volume e1 is held by pending operation f1, which does not exist",
        ],
    );
}

#[test]
fn lists_and_what_is_in_them_agree() {
    says(|db| of!(db.devices["d1"]).bricks.clear(), &["brick b1 names device d1, which does not list it"]);
    says(|db| of!(db.nodes["a1"]).devices.push(long("d1")), &["node a1 lists device d1 more than once"]);
    says(
        |db| of!(db.nodes["a1"]).devices.push(long("d2")),
        &["node a1 lists device d2, which names node a2"],
    );
    says(
        |db| of!(db.nodes["a2"]).info.cluster.clear(),
        &["cluster c1 lists node a2, which names no cluster", "node a2 names no cluster"],
    );
    says(
        |db| of!(db.bricks["b1"]).info.node = long("a2"),
        &["brick b1 names node a2, and its device d1 names node a1"],
    );
}

#[test]
fn sums_are_right() {
    says(
        |db| of!(db.devices["d1"]).info.storage.free += 1,
        &["device d1 has 104722432 KiB, which is not the sum of 94183425 KiB free and 10539008 KiB used"],
    );
    says(
        |db| of!(db.devices["d1"]).info.storage.free = u64::MAX,
        &[
            "device d1 has 104722432 KiB, which is not the sum of 18446744073709551615 KiB free and 10539008 KiB used",
        ],
    );
    says(
        |db| of!(db.bricks["b1"]).pool_metadata_size = 0,
        &["device d1 has 10539008 KiB used, and its bricks take 10485760 KiB"],
    );
    says(
        |db| drop(of!(db.volumes["e1"]).bricks.pop()),
        &[
            "brick b3 names volume e1, which does not list it",
            "volume e1 has 2 bricks, which are no whole sets of 3",
        ],
    );
}

#[test]
fn a_hosting_volume_has_the_room_that_it_says() {
    let mut clean = read(&database("clean")).unwrap().database;
    let hosting = clean.volumes.values().find(|volume| volume.info.block).unwrap().info.id.clone();
    let block_volume = clean.volumes[&hosting].info.blockinfo.block_volumes[0].clone();
    clean.volumes.get_mut(&hosting).unwrap().info.blockinfo.freesize -= 3;
    let found = check(&clean);
    assert_eq!(found.len(), 1);
    let text = found[0].to_string();
    assert!(text.starts_with(&format!("volume {hosting} has 100 GiB, which is not the sum of ")), "{text}");
    // The room is taken before the block volume is larger.
    let action = ActionEntry { change: 14, id: block_volume, delta: Some(6) };
    let operation =
        OperationEntry { id: id('7'), number: 9, actions: vec![action], ..OperationEntry::default() };
    clean.operations.insert(id('7'), operation);
    assert_eq!(check(&clean), []);
    clean.volumes.get_mut(&hosting).unwrap().info.block = false;
    let found: Vec<String> = check(&clean).iter().map(ToString::to_string).collect();
    assert!(
        found.contains(&format!("volume {hosting} lists block volumes and does not host any")),
        "{found:#?}"
    );
    assert!(found.iter().any(|text| text.ends_with(&format!("is in volume {hosting}, which hosts none"))));
}

#[test]
fn ids_and_names_are_those_of_one_object() {
    says(|db| of!(db.devices["d1"]).info.id = long("d2"), &["device d1 says of itself that it is `d2`"]);
    says(
        |db| {
            let mut cluster = ClusterEntry::default();
            cluster.info.id = "C".to_owned();
            db.clusters.insert("C".to_owned(), cluster);
        },
        &["cluster C has an id that is not 32 lower-case hex digits"],
    );
    says(
        |db| of!(db.nodes["a2"]).info.hostnames.storage = vec!["192.0.2.11".to_owned()],
        &["node a2 has the name 192.0.2.11 for gluster, as node a1 has"],
    );
    says(
        |db| of!(db.devices["d2"]).info.pv_uuid = db.devices[&long("d1")].info.pv_uuid.clone(),
        &["device d2 has the physical volume Zh2PdH-3kKm-NoS0-batK-dFyX-xbxH-ymAAA1, as device d1 has"],
    );
    says(
        |db| drop(db.node_names.insert("MANAGEgone".to_owned(), id('9'))),
        &["bucket NODE keeps MANAGEgone for node 9, which does not exist"],
    );
}

#[test]
fn words_and_numbers_are_known_ones() {
    says(
        |db| of!(db.nodes["a1"]).state = "asleep".to_owned(),
        &["node a1 has state `asleep`, which is none of online, offline and failed"],
    );
    says(
        |db| of!(db.volumes["e1"]).info.durability.kind = "raid".to_owned(),
        &["volume e1 has durability `raid`, which is not known"],
    );
    says(
        |db| {
            let operation = of!(db.operations["f1"]);
            (operation.number, operation.status) = (0, "lost".to_owned());
            operation.actions[0].change = 15;
        },
        &[
            "pending operation f1 has a change 15, which is not known",
            "pending operation f1 has status `lost`, which is not known",
            "pending operation f1 is of type 0, which is not known",
        ],
    );
    says(
        |db| drop(db.attributes.insert("DB_X".to_owned(), AttributeEntry::default())),
        &[
            "attribute DB_X is not known to heketi 10.4, which would refuse the database as a newer one",
            "attribute DB_X says of itself that it is ``",
        ],
    );
}

#[test]
fn what_an_operation_changes_is_held_by_it() {
    says(
        |db| of!(db.volumes["e1"]).pending = PendingMark::default(),
        &["pending operation f1 has the change `Delete volume` of volume e1, which is held by none"],
    );
}

#[test]
fn a_brick_that_is_being_moved_is_no_contradiction() {
    says(
        |db| {
            // The one that takes the place of b1 is in no list yet; the one that it replaces is still there.
            let action = |change, brick| ActionEntry { change, id: brick, delta: None };
            let actions = vec![action(3, long("b1")), action(1, id('8'))];
            let operation = OperationEntry { id: id('7'), number: 8, actions, ..OperationEntry::default() };
            db.operations = [(id('7'), operation)].into();
            db.volumes.values_mut().for_each(|volume| volume.pending.id.clear());
            db.bricks.values_mut().for_each(|brick| brick.pending.id.clear());
            of!(db.bricks["b1"]).pending.id = id('7');
            let mut new = db.bricks[&long("b2")].clone();
            (new.info.id, new.lvm_thin_pool, new.pending.id) = (id('8'), String::new(), id('7'));
            db.bricks.insert(id('8'), new);
            let storage = &mut of!(db.devices["d2"]).info.storage;
            (storage.used, storage.free) = (2 * storage.used, storage.free - storage.used);
        },
        &[],
    );
}

#[test]
fn a_volume_that_was_cloned_is_no_contradiction() {
    says(
        |db| {
            // Its brick is in the pool of the brick that it was cloned from, and takes no space of its own.
            let mut brick = db.bricks[&long("b2")].clone();
            (brick.info.id, brick.info.volume) = (id('8'), id('9'));
            brick.pending.id.clear();
            db.bricks.insert(id('8'), brick);
            of!(db.devices["d2"]).bricks.push(id('8'));
            let mut volume = db.volumes[&long("e1")].clone();
            (volume.info.id, volume.info.name) = (id('9'), "clone".to_owned());
            volume.info.durability = Durability::default();
            volume.pending.id.clear();
            volume.bricks = vec![id('8')];
            db.volumes.insert(id('9'), volume);
            of!(db.clusters["c1"]).info.volumes.push(id('9'));
        },
        &[],
    );
}
