//! `setup-openshift-heketi-storage`: the volume that will hold the server's own database, and the objects that bring the
//! database there.

use super::args::SetupStorage;
use super::failure::Failure;
use super::output::Output;
use super::session::Session;
use super::storage_list::{StorageList, selector};
use super::volume::split;
use super::written_file::WrittenFile;
use crate::api::{Durability, List, ReplicateOptions, VolumeCreateRequest, VolumeInfo};
use crate::client::Client;
use crate::words::go::os_reason;

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
        let failure = Failure::new(format!("{} is not a valid durability type", flags.durability));
        return Err(failure.explained("--durability takes none or replicate"));
    }
    let client = session.client()?;
    refuse_second(&client)?;
    // Only now, as heketi-cli does.
    if flags.durability == "disperse" {
        return Err(Failure::new("Durability disperse is not supported for heketi database storage"));
    }
    let path = &flags.listfile;
    let file = WrittenFile::open(path)
        .map_err(|error| Failure::new(format!("open {path}: {}", os_reason(&error))))?;
    let volume = client.volume_create(&request(flags))?;
    let Err(failure) = save(flags, file, &volume, &client, output) else { return Ok(()) };
    output.note("Cleaning up\n")?;
    // A heketi server refuses: with that, a second run says that the volume is there.
    match client.volume_delete(&volume.id) {
        Ok(()) => Err(failure),
        Err(error) => {
            let left = format!(
                "Volume {VOLUME} ({}) is still there: {error}. Before the next try: `volume delete {}`",
                volume.id, volume.id
            );
            // For people: scripts know heketi-cli's text of it.
            Err(failure.explained(left))
        }
    }
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
    file: WrittenFile,
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
    file.write(&list.to_json()).map_err(|error| Failure::new(format!("write {path}: {}", os_reason(&error))))
}
