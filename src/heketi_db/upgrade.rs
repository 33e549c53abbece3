//! What heketi does to the database of an older version when it opens it, as far as objects are concerned: importing an
//! older database is like opening it.

use super::entities::attribute::{BRICK_SUBTYPE, CLUSTER_FLAGS, RECORDS_OPERATIONS};
use super::entities::{AttributeEntry, Database};

/// Fills in what older versions did not keep, and says in the attributes that this was done; a second time it does
/// nothing. (The room in hosting volumes is put right by heketi at every start, and not here.)
pub fn upgrade(database: &mut Database) {
    if !database.has(CLUSTER_FLAGS) {
        // Before there were flags, every cluster took everything.
        for cluster in database.clusters.values_mut() {
            (cluster.info.file, cluster.info.block) = (true, true);
        }
    }
    name_volumes(database);
    for attribute in [CLUSTER_FLAGS, BRICK_SUBTYPE, RECORDS_OPERATIONS] {
        let done = AttributeEntry { key: attribute.to_owned(), value: "yes".to_owned() };
        database.attributes.insert(attribute.to_owned(), done);
    }
}

/// Gives each brick that names no volume the one that lists it.
fn name_volumes(database: &mut Database) {
    for (id, volume) in &database.volumes {
        for brick in &volume.bricks {
            let brick = database.bricks.get_mut(brick).filter(|brick| brick.info.volume.is_empty());
            if let Some(brick) = brick {
                brick.info.volume.clone_from(id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::entities::brick::BrickInfo;
    use super::super::entities::{BrickEntry, ClusterEntry, VolumeEntry};
    use super::*;

    #[test]
    fn a_database_of_version_4_gets_flags_and_the_volumes_of_bricks() {
        let mut database = Database::default();
        database.clusters.insert("c".to_owned(), ClusterEntry::default());
        let bricks = vec!["b1".to_owned(), "b2".to_owned(), "gone".to_owned()];
        database.volumes.insert("v".to_owned(), VolumeEntry { bricks, ..VolumeEntry::default() });
        database.bricks.insert("b1".to_owned(), BrickEntry::default());
        let other = BrickInfo { volume: "w".to_owned(), ..BrickInfo::default() };
        database.bricks.insert("b2".to_owned(), BrickEntry { info: other, ..BrickEntry::default() });
        upgrade(&mut database);
        assert!(database.clusters["c"].info.file && database.clusters["c"].info.block);
        assert_eq!(database.bricks["b1"].info.volume, "v");
        assert_eq!(database.bricks["b2"].info.volume, "w");
        assert!(database.records_operations());

        database.clusters.get_mut("c").unwrap().info.block = false;
        let once = database.clone();
        upgrade(&mut database);
        assert_eq!(database, once);
    }
}
