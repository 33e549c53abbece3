//! `snapshot`: create, activate, deactivate, clone, delete, info and list.

use super::super::answer::{Answer, Refused, refuse};
use super::super::objects::{GlusterVolume, Snapshot};
use super::super::world::Peer;
use super::bricks::is_online;
use super::info::{document, escape};
use super::{snap_bricks, unknown};

/// What a subcommand did: its XML, and its text.
struct Said {
    xml: String,
    text: String,
}

type Outcome = Result<Said, String>;

/// Runs `gluster snapshot` with these words. Under `--xml` it ends with status 0 whatever comes of it.
pub fn run(peer: &mut Peer<'_>, words: &[&str], xml: bool) -> Answer {
    let (what, outcome) = match words {
        ["config", "snap-max-hard-limit", limit] => return super::snapshot_limit(limit),
        ["create", name, volume, "no-timestamp"] => ("create", create(peer, name, volume)),
        ["activate", name] => ("activate", activate(peer, name)),
        ["deactivate", name] => ("deactivate", deactivate(peer, name)),
        ["clone", volume, name] => ("clone", clone(peer, volume, name)),
        ["delete", name] => ("delete", delete(peer, name)),
        ["info", name] => ("info", info(peer, name)),
        ["list"] => ("list", list(peer, None)),
        ["list", volume] => ("list", list(peer, Some(volume))),
        _ => return Err(unknown(&format!("snapshot {}", words.join(" ")))),
    };
    match (outcome, xml) {
        (Ok(said), true) => Ok(document(0, 0, "", &said.xml)),
        (Ok(said), false) => Ok(said.text),
        (Err(why), true) => Ok(document(-1, 30800, &why, "")),
        (Err(why), false) => Err(refused(what, &why)),
    }
}

fn refused(what: &str, why: &str) -> Refused {
    refuse(1, format!("snapshot {what}: failed: {why}\nSnapshot command failed"))
}

fn need(peer: &Peer<'_>, name: &str) -> Result<Snapshot, String> {
    peer.snapshot(name).cloned().ok_or_else(|| format!("Snapshot ({name}) does not exist"))
}

/// The name and the UUID of a snapshot in XML.
fn named(tag: &str, name: &str, snapshot: &Snapshot) -> String {
    let (name, uuid) = (escape(name), dashed(&snapshot.uuid));
    format!("  <{tag}><snapshot><name>{name}</name><uuid>{uuid}</uuid></snapshot></{tag}>\n")
}

fn dashed(uuid: &str) -> String {
    uuid::Uuid::parse_str(uuid).map_or_else(|_| uuid.to_owned(), |uuid| uuid.to_string())
}

fn create(peer: &mut Peer<'_>, name: &str, volume: &str) -> Outcome {
    if peer.snapshot(name).is_some() {
        return Err(format!("Snapshot {name} already exists"));
    }
    let found = peer.volume(volume).cloned().ok_or_else(|| format!("Volume ({volume}) does not exist "))?;
    if !found.started {
        return Err(format!("volume {volume} is not started"));
    }
    if !found.bricks.iter().all(|brick| is_online(peer, brick)) {
        return Err("One or more bricks are not running. Please run volume status command to see brick status.\nAll bricks have to be online to take a snapshot.Please start the stopped brick and then issue snapshot create command.".to_owned());
    }
    if snap_bricks::thick(peer, &found.bricks).is_some() {
        return Err(format!(
            "Snapshot is supported only for thin provisioned LV. Ensure that all bricks of {volume} are thinly provisioned LV."
        ));
    }
    let uuid: Box<str> = peer.world.uuid(name).simple().to_string().into();
    snap_bricks::take(peer, &found.bricks, &uuid);
    let snapshot = Snapshot {
        volume: volume.into(),
        uuid,
        active: false,
        layout: found.layout,
        bricks: found.bricks,
        options: found.options,
    };
    let xml = named("snapCreate", name, &snapshot);
    peer.set_snapshot(name, Some(snapshot));
    Ok(Said { xml, text: format!("snapshot create: success: Snap {name} created successfully\n") })
}

fn activate(peer: &mut Peer<'_>, name: &str) -> Outcome {
    let snapshot = need(peer, name)?;
    if snapshot.active {
        return Err(format!("Snapshot {name} is already activated."));
    }
    snap_bricks::mount(peer, &snapshot.bricks, &snapshot.uuid);
    let xml = named("snapActivate", name, &snapshot);
    peer.set_snapshot(name, Some(Snapshot { active: true, ..snapshot }));
    Ok(Said { xml, text: format!("Snapshot activate: {name}: Snap activated successfully\n") })
}

fn deactivate(peer: &mut Peer<'_>, name: &str) -> Outcome {
    let snapshot = need(peer, name)?;
    if !snapshot.active {
        return Err(format!("Snapshot {name} is already deactivated."));
    }
    snap_bricks::unmount(peer, &snapshot.bricks, &snapshot.uuid);
    let xml = named("snapDeactivate", name, &snapshot);
    peer.set_snapshot(name, Some(Snapshot { active: false, ..snapshot }));
    Ok(Said { xml, text: format!("Snapshot deactivate: {name}: Snap deactivated successfully\n") })
}

/// The clone has the options of the volume, its id among them.
fn clone(peer: &mut Peer<'_>, volume: &str, name: &str) -> Outcome {
    if peer.volume(volume).is_some() {
        return Err(format!("Volume with name:{volume} already exists"));
    }
    let snapshot = peer.snapshot(name).cloned().ok_or_else(|| format!("Failed to find :{name} snap"))?;
    if !snapshot.active {
        return Err(format!("Snapshot {name} is not activated"));
    }
    let uuid = peer.world.uuid(volume);
    let short = uuid.simple().to_string();
    snap_bricks::take_again(peer, &snapshot.bricks, &snapshot.uuid, &short);
    let bricks = snap_bricks::mount(peer, &snapshot.bricks, &short);
    snap_bricks::mark(peer, volume, &bricks);
    let made = GlusterVolume {
        uuid: uuid.to_string(),
        started: false,
        was_started: false,
        layout: snapshot.layout,
        bricks,
        options: snapshot.options,
        pending: Vec::new(),
        rebalance: None,
    };
    peer.set_volume(volume, Some(made));
    let xml = format!(
        "  <CloneCreate><volume><name>{}</name><uuid>{uuid}</uuid></volume></CloneCreate>\n",
        escape(volume)
    );
    Ok(Said { xml, text: format!("snapshot clone: success: Clone {volume} created successfully\n") })
}

fn delete(peer: &mut Peer<'_>, name: &str) -> Outcome {
    let snapshot = need(peer, name)?;
    snap_bricks::unmount(peer, &snapshot.bricks, &snapshot.uuid);
    snap_bricks::remove(peer, &snapshot.bricks, &snapshot.uuid);
    peer.set_snapshot(name, None);
    let xml = format!(
        "  <snapDelete><snapshots><snapshot><status>Success</status><name>{}</name><uuid>{}</uuid></snapshot></snapshots></snapDelete>\n",
        escape(name),
        dashed(&snapshot.uuid)
    );
    Ok(Said { xml, text: format!("snapshot delete: {name}: snap removed successfully\n") })
}

fn info(peer: &Peer<'_>, name: &str) -> Outcome {
    let snapshot = need(peer, name)?;
    let status = if snapshot.active { "Started" } else { "Stopped" };
    let (volume, uuid, count) =
        (&snapshot.volume, dashed(&snapshot.uuid), peer.snapshots_of(&snapshot.volume));
    let xml = format!(
        "  <snapInfo><count>1</count><snapshots><snapshot><name>{}</name><uuid>{uuid}</uuid><description/><createTime>2024-01-01 00:00:00 +0000</createTime><volCount>1</volCount><snapVolume><name>{}</name><status>{status}</status><originVolume><name>{}</name><snapCount>{count}</snapCount><snapRemaining>{}</snapRemaining></originVolume></snapVolume></snapshot></snapshots></snapInfo>\n",
        escape(name),
        snapshot.uuid,
        escape(volume),
        256_usize.saturating_sub(count)
    );
    let text = format!(
        "Snapshot                  : {name}\nSnap UUID                 : {uuid}\nSnap Volumes:\n\n\tSnap Volume Name          : {}\n\tOrigin Volume name        : {volume}\n\tStatus                    : {status}\n",
        snapshot.uuid
    );
    Ok(Said { xml, text })
}

fn list(peer: &Peer<'_>, volume: Option<&str>) -> Outcome {
    if let Some(volume) = volume.filter(|volume| peer.volume(volume).is_none()) {
        return Err(format!("Volume ({volume}) does not exist"));
    }
    let snapshots = peer.world.state.snapshots.get(&peer.pool()).into_iter().flatten();
    let of_volume = |snapshot: &Snapshot| volume.is_none_or(|volume| &*snapshot.volume == volume);
    let names: Vec<&str> =
        snapshots.filter(|(_, snapshot)| of_volume(snapshot)).map(|(name, _)| &**name).collect();
    let listed: String = names.iter().map(|name| format!("<snapshot>{}</snapshot>", escape(name))).collect();
    let xml = format!("  <snapList><count>{}</count>{listed}</snapList>\n", names.len());
    let text = match (names.is_empty(), volume) {
        (false, _) => names.join("\n") + "\n",
        (true, Some(volume)) => format!("No snapshots present for {volume}\n"),
        (true, None) => "No snapshots present\n".to_owned(),
    };
    Ok(Said { xml, text })
}
