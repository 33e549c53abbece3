//! What heketi's state means here: its objects as ours, its unfinished operations, and what cannot be kept as it is.
//!
//! Pure, and never fatal: whatever contradicts itself becomes a finding. What was left out stays charged to its device, and
//! that takes no new bricks until somebody has looked.

mod blocks;
mod bricks;
mod claims;
mod devices;
mod nodes;
mod notes;
mod pending;
mod sets;
mod values;
mod volumes;

use self::blocks::block_volumes;
use self::bricks::bricks;
use self::devices::{account, devices};
use self::nodes::{clusters, nodes};
use self::notes::Notes;
use self::pending::Work;
use self::volumes::volumes;
use crate::heketi_db::entities::attribute::GENERATION;
use crate::heketi_db::{Database, Reading};
use crate::model::everything::{Everything, Imported};

/// Takes over what was read. `reading` may be of any version.
pub fn take_over(reading: Reading) -> Imported {
    let Reading { mut database, findings } = reading;
    crate::heketi_db::upgrade(&mut database);
    // Afterwards: what older versions did not keep contradicts nothing.
    let judged = crate::heketi_db::check(&database);
    let mut notes = Notes::default();
    let works = pending::works(&database, &mut notes);
    let mut objects = objects(&database, &works, &mut notes);
    let unknown_sets = sets::number(&database, &works, &mut objects);
    let unfinished = claims::apply(&database, &works, &mut objects, &mut notes);
    account(&mut objects, &mut notes);
    let findings = notes.into_findings(findings.into_iter().chain(judged), &objects.devices);
    Imported { objects, unfinished, findings, unknown_sets }
}

/// The objects that can be kept, all of them ready, each with what it needs.
fn objects(database: &Database, works: &[Work], notes: &mut Notes) -> Everything {
    let clusters = clusters(database, notes);
    let nodes = nodes(database, &clusters, notes);
    let devices = devices(database, &nodes, notes);
    let volumes = volumes(database, &clusters, notes);
    let bricks = bricks(database, works, (&nodes, &devices, &volumes), notes);
    let mut objects = Everything {
        generation: generation(database),
        clusters,
        nodes,
        devices,
        volumes,
        bricks,
        block_volumes: Vec::new(),
        operations: Vec::new(),
    };
    block_volumes(database, works, &mut objects, notes);
    objects
}

/// What the database is known by, if it has something of that kind.
fn generation(database: &Database) -> String {
    let own = database.attributes.get(GENERATION).map(|entry| entry.value.as_str()).unwrap_or_default();
    let is_one = own.len() == 32 && own.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_one { own.to_owned() } else { String::new() }
}
