//! `pvs`, `vgs` and `lvs`: JSON with the fields that are asked for, in bytes, or in KiB with the unit behind them.

use serde_json::{Map, Value, json};

use super::{FAILED, USAGE, group, no_group, sort, split_name};
use crate::executor::sim::answer::{Answer, Arguments, Refused, refuse};
use crate::executor::sim::blocks::Block;
use crate::executor::sim::objects::{Content, Disk, Group, LogicalVolume};
use crate::executor::sim::world::Peer;

const VALUED: [&str; 6] = ["--reportformat", "--units", "-o", "--options", "--autobackup", "--select"];
const FLAGS: [&str; 4] = ["--nosuffix", "--noheadings", "-q", "-qq"];

/// What a report is to show.
struct Asked<'a> {
    fields: Vec<&'a str>,
    in_kib: bool,
}

impl Asked<'_> {
    fn size(&self, kib: u64) -> String {
        if self.in_kib { format!("{kib}.00k") } else { (u128::from(kib) * 1024).to_string() }
    }
}

/// The fields that are asked for. Only JSON in bytes without their unit, or in KiB with it, is simulated.
fn asked<'a>(subcommand: &str, args: &Arguments<'a>) -> Result<Asked<'a>, Refused> {
    let only = |what: &str| refuse(USAGE, format!("  {subcommand}: only {what} is simulated."));
    if args.value("--reportformat") != Some("json") {
        return Err(only("--reportformat json"));
    }
    let in_kib = match (args.value("--units"), args.has("--nosuffix")) {
        (Some("b"), true) => false,
        (Some("k"), false) => true,
        _ => return Err(only("--units b --nosuffix, or --units k,")),
    };
    let fields = args.value("-o").or_else(|| args.value("--options")).ok_or_else(|| only("-o FIELDS"))?;
    Ok(Asked { fields: fields.split(',').collect(), in_kib })
}

fn row(fields: &[&str], field: impl Fn(&str) -> Option<String>) -> Result<Value, Refused> {
    let mut row = Map::new();
    for name in fields {
        let value = field(name).ok_or_else(|| refuse(USAGE, format!("  Unrecognised field: {name}.")))?;
        row.insert((*name).to_owned(), Value::String(value));
    }
    Ok(Value::Object(row))
}

fn print(kind: &str, rows: Vec<Value>) -> Answer {
    Ok(format!("{:#}\n", json!({ "report": [{ kind: rows }] })))
}

/// `pvs`.
pub fn pvs(peer: &Peer<'_>, args: &[String]) -> Answer {
    let args = sort("pvs", args, &FLAGS, &VALUED)?;
    let asked = asked("pvs", &args)?;
    let mut rows = Vec::new();
    if args.rest().is_empty() {
        for (path, disk) in peer.host().disks.iter().filter(|(_, disk)| !disk.pulled) {
            rows.extend(pv_row(peer, &asked, path, disk).transpose()?);
        }
    }
    for path in args.rest() {
        let missing = || refuse(FAILED, format!("  Failed to find physical volume \"{path}\"."));
        let Some(Block::Disk(name)) = peer.block(path) else { return Err(missing()) };
        rows.push(pv_row(peer, &asked, &name, &peer.disk(&name)).ok_or_else(missing)??);
    }
    print("pv", rows)
}

fn pv_row(peer: &Peer<'_>, asked: &Asked<'_>, path: &str, disk: &Disk) -> Option<Result<Value, Refused>> {
    let Content::PhysicalVolume { uuid, group, .. } = &disk.content else { return None };
    // heketi's mock reports no UUID. One in no group keeps it: it is how an interrupted set-up knows its own work.
    let hidden = !peer.is_strict() && group.is_some();
    let size = group.as_ref().and_then(|group| peer.group(group));
    Some(row(&asked.fields, |field| match field {
        "pv_name" => Some(path.to_owned()),
        "pv_uuid" => Some(if hidden { String::new() } else { uuid.clone() }),
        "vg_name" => Some(group.as_deref().unwrap_or("").to_owned()),
        "pv_size" => {
            Some(size.map_or_else(
                || asked.size(disk.size_kib),
                |g| asked.size(g.head.extents * g.head.extent_kib),
            ))
        }
        "pv_free" => {
            Some(size.map_or_else(|| asked.size(disk.size_kib), |g| asked.size(g.free() * g.head.extent_kib)))
        }
        "pv_fmt" => Some("lvm2".to_owned()),
        "pv_attr" => Some("a--".to_owned()),
        _ => None,
    }))
}

/// `vgs`.
pub fn vgs(peer: &Peer<'_>, args: &[String]) -> Answer {
    let args = sort("vgs", args, &FLAGS, &VALUED)?;
    let asked = asked("vgs", &args)?;
    let names: Vec<String> = match args.rest() {
        [] => peer
            .host()
            .groups
            .keys()
            .filter(|name| peer.group(name).is_some())
            .map(ToString::to_string)
            .collect(),
        names => names.iter().map(ToString::to_string).collect(),
    };
    let mut rows = Vec::new();
    for name in &names {
        let found = peer.group(name).ok_or_else(|| no_group(name))?;
        rows.push(vg_row(peer, &asked, name, found)?);
    }
    print("vg", rows)
}

fn vg_row(peer: &Peer<'_>, asked: &Asked<'_>, name: &str, group: &Group) -> Result<Value, Refused> {
    row(&asked.fields, |field| match field {
        "vg_name" => Some(name.to_owned()),
        "vg_size" => Some(asked.size(group.head.extents * group.head.extent_kib)),
        "vg_free" => Some(asked.size(group.free() * group.head.extent_kib)),
        "vg_extent_size" => Some(asked.size(group.head.extent_kib)),
        "vg_extent_count" => Some(group.head.extents.to_string()),
        "vg_free_count" => Some(group.free().to_string()),
        "lv_count" => Some(group.volumes.len().to_string()),
        "snap_count" => Some("0".to_owned()),
        "pv_count" => Some("1".to_owned()),
        "vg_attr" => Some("wz--n-".to_owned()),
        "pv_name" => Some(group.head.disk.to_string()),
        "pv_uuid" => match peer.disk(&group.head.disk).content {
            Content::PhysicalVolume { uuid, .. } if peer.is_strict() => Some(uuid),
            _ => Some(String::new()),
        },
        _ => None,
    })
}

/// `lvs`: a report, or the number of thin volumes in a pool.
pub fn lvs(peer: &Peer<'_>, args: &[String]) -> Answer {
    let args = sort("lvs", args, &FLAGS, &VALUED)?;
    if args.value("--options") == Some("thin_count") && args.has("--noheadings") {
        return thin_count(peer, args.rest());
    }
    let asked = asked("lvs", &args)?;
    let names: Vec<String> = match args.rest() {
        [] => peer
            .host()
            .groups
            .keys()
            .filter(|name| peer.group(name).is_some())
            .map(ToString::to_string)
            .collect(),
        names => names.iter().map(ToString::to_string).collect(),
    };
    let is_wanted: fn(&LogicalVolume) -> bool = match args.value("--select") {
        None => |_| true,
        Some("segtype=thin-pool") => |volume| volume.metadata_kib.is_some(),
        Some(_) => return Err(refuse(USAGE, "  lvs: only --select segtype=thin-pool is simulated.")),
    };
    let mut rows = Vec::new();
    for name in &names {
        match name.split_once('/') {
            None => {
                let found = group(peer, name)?;
                for (volume_name, volume) in found.volumes.iter().filter(|(_, volume)| is_wanted(volume)) {
                    rows.push(lv_row(&asked, (name, found), volume_name, volume)?);
                }
            }
            Some((group_name, volume_name)) => {
                let volume = find(peer, group_name, volume_name)?;
                rows.push(lv_row(&asked, (group_name, group(peer, group_name)?), volume_name, volume)?);
            }
        }
    }
    print("lv", rows)
}

fn find<'p>(peer: &'p Peer<'_>, group_name: &str, name: &str) -> Result<&'p LogicalVolume, Refused> {
    let missing = || refuse(FAILED, format!("  Failed to find logical volume \"{group_name}/{name}\""));
    group(peer, group_name)?.volumes.get(name).ok_or_else(missing)
}

fn thin_count(peer: &Peer<'_>, names: &[&str]) -> Answer {
    let [name] = names else { return Err(refuse(USAGE, "  lvs: one thin pool is expected.")) };
    let (group_name, name) = split_name("lvs", name)?;
    let pool = find(peer, group_name, name)?;
    let count = if pool.metadata_kib.is_some() { pool.thins.to_string() } else { String::new() };
    Ok(format!("  {count}\n"))
}

fn lv_row(
    asked: &Asked<'_>,
    (group_name, group): (&str, &Group),
    name: &str,
    volume: &LogicalVolume,
) -> Result<Value, Refused> {
    // LVM forgets an origin that was removed.
    let origin = volume.origin.as_deref().filter(|origin| group.volumes.contains_key(*origin));
    row(&asked.fields, |field| match field {
        "lv_name" => Some(name.to_owned()),
        "vg_name" => Some(group_name.to_owned()),
        "lv_size" => Some(asked.size(volume.size_kib)),
        "pool_lv" => Some(volume.pool.as_deref().unwrap_or("").to_owned()),
        "lv_metadata_size" => Some(volume.metadata_kib.map_or_else(String::new, |kib| asked.size(kib))),
        "thin_count" => Some(volume.metadata_kib.map_or_else(String::new, |_| volume.thins.to_string())),
        "origin" => Some(origin.unwrap_or_default().to_owned()),
        "move_pv" | "mirror_log" | "copy_percent" | "convert_lv" => Some(String::new()),
        "data_percent" => Some(percent(volume, volume.filled.data)),
        "metadata_percent" => Some(percent(volume, volume.filled.metadata)),
        "lv_attr" => Some(attributes(volume).to_owned()),
        _ => None,
    })
}

/// Only a pool has given anything away.
fn percent(volume: &LogicalVolume, percent: u8) -> String {
    if volume.metadata_kib.is_some() { format!("{percent}.00") } else { String::new() }
}

fn attributes(volume: &LogicalVolume) -> &'static str {
    match (&volume.pool, volume.metadata_kib, volume.fs.as_ref().is_some_and(|fs| fs.mounted)) {
        (_, Some(_), _) => "twi-aotz--",
        (Some(_), None, true) => "Vwi-aotz--",
        (Some(_), None, false) => "Vwi-a-tz--",
        (None, None, true) => "-wi-ao----",
        (None, None, false) => "-wi-a-----",
    }
}
