//! `volume …`

use super::args::{EndpointCommand, RestrictionCommand, VolumeCommand, VolumeCreate, VolumeExpand};
use super::failure::{Failure, required};
use super::output::Output;
use super::persistent_volume::persistent_volume;
use super::session::Session;
use super::volume_list;
use super::written_file::WrittenFile;
use crate::api::{
    BlockRestrictionRequest, DisperseOptions, Durability, List, ReplicateOptions, Snapshot,
    VolumeCloneRequest, VolumeCreateRequest, VolumeExpandRequest, VolumeInfo,
};
use crate::words::go::os_reason;

const MISSING_ID: &str = "Volume id missing";

pub(super) fn run(command: VolumeCommand, session: &Session, output: &mut Output<'_>) -> Result<(), Failure> {
    match command {
        VolumeCommand::Clone(flags) => {
            let id = required(&flags.id.id, MISSING_ID)?;
            let request = VolumeCloneRequest { name: flags.name };
            let copy = session.client()?.volume_clone(id, &request)?;
            show(&copy, session, output)
        }
        VolumeCommand::Create(flags) => create(&flags, session, output),
        VolumeCommand::Delete(arguments) => {
            let id = required(&arguments.id, MISSING_ID)?;
            session.client()?.volume_delete(id)?;
            output.line(&format!("Volume {id} deleted"))
        }
        VolumeCommand::Endpoint(EndpointCommand::Patch(arguments)) => {
            let volume = session.client()?.volume_info(required(&arguments.id, MISSING_ID)?)?;
            output.text(&endpoint_patch(&volume))
        }
        VolumeCommand::Expand(flags) => expand(&flags, session, output),
        VolumeCommand::Info(arguments) => {
            let volume = session.client()?.volume_info(required(&arguments.id, MISSING_ID)?)?;
            show(&volume, session, output)
        }
        VolumeCommand::List(flags) => volume_list::run(&flags, session, output),
        VolumeCommand::SetBlockHostingRestriction(RestrictionCommand::Locked(arguments)) => {
            restrict(&arguments.id, "locked", session, output)
        }
        VolumeCommand::SetBlockHostingRestriction(RestrictionCommand::Unlocked(arguments)) => {
            restrict(&arguments.id, "", session, output)
        }
    }
}

fn restrict(id: &str, word: &str, session: &Session, output: &mut Output<'_>) -> Result<(), Failure> {
    let request = BlockRestrictionRequest { restriction: word.to_owned() };
    let volume = session.client()?.volume_set_block_restriction(required(id, MISSING_ID)?, &request)?;
    show(&volume, session, output)
}

/// One subset for each node. The blanks are heketi-cli's.
fn endpoint_patch(volume: &VolumeInfo) -> String {
    let subset = |host: &String| {
        let ip = serde_json::Value::from(host.as_str());
        format!(r#"{{"addresses":[{{"ip":{ip}}}],"ports":[{{"port":1}}]}}"#)
    };
    let subsets: Vec<String> = volume.mount.glusterfs.hosts.iter().map(subset).collect();
    format!(r#"{{"subsets": [{}]}}"#, subsets.join(","))
}

fn create(flags: &VolumeCreate, session: &Session, output: &mut Output<'_>) -> Result<(), Failure> {
    if flags.size == 0 {
        return Err(Failure::new("Missing volume size"));
    }
    if flags.persistent_volume && flags.persistent_volume_endpoint.is_empty() {
        output.note("--persistent-volume-endpoint must be provided when using --persistent-volume\n")?;
        return Err(Failure::new("Missing endpoint"));
    }
    let request = request(flags);
    if !request.snapshot.factor.is_finite() {
        return Err(Failure::new("json: unsupported value: +Inf"));
    }
    if flags.snapshot_factor < 1.0 && flags.snapshot_factor != 0.0 {
        let factor = flags.snapshot_factor;
        output.note(&format!(
            "--snapshot-factor={factor} is below 1: the volume has no room for snapshots\n"
        ))?;
    }
    let client = session.client()?;
    let path = flags.persistent_volume_file.as_str();
    // Where the object is printed, heketi-cli forgets the file.
    let file = (!flags.persistent_volume && !path.is_empty()).then(|| WrittenFile::open(path));
    if let Some(Err(error)) = &file
        && output.has_reader()
    {
        // Before anything is made whose id would be lost. Scripts get the volume all the same, as from heketi-cli.
        return unwritable("open", path, error, output);
    }
    let volume = client.volume_create(&request)?;
    match file {
        None if flags.persistent_volume => {
            output.line(&persistent_volume(&volume, &flags.persistent_volume_endpoint))
        }
        None => show(&volume, session, output),
        Some(Err(error)) => unwritable("open", path, &error, output),
        Some(Ok(file)) => {
            let text = persistent_volume(&volume, endpoint_or_place(&flags.persistent_volume_endpoint));
            let written =
                file.write(text.as_bytes()).or_else(|error| unwritable("write", path, &error, output));
            written.map_err(|failure| Failure { always_explained: true, ..failure.explained(made(&volume)) })
        }
    }
}

/// What is left to do where a volume was made and its file was not written.
fn made(volume: &VolumeInfo) -> String {
    let VolumeInfo { id, name, .. } = volume;
    format!(
        "Volume {id} ({name}) was made all the same: `volume info {id}` shows what the file would say, \
         `volume delete {id}` takes it away again"
    )
}

fn request(flags: &VolumeCreate) -> VolumeCreateRequest {
    #[expect(clippy::cast_possible_truncation, reason = "the wire has 32-bit floats")]
    let factor = flags.snapshot_factor as f32;
    let enable = flags.snapshot_factor > 1.0;
    VolumeCreateRequest {
        size: flags.size,
        clusters: split(&flags.clusters),
        name: flags.name.clone(),
        durability: Durability {
            kind: flags.durability.clone(),
            replicate: ReplicateOptions { replica: flags.replica },
            disperse: DisperseOptions { data: flags.disperse_data, redundancy: flags.redundancy },
        },
        gid: flags.gid,
        glustervolumeoptions: split(&flags.gluster_volume_options),
        block: flags.block,
        snapshot: Snapshot { enable, factor: if enable { factor } else { 0.0 } },
    }
}

/// The parts between commas, empty ones too; nothing of nothing.
pub(super) fn split(text: &str) -> List<String> {
    if text.is_empty() { List::default() } else { text.split(',').map(str::to_owned).collect() }
}

fn endpoint_or_place(endpoint: &str) -> &str {
    if endpoint.is_empty() { "TYPE ENDPOINT HERE" } else { endpoint }
}

/// heketi-cli's two lines; `what` did not succeed.
fn unwritable<T>(
    what: &str,
    path: &str,
    error: &std::io::Error,
    output: &mut Output<'_>,
) -> Result<T, Failure> {
    output.note(&format!("Unable to write to file {path}\n"))?;
    Err(Failure::new(format!("{what} {path}: {}", os_reason(error))))
}

fn expand(flags: &VolumeExpand, session: &Session, output: &mut Output<'_>) -> Result<(), Failure> {
    if flags.expand_size == 0 {
        return Err(Failure::new("Missing volume amount to expand"));
    }
    let id = if flags.volume.is_empty() { &flags.id.id } else { &flags.volume };
    let request = VolumeExpandRequest { expand_size: flags.expand_size };
    let volume = session.client()?.volume_expand(required(id, "Missing volume id")?, &request)?;
    show(&volume, session, output)
}

fn show(volume: &VolumeInfo, session: &Session, output: &mut Output<'_>) -> Result<(), Failure> {
    if session.json { output.json(volume) } else { output.text(&block(volume)?) }
}

/// A volume as people read it.
fn block(volume: &VolumeInfo) -> Result<String, Failure> {
    let info = &volume.blockinfo;
    let mut text = format!(
        "Name: {}\nSize: {}\nVolume Id: {}\nCluster Id: {}\nMount: {}\nMount Options: {}\nBlock: {}\n\
         Free Size: {}\nReserved Size: {}\nBlock Hosting Restriction: {}\nBlock Volumes: [{}]\n\
         Durability Type: {}\nDistribute Count: {}\n",
        volume.name,
        volume.size,
        volume.id,
        volume.cluster,
        volume.mount.glusterfs.device,
        mount_options(volume),
        volume.block,
        info.freesize,
        info.reservedsize,
        restriction(&info.restriction),
        info.blockvolume.join(" "),
        volume.durability.kind,
        distribute_count(volume)?
    );
    text.push_str(&counts(&volume.durability));
    if volume.snapshot.enable {
        text.push_str(&format!("Snapshot Factor: {:.2}\n\n", volume.snapshot.factor));
    }
    Ok(text)
}

/// All options without anything between them, as heketi-cli prints them; usually there is one.
pub(super) fn mount_options(volume: &VolumeInfo) -> String {
    volume.mount.glusterfs.options.iter().map(|(name, value)| format!("{name}={value}")).collect()
}

fn restriction(word: &str) -> &str {
    match word {
        "" => "(none)",
        "locked" | "locked-by-update" => word,
        _ => "unknown",
    }
}

/// Sets of the volume, from what its durability says; 0 where that says nothing. heketi-cli dies of sets of nothing.
fn distribute_count(volume: &VolumeInfo) -> Result<i64, Failure> {
    let bricks = i64::try_from(volume.bricks.len()).unwrap_or(i64::MAX);
    let Durability { kind, replicate, disperse } = &volume.durability;
    let set = match kind.as_str() {
        "none" => 1,
        "replicate" => replicate.replica,
        "disperse" => disperse.data.saturating_add(disperse.redundancy),
        _ => return Ok(0),
    };
    let nothing =
        || Failure::new(format!("the server says that a set of volume {} has no bricks", volume.id));
    bricks.checked_div(set).ok_or_else(nothing)
}

fn counts(durability: &Durability) -> String {
    let Durability { kind, replicate, disperse } = durability;
    match kind.as_str() {
        "replicate" => format!("Replica Count: {}\n", replicate.replica),
        "disperse" => format!(
            "Disperse Data Count: {}\nDisperse Redundancy Count: {}\n",
            disperse.data, disperse.redundancy
        ),
        _ => String::new(),
    }
}
