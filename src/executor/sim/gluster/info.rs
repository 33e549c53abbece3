//! `volume info` and `volume status`, and the file in which glusterd keeps a volume.

use std::fmt::Write;

use super::super::answer::{Answer, Refused, refuse};
use super::super::objects::{GlusterVolume, Layout, split_brick};
use super::super::world::Peer;
use super::bricks::is_online;

/// gluster's number for "there is no such volume".
const NO_VOLUME: i32 = 30806;

/// Text as it stands in XML.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The frame around every XML answer.
pub fn document(op_ret: i32, op_errno: i32, error: &str, body: &str) -> String {
    let error = escape(error);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<cliOutput>\n  <opRet>{op_ret}</opRet>\n  <opErrno>{op_errno}</opErrno>\n  <opErrstr>{error}</opErrstr>\n{body}</cliOutput>\n"
    )
}

/// `volume info [NAME]`.
pub fn info(peer: &Peer<'_>, name: Option<&str>, xml: bool) -> Answer {
    let found: Vec<(&str, &GlusterVolume)> = match name {
        Some(name) => vec![(name, peer.volume(name).ok_or_else(|| missing(name, xml))?)],
        None => {
            let volumes = peer.world.state.volumes.get(&peer.host().machine.pool);
            volumes.into_iter().flatten().map(|(name, volume)| (&**name, volume)).collect()
        }
    };
    if !xml {
        let one = |(name, volume): (&str, &GlusterVolume)| plain(name, volume);
        return Ok(if found.is_empty() {
            "No volumes present\n".to_owned()
        } else {
            found.into_iter().map(one).collect()
        });
    }
    let count = found.len();
    let volumes: String = found.into_iter().map(|(name, volume)| volume_xml(peer, name, volume)).collect();
    let body = format!(
        "  <volInfo>\n    <volumes>\n{volumes}      <count>{count}</count>\n    </volumes>\n  </volInfo>\n"
    );
    Ok(document(0, 0, "", &body))
}

fn missing(name: &str, xml: bool) -> Refused {
    let text = format!("Volume {name} does not exist");
    if xml {
        return Refused { stdout: document(-1, NO_VOLUME, &text, ""), ..refuse(1, "") };
    }
    refuse(1, text)
}

fn plain(name: &str, volume: &GlusterVolume) -> String {
    let mut text = format!(
        "\nVolume Name: {name}\nType: {}\nVolume ID: {}\nStatus: {}\nSnapshot Count: 0\nNumber of Bricks: {}\nTransport-type: tcp\nBricks:\n",
        kind(volume).1,
        volume.uuid,
        volume.status(),
        count(volume)
    );
    for (number, brick) in volume.bricks.iter().enumerate() {
        let mark = if is_arbiter(volume.layout, number) { " (arbiter)" } else { "" };
        let _ = writeln!(text, "Brick{}: {brick}{mark}", number + 1);
    }
    text.push_str("Options Reconfigured:\n");
    for (key, value) in &volume.options {
        let _ = writeln!(text, "{key}: {value}");
    }
    text
}

/// gluster's words for how many bricks there are: `2 x (2 + 1) = 6`, `1 x 3 = 3`, or `2` where each is a set.
fn count(volume: &GlusterVolume) -> String {
    let (layout, all) = (volume.layout, volume.bricks.len());
    let set = match (layout.data, layout.arbiter) {
        (0, 0) if layout.set_size() == 1 => return all.to_string(),
        (0, 0) => layout.replica.to_string(),
        (0, arbiter) => format!("({} + {arbiter})", layout.replica - arbiter),
        (data, _) => format!("({data} + {})", layout.redundancy),
    };
    format!("{} x {set} = {all}", all / layout.set_size())
}

/// The last bricks of a set are the arbiters.
fn is_arbiter(layout: Layout, at: usize) -> bool {
    layout.arbiter > 0 && (at + 1).is_multiple_of(layout.set_size())
}

/// gluster's number and words for the kind of a volume.
fn kind(volume: &GlusterVolume) -> (u32, &'static str) {
    let many = volume.bricks.len() > volume.layout.set_size();
    match (volume.layout.data > 0, volume.layout.replica > 1, many) {
        (true, _, false) => (4, "Disperse"),
        (true, _, true) => (9, "Distributed-Disperse"),
        (false, true, false) => (2, "Replicate"),
        (false, true, true) => (7, "Distributed-Replicate"),
        (false, false, _) => (0, "Distribute"),
    }
}

fn volume_xml(peer: &Peer<'_>, name: &str, volume: &GlusterVolume) -> String {
    let layout = volume.layout;
    let (number, words) = kind(volume);
    let state = if volume.started {
        1
    } else if volume.was_started {
        2
    } else {
        0
    };
    let mut xml = String::with_capacity(1024 + 256 * volume.bricks.len());
    let _ = write!(
        xml,
        "      <volume>\n        <name>{name}</name>\n        <id>{}</id>\n        <status>{state}</status>\n        <statusStr>{}</statusStr>\n        <snapshotCount>{}</snapshotCount>\n        <brickCount>{}</brickCount>\n        <distCount>{}</distCount>\n        <replicaCount>{}</replicaCount>\n        <arbiterCount>{}</arbiterCount>\n        <disperseCount>{}</disperseCount>\n        <redundancyCount>{}</redundancyCount>\n        <type>{number}</type>\n        <typeStr>{words}</typeStr>\n        <transport>0</transport>\n        <bricks>\n",
        volume.uuid,
        volume.status(),
        peer.snapshots_of(name),
        volume.bricks.len(),
        volume.bricks.len() / layout.set_size(),
        layout.replica.max(1),
        layout.arbiter,
        layout.data + layout.redundancy,
        layout.redundancy,
    );
    for (at, brick) in volume.bricks.iter().enumerate() {
        let uuid = host_uuid(peer, brick);
        let arbiter = i32::from(is_arbiter(layout, at));
        let brick = escape(brick);
        let _ = writeln!(
            xml,
            "          <brick uuid=\"{uuid}\">{brick}<name>{brick}</name><hostUuid>{uuid}</hostUuid><isArbiter>{arbiter}</isArbiter></brick>"
        );
    }
    let _ = write!(
        xml,
        "        </bricks>\n        <optCount>{}</optCount>\n        <options>\n",
        volume.options.len()
    );
    for (key, value) in &volume.options {
        let (key, value) = (escape(key), escape(value));
        let _ = writeln!(
            xml,
            "          <option>\n            <name>{key}</name>\n            <value>{value}</value>\n          </option>"
        );
    }
    xml.push_str("        </options>\n      </volume>\n");
    xml
}

pub fn host_uuid<'p>(peer: &'p Peer<'_>, brick: &str) -> &'p str {
    let found = split_brick(brick).and_then(|(host, _)| peer.world.state.find(host));
    let host = found.and_then(|id| peer.world.state.hosts.get(&id));
    host.map_or("00000000-0000-0000-0000-000000000000", |host| &host.machine.uuid)
}

/// `volume status NAME`.
pub fn status(peer: &mut Peer<'_>, name: &str, xml: bool) -> Answer {
    let volume = peer.volume(name).cloned().ok_or_else(|| missing(name, xml))?;
    if !volume.started {
        let text = format!("Volume {name} is not started");
        let stdout = if xml { document(-1, 30800, &text, "") } else { String::new() };
        return Err(Refused { stdout, ..refuse(1, if xml { "" } else { text.as_str() }) });
    }
    let mut text = format!(
        "Status of volume: {name}\nGluster process                             TCP Port  RDMA Port  Online  Pid\n"
    );
    let mut nodes = String::new();
    for brick in &volume.bricks {
        let Some((host, path)) = split_brick(brick) else { continue };
        let online = is_online(peer, brick);
        let _ = writeln!(
            text,
            "Brick {brick} {} {}",
            if online { "49152     0          Y" } else { "N/A       N/A        N" },
            if online { "1000" } else { "N/A" }
        );
        let _ = write!(
            nodes,
            "<node><hostname>{}</hostname><path>{}</path><peerid>{}</peerid><status>{}</status></node>",
            escape(host),
            escape(path),
            host_uuid(peer, brick),
            i32::from(online)
        );
    }
    if !xml {
        return Ok(text);
    }
    let body = format!(
        "<volStatus><volumes><volume><volName>{name}</volName><nodeCount>{}</nodeCount>{nodes}</volume></volumes></volStatus>\n",
        volume.bricks.len()
    );
    Ok(document(0, 0, "", &body))
}

/// `/var/lib/glusterd/vols/NAME/info`; nothing where there is no such volume. A path stands there with `-` for `/`.
pub fn stored_info(peer: &Peer<'_>, name: &str) -> Option<String> {
    let volume = peer.volume(name)?;
    let layout = volume.layout;
    let status = if volume.started {
        1
    } else if volume.was_started {
        2
    } else {
        0
    };
    let mut text = format!(
        "type={}\ncount={}\nstatus={status}\nsub_count={}\nreplica_count={}\narbiter_count={}\ndisperse_count={}\nredundancy_count={}\nversion=3\ntransport-type=0\nvolume-id={}\n",
        kind(volume).0,
        volume.bricks.len(),
        layout.set_size(),
        layout.replica.max(1),
        layout.arbiter,
        layout.data + layout.redundancy,
        layout.redundancy,
        volume.uuid,
    );
    for (key, value) in &volume.options {
        let _ = writeln!(text, "{key}={value}");
    }
    for (number, brick) in volume.bricks.iter().enumerate() {
        let (host, path) = split_brick(brick)?;
        let _ = writeln!(text, "brick-{number}={host}:{}", path.replace('/', "-"));
    }
    Some(text)
}
