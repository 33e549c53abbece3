//! Logical volumes.

use super::{FAILED, group, size_kib, sort, split_name, usage};
use crate::executor::sim::answer::{Answer, Arguments, Refused, refuse, silent};
use crate::executor::sim::objects::{Filled, Group, LogicalVolume};
use crate::executor::sim::state::Record;
use crate::executor::sim::world::Peer;

/// The most metadata that LVM gives a pool, 15.81 GiB; it takes less than is asked for and says so.
const MOST_METADATA_KIB: u64 = 16_580_608;

/// The least, 2 MiB.
const LEAST_METADATA_KIB: u64 = 2048;

struct Wanted<'a> {
    group: &'a str,
    pool: &'a str,
    name: &'a str,
    pool_kib: u64,
    metadata_kib: u64,
    volume_kib: u64,
}

/// `lvcreate` of a thin pool with a thin volume in it: the only form that is simulated.
pub fn create(peer: &mut Peer<'_>, args: &[String]) -> Answer {
    let valued = [
        "--autobackup",
        "--poolmetadataspare",
        "--poolmetadatasize",
        "--chunksize",
        "--size",
        "--thin",
        "--virtualsize",
        "--name",
    ];
    let args = sort("lvcreate", args, &["-qq", "-q"], &valued)?;
    let wanted = read(&args)?;
    let found = group(peer, wanted.group)?;
    let (group_name, volumes) = (wanted.group, &found.volumes);
    // In this order and with these letters, as LVM 2.03.16 has them.
    if volumes.contains_key(wanted.pool) {
        let text = format!("  Logical volume {} already exists in Volume group {group_name}.", wanted.pool);
        return Err(refuse(FAILED, text));
    }
    if volumes.contains_key(wanted.name) {
        let text =
            format!("  Logical Volume \"{}\" already exists in volume group \"{group_name}\"", wanted.name);
        return Err(refuse(FAILED, text));
    }
    let (pool, volume) = shape(found, &wanted);
    check_space(found, group_name, &pool)?;
    peer.set(Record::Volume(peer.at, wanted.group.into(), wanted.pool.into(), Some(pool)));
    peer.set(Record::Volume(peer.at, wanted.group.into(), wanted.name.into(), Some(volume)));
    silent()
}

fn read<'a>(args: &Arguments<'a>) -> Result<Wanted<'a>, Refused> {
    let text = |name: &str| {
        args.value(name).ok_or_else(|| {
            usage("lvcreate", &format!("{name} is not given; only thin pools with a volume are simulated"))
        })
    };
    let size = |name: &str| {
        size_kib(text(name)?).ok_or_else(|| usage("lvcreate", &format!("invalid argument for {name}")))
    };
    if args.value("--poolmetadataspare") != Some("n") {
        return Err(usage("lvcreate", "spare metadata is not simulated: say --poolmetadataspare n"));
    }
    if !args.rest().is_empty() {
        return Err(usage("lvcreate", "unexpected argument"));
    }
    let (group, pool) = split_name("lvcreate", text("--thin")?)?;
    Ok(Wanted {
        group,
        pool,
        name: text("--name")?,
        pool_kib: size("--size")?,
        metadata_kib: size("--poolmetadatasize")?,
        volume_kib: size("--virtualsize")?,
    })
}

/// LVM looks for room for the data first, then for data and metadata.
fn check_space(group: &Group, name: &str, pool: &LogicalVolume) -> Result<(), Refused> {
    let (data, all) = (pool.size_kib / group.head.extent_kib.max(1), pool.extents(group.head.extent_kib));
    let free = group.free();
    if data > free {
        let text = format!(
            "  Volume group \"{name}\" has insufficient free space ({free} extents): {data} required."
        );
        return Err(refuse(FAILED, text));
    }
    if all > free {
        let text = format!("  Insufficient free space: {all} extents needed, but only {free} available");
        return Err(refuse(FAILED, text));
    }
    Ok(())
}

/// The pool and the volume in whole extents.
fn shape(group: &Group, wanted: &Wanted<'_>) -> (LogicalVolume, LogicalVolume) {
    let whole = |kib: u64| kib.next_multiple_of(group.head.extent_kib.max(1));
    let metadata = wanted.metadata_kib.clamp(LEAST_METADATA_KIB, MOST_METADATA_KIB);
    let pool = LogicalVolume {
        size_kib: whole(wanted.pool_kib),
        pool: None,
        metadata_kib: Some(whole(metadata)),
        origin: None,
        fs: None,
        filled: Filled::default(),
        thins: 0,
    };
    let volume = LogicalVolume {
        size_kib: whole(wanted.volume_kib),
        pool: Some(wanted.pool.into()),
        metadata_kib: None,
        origin: None,
        fs: None,
        filled: Filled::default(),
        thins: 0,
    };
    (pool, volume)
}

/// `lvremove -f`: of a pool also what is in it.
pub fn remove(peer: &mut Peer<'_>, args: &[String]) -> Answer {
    let args = sort("lvremove", args, &["-qq", "-q", "-f"], &["--autobackup"])?;
    let [name] = args.rest() else { return Err(usage("lvremove", "please enter one logical volume path")) };
    let (group_name, name) = split_name("lvremove", name)?;
    let found = group(peer, group_name)?;
    let missing = || refuse(FAILED, format!("  Failed to find logical volume \"{group_name}/{name}\""));
    let volume = found.volumes.get(name).ok_or_else(missing)?;
    let mut going: Vec<Box<str>> = Vec::new();
    if volume.thins > 0 {
        let in_pool = |volume: &LogicalVolume| volume.pool.as_deref() == Some(name);
        going
            .extend(found.volumes.iter().filter(|(_, volume)| in_pool(volume)).map(|(name, _)| name.clone()));
    }
    going.push(name.into());
    let used = |name: &str| found.volumes.get(name).and_then(|v| v.fs.as_ref()).is_some_and(|fs| fs.mounted);
    if let Some(used) = going.iter().find(|name| used(name)) {
        let text = format!("  Logical volume {group_name}/{used} contains a filesystem in use.");
        return Err(refuse(FAILED, text));
    }
    for name in going {
        peer.set(Record::Volume(peer.at, group_name.into(), name, None));
    }
    silent()
}
