//! `volume create` and `volume add-brick`.

use super::super::answer::{Answer, Refused, refuse};
use super::super::objects::{GlusterVolume, Layout};
use super::super::shared::Shared;
use super::super::world::Peer;
use super::bricks::{self, Care};

/// `volume create NAME [LAYOUT] BRICKS [force]`.
pub fn create(peer: &mut Peer<'_>, name: &str, rest: &[&str], care: Care) -> Answer {
    let what = format!("volume create: {name}");
    let (layout, places) = read_layout(rest)?;
    if !is_name(name) {
        return Err(refuse(1, format!("Volume name should not contain \"/\" or begin with a dash: {name}")));
    }
    if places.is_empty() || !places.len().is_multiple_of(layout.set_size()) {
        let text = format!("number of bricks is not a multiple of {} count", kind(layout));
        return Err(refuse(1, text));
    }
    if peer.volume(name).is_some() {
        return Err(refuse(1, format!("{what}: failed: Volume {name} already exists")));
    }
    let machines = bricks::check(peer, &what, places, care)?;
    if care == Care::Usual {
        bricks::check_spread(&what, kind(layout), layout.set_size(), &machines)?;
    }
    bricks::mark(peer, name, places, &machines);
    let volume = GlusterVolume {
        uuid: peer.world.uuid(name).to_string(),
        started: false,
        was_started: false,
        layout,
        bricks: places.iter().map(|place| (*place).into()).collect(),
        options: usual_options(layout),
        pending: Vec::new(),
        rebalance: None,
    };
    peer.set_volume(name, Some(volume));
    Ok(format!("{what}: success: please start the volume to access data\n"))
}

fn is_name(name: &str) -> bool {
    !name.starts_with('-') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// What glusterd sets for every new volume.
fn usual_options(layout: Layout) -> Vec<(Shared, Box<str>)> {
    let mut options = vec![
        ("storage.fips-mode-rchecksum", "on"),
        ("transport.address-family", "inet"),
        ("nfs.disable", "on"),
    ];
    if layout.replica > 1 {
        options.insert(0, ("cluster.granular-entry-heal", "on"));
        options.push(("performance.client-io-threads", "off"));
    }
    options.into_iter().map(|(key, value)| (key.into(), value.into())).collect()
}

fn kind(layout: Layout) -> &'static str {
    if layout.data > 0 { "disperse" } else { "replicate" }
}

fn read_layout<'w, 'a>(words: &'w [&'a str]) -> Result<(Layout, &'w [&'a str]), Refused> {
    let number = |text: &str| text.parse::<u32>().map_err(|_| refuse(1, format!("invalid count {text}")));
    let (layout, rest) = match words {
        ["replica", copies, "arbiter", arbiter, rest @ ..] => {
            (Layout { replica: number(copies)?, arbiter: number(arbiter)?, ..Layout::default() }, rest)
        }
        ["replica", copies, rest @ ..] => (Layout { replica: number(copies)?, ..Layout::default() }, rest),
        ["disperse-data", data, "redundancy", redundancy, rest @ ..] => (
            Layout { replica: 1, data: number(data)?, redundancy: number(redundancy)?, ..Layout::default() },
            rest,
        ),
        rest => (Layout { replica: 1, ..Layout::default() }, rest),
    };
    let counted = words.len() != rest.len();
    let valid = match layout {
        Layout { replica: 3, arbiter: 1, .. } => true,
        Layout { arbiter: 1.., .. } => {
            return Err(refuse(
                1,
                "For arbiter configuration, replica count must be 3 and arbiter count must be 1.",
            ));
        }
        Layout { data: 0, replica, .. } => !counted || replica > 1,
        Layout { data, redundancy, .. } => redundancy > 0 && redundancy < data,
    };
    if valid {
        Ok((layout, rest))
    } else {
        Err(refuse(1, "replica count should be greater than 1, redundancy less than data"))
    }
}

/// `volume add-brick NAME BRICKS`: whole sets.
pub fn add_brick(peer: &mut Peer<'_>, name: &str, places: &[&str]) -> Answer {
    let what = "volume add-brick";
    let mut volume = peer.need_volume(what, name)?;
    let size = volume.layout.set_size();
    if places.is_empty() || !places.len().is_multiple_of(size) {
        let text =
            format!("{what}: failed: Incorrect number of bricks supplied {} with count {size}", places.len());
        return Err(refuse(1, text));
    }
    let machines = bricks::check(peer, what, places, Care::Usual)?;
    bricks::check_spread(what, kind(volume.layout), size, &machines)?;
    bricks::mark(peer, name, places, &machines);
    volume.rebalance = None;
    volume.bricks.extend(places.iter().map(|place| Box::<str>::from(*place)));
    if volume.started {
        bricks::start_processes(peer, &volume);
    }
    peer.set_volume(name, Some(volume));
    Ok("volume add-brick: success\n".to_owned())
}
