//! `volume heal NAME info`, and healing itself: it gets on a little with each look at it.

use std::fmt::Write;

use super::super::answer::{Answer, Refused, refuse};
use super::super::objects::{Entry, GlusterVolume, Pending, split_brick};
use super::super::world::Peer;
use super::bricks::is_online;
use super::info::{escape, host_uuid};

/// errno of a connection that is not there, and of an argument that makes no sense.
const NOT_CONNECTED: i32 = 107;
const INVALID: i32 = 22;

/// `volume heal NAME info`. It is no program of glusterd's: it mounts the volume and asks the bricks.
pub fn info(peer: &mut Peer<'_>, name: &str, xml: bool) -> Answer {
    let Some(volume) = peer.volume(name).cloned() else {
        return Err(refused(2, &format!("Volume {name} does not exist"), xml));
    };
    let online: Vec<bool> = volume.bricks.iter().map(|brick| is_online(peer, brick)).collect();
    if !volume.started || !online.contains(&true) {
        let text = format!("Volume {name} is not started (Or) All the bricks are not running.");
        return Err(refused(NOT_CONNECTED, &text, xml));
    }
    if volume.layout.set_size() < 2 {
        return Err(refused(INVALID, &format!("Volume {name} is not of type replicate/disperse"), xml));
    }
    let answer = if xml { listing_xml(peer, &volume, &online) } else { listing(&volume, &online) };
    heal(peer, name, volume);
    Ok(answer)
}

/// `volume heal NAME`. What heals does so at each look in any case.
pub fn start(peer: &Peer<'_>, name: &str) -> Answer {
    let begin = format!("Launching heal operation to perform index self heal on volume {name} has been ");
    match peer.volume(name) {
        None => Err(refuse(1, format!("Volume {name} does not exist"))),
        Some(volume) if !volume.started => {
            Err(refuse(1, format!("{begin}unsuccessful:\nVolume {name} is not started.")))
        }
        Some(_) => Ok(format!("{begin}successful \nUse heal info commands to check status.\n")),
    }
}

fn refused(errno: i32, text: &str, xml: bool) -> Refused {
    let stdout =
        if xml { document(-1, errno, text, "<bricks/>") } else { format!("{text}\nVolume heal failed.\n") };
    Refused { stdout, ..refuse(errno, "") }
}

/// Its verdict comes last, unlike glusterd's.
fn document(op_ret: i32, op_errno: i32, error: &str, bricks: &str) -> String {
    let error = escape(error);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<cliOutput>\n  <healInfo>\n    {bricks}\n  </healInfo>\n  <opRet>{op_ret}</opRet>\n  <opErrno>{op_errno}</opErrno>\n  <opErrstr>{error}</opErrstr>\n</cliOutput>\n"
    )
}

/// gluster's words for a brick: its status, and how much is to be healed from it.
fn words(volume: &GlusterVolume, brick: &str, online: bool) -> (&'static str, String) {
    if online {
        ("Connected", volume.pending_of(brick).to_string())
    } else {
        ("Transport endpoint is not connected", "-".to_owned())
    }
}

fn listing_xml(peer: &Peer<'_>, volume: &GlusterVolume, online: &[bool]) -> String {
    let mut bricks = "<bricks>\n".to_owned();
    for (brick, &online) in volume.bricks.iter().zip(online) {
        let (status, entries) = words(volume, brick, online);
        let uuid = if online { host_uuid(peer, brick) } else { "-" };
        let _ = writeln!(
            bricks,
            "      <brick hostUuid=\"{uuid}\">\n        <name>{}</name>\n        <status>{status}</status>\n        <numberOfEntries>{entries}</numberOfEntries>\n      </brick>",
            escape(brick)
        );
    }
    document(0, 0, "", &(bricks + "    </bricks>"))
}

fn listing(volume: &GlusterVolume, online: &[bool]) -> String {
    let mut text = String::new();
    for (brick, &online) in volume.bricks.iter().zip(online) {
        let (status, entries) = words(volume, brick, online);
        let _ = writeln!(text, "Brick {brick}\nStatus: {status}\nNumber of entries: {entries}\n");
    }
    text
}

/// Heals a little of what heals by itself, where both bricks are online.
fn heal(peer: &mut Peer<'_>, name: &str, volume: GlusterVolume) {
    let mut left = Vec::new();
    for pending in &volume.pending {
        let Some(onto) = pending.onto.as_deref() else {
            left.push(pending.clone());
            continue;
        };
        let both = is_online(peer, &pending.brick) && is_online(peer, onto);
        let entries = pending.entries - u64::from(both && pending.entries > 0);
        if entries > 0 {
            left.push(Pending { entries, ..pending.clone() });
        } else {
            copy(peer, &pending.brick, onto);
        }
    }
    if left != volume.pending {
        peer.set_volume(name, Some(GlusterVolume { pending: left, ..volume }));
    }
}

/// Copies what clients have written, and whose directory it is.
fn copy(peer: &mut Peer<'_>, from: &str, onto: &str) {
    let Some((entry, files)) = read(peer, from) else { return };
    let Some((host, path)) = split_brick(onto) else { return };
    let Some(id) = peer.world.state.find(host) else { return };
    let mut on = peer.on(id);
    if let Some(own) = on.entry(path) {
        on.set_entry(path, Some(Entry { gid: entry.gid, mode: entry.mode, ..own }));
    }
    for (name, file) in files {
        on.set_entry(&format!("{path}/{name}"), Some(file));
    }
}

/// The directory of a brick, and what clients have written into it.
fn read(peer: &mut Peer<'_>, brick: &str) -> Option<(Entry, Vec<(String, Entry)>)> {
    let (host, path) = split_brick(brick)?;
    let id = peer.world.state.find(host)?;
    let on = peer.on(id);
    let names = on.children(path).into_iter().filter(|name| !name.starts_with(".glusterfs"));
    let files = names.filter_map(|name| Some((name.clone(), on.entry(&format!("{path}/{name}"))?)));
    Some((on.entry(path)?, files.collect()))
}

/// Says how much is to be healed from a brick, for a test: it stays so until it is said otherwise.
pub fn set_pending(peer: &mut Peer<'_>, volume: &str, brick: &str, entries: u64) -> Result<(), String> {
    let found = peer.volume(volume).cloned().ok_or_else(|| format!("there is no volume {volume}"))?;
    if found.set_of(brick).is_none() {
        return Err(format!("{brick} is no brick of {volume}"));
    }
    let mut pending = found.pending.clone();
    pending.retain(|known| &*known.brick != brick);
    if entries > 0 {
        pending.push(Pending { brick: brick.into(), entries, onto: None });
    }
    peer.set_volume(volume, Some(GlusterVolume { pending, ..found }));
    Ok(())
}
