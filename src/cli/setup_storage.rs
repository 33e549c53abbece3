//! `setup-openshift-heketi-storage`: the volume that will hold the server's own database, and the objects that bring the
//! database there.

use super::args::SetupStorage;
use super::failure::{Failure, os_reason};
use super::output::Output;
use super::session::Session;
use super::storage_list::{StorageList, selector};
use super::volume::split;
use crate::api::{Durability, List, ReplicateOptions, VolumeCreateRequest, VolumeInfo};
use crate::client::Client;

/// The name of the volume, by which servers know that it is theirs.
const VOLUME: &str = "heketidbstorage";
/// GiB.
const SIZE: i64 = 2;
/// What suits a database that one process writes.
const OPTIONS: [&str; 9] = [
    "performance.stat-prefetch off",
    "performance.write-behind off",
    "performance.open-behind off",
    "performance.quick-read off",
    "performance.strict-o-direct on",
    "performance.read-ahead off",
    "performance.io-cache off",
    "performance.readdir-ahead off",
    "user.heketi.dbstoragelevel 1",
];

pub(super) fn run(flags: &SetupStorage, session: &Session, output: &mut Output<'_>) -> Result<(), Failure> {
    if !["none", "replicate", "disperse"].contains(&flags.durability.as_str()) {
        return Err(Failure::new(format!("{} is not a valid durability type", flags.durability)));
    }
    let client = session.client()?;
    refuse_second(&client)?;
    // Only now, as heketi-cli does.
    if flags.durability == "disperse" {
        return Err(Failure::new("Durability disperse is not supported for heketi database storage"));
    }
    let volume = client.volume_create(&request(flags))?;
    let saved = save(flags, &volume, &client, output);
    if saved.is_err() {
        output.note("Cleaning up\n")?;
        // A heketi server refuses: with that, a second run says that the volume is there.
        let _ = client.volume_delete(&volume.id);
    }
    saved
}

fn refuse_second(client: &Client) -> Result<(), Failure> {
    for cluster in &client.cluster_list()?.clusters {
        for volume in &client.cluster_info(cluster)?.volumes {
            if client.volume_info(volume)?.name == VOLUME {
                return Err(Failure::new(format!("Volume {VOLUME} already exists")));
            }
        }
    }
    Ok(())
}

fn request(flags: &SetupStorage) -> VolumeCreateRequest {
    let replica = if flags.durability == "replicate" { flags.replica } else { 0 };
    VolumeCreateRequest {
        size: SIZE,
        name: VOLUME.to_owned(),
        durability: Durability {
            kind: flags.durability.clone(),
            replicate: ReplicateOptions { replica },
            ..Durability::default()
        },
        glustervolumeoptions: options(flags),
        ..VolumeCreateRequest::default()
    }
}

/// The usual options, or others with the mark that says so; then those that are added.
fn options(flags: &SetupStorage) -> List<String> {
    let mut options: Vec<String> = if flags.gluster_volume_options.is_empty() {
        OPTIONS.map(str::to_owned).to_vec()
    } else {
        let own = split(&flags.gluster_volume_options);
        own.iter().cloned().chain(["user.heketi.dbstoragelevel custom".to_owned()]).collect()
    };
    options.extend(split(&flags.append_volume_options).iter().cloned());
    List::from(options)
}

/// Fetches the database and writes the file.
fn save(
    flags: &SetupStorage,
    volume: &VolumeInfo,
    client: &Client,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let database = client.backup_db().map_err(|error| {
        let Failure { text, .. } = Failure::from(error);
        Failure::new(format!("ERROR: {text}\nUnable to get database from Heketi server"))
    })?;
    let path = &flags.listfile;
    output.line(&format!("Saving {path}"))?;
    let list = StorageList {
        database: &database,
        hosts: &volume.mount.glusterfs.hosts,
        volume: VOLUME,
        image: &flags.image,
        selector: selector(&flags.node_selector),
    };
    std::fs::write(path, list.to_json())
        .map_err(|error| Failure::new(format!("open {path}: {}", os_reason(&error))))
}
