//! The gluster command line: peers and volumes.

use std::time::Duration;

use serde::Deserialize;

use super::command::{Command, LockName};
use super::settings::PeerSettings;
use crate::model::durability::Durability;
use crate::model::ids::VolumeId;
use crate::model::step::{BrickAt, VolumePlan};

/// Sets that one `add-brick` of a distributed or replicated volume takes. Source: heketi.
const BRICKS_A_COMMAND: usize = 15;
const SETS_A_COMMAND: usize = 5;

/// The lock of a volume.
pub fn volume_lock(id: VolumeId) -> LockName {
    LockName::new("volume", id)
}

/// How long the program may take, which waits for glusterd itself. Source: heketi: `max(10, 1 + (T + 1) / 60)` minutes.
fn deadline(settings: &PeerSettings) -> Duration {
    let minutes = 1 + settings.gluster_cli_timeout.as_secs().saturating_add(1) / 60;
    Duration::from_secs(minutes.max(10).saturating_mul(60))
}

fn global(settings: &PeerSettings) -> [String; 2] {
    ["--mode=script".to_owned(), format!("--timeout={}", settings.gluster_cli_timeout.as_secs())]
}

fn look(settings: &PeerSettings) -> Command {
    Command::look("gluster").args(global(settings))
}

fn change(settings: &PeerSettings, lock: LockName) -> Command {
    Command::change("gluster", lock, deadline(settings)).args(global(settings))
}

/// Lists the other peers with their states.
pub fn peer_status(settings: &PeerSettings) -> Command {
    look(settings).args(["peer", "status"])
}

/// Lists all peers of the trusted pool that the asked one is in, itself included.
pub fn pool_list(settings: &PeerSettings) -> Command {
    look(settings).args(["pool", "list"])
}

/// How many peers [`pool_list`] printed. Its first line is a heading.
pub fn pool_size(output: &str) -> usize {
    output.lines().skip(1).filter(|line| !line.trim().is_empty()).count()
}

/// Joins a peer to the trusted pool.
pub fn peer_probe(settings: &PeerSettings, storage: &str) -> Command {
    change(settings, LockName::pool()).args(["peer", "probe", storage])
}

/// Takes a peer out of the trusted pool.
pub fn peer_detach(settings: &PeerSettings, storage: &str) -> Command {
    change(settings, LockName::pool()).args(["peer", "detach", storage])
}

/// Limits the snapshots of a volume.
pub fn snapshot_limit(settings: &PeerSettings) -> Command {
    change(settings, LockName::pool())
        .args(["snapshot", "config", "snap-max-hard-limit"])
        .arg(settings.snapshot_limit.to_string())
}

/// Lists one volume, or all.
pub fn volume_info(settings: &PeerSettings, name: Option<&str>) -> Command {
    look(settings).args(["volume", "info"]).args(name).arg("--xml")
}

/// Makes a volume of its first sets, and commands that add the others.
pub fn volume_create(settings: &PeerSettings, plan: &VolumePlan) -> Vec<Command> {
    let set = plan.durability.set_size();
    let per_command = match plan.durability {
        Durability::Distribute => BRICKS_A_COMMAND,
        Durability::Replicate(_) => set * SETS_A_COMMAND,
        Durability::Disperse { .. } => set,
    };
    let (first, rest) = plan.bricks.split_at(set.min(plan.bricks.len()));
    let lock = || volume_lock(plan.volume);
    let create = change(settings, lock()).args(["volume", "create", &plan.name]).args(layout(plan));
    let add = |bricks: &[BrickAt]| {
        change(settings, lock()).args(["volume", "add-brick", &plan.name]).args(places(bricks))
    };
    let mut commands = vec![create.args(places(first))];
    commands.extend(rest.chunks(per_command).map(add));
    commands
}

fn layout(plan: &VolumePlan) -> Vec<String> {
    let words: Vec<String> = match plan.durability {
        Durability::Distribute => return Vec::new(),
        Durability::Replicate(copies) => vec!["replica".to_owned(), copies.to_string()],
        Durability::Disperse { data, redundancy } => vec![
            "disperse-data".to_owned(),
            data.to_string(),
            "redundancy".to_owned(),
            redundancy.to_string(),
        ],
    };
    if plan.arbiter { [words, vec!["arbiter".to_owned(), "1".to_owned()]].concat() } else { words }
}

/// A brick as gluster names it.
pub fn place(brick: &BrickAt) -> String {
    format!("{}:{}", brick.storage, brick.path)
}

fn places(bricks: &[BrickAt]) -> Vec<String> {
    bricks.iter().map(place).collect()
}

/// Sets all options of a volume, its id last. A group of options needs a command of its own.
///
/// # Errors
/// With the option that is none.
pub fn volume_set(settings: &PeerSettings, plan: &VolumePlan) -> Result<Vec<Command>, BadOption> {
    let set = || change(settings, volume_lock(plan.volume)).args(["volume", "set", &plan.name]);
    let mut commands = Vec::new();
    let mut pairs: Vec<String> = Vec::new();
    for option in &plan.options {
        let (key, value) = parse_option(option)?;
        if key == "group" {
            if !pairs.is_empty() {
                commands.push(set().args(std::mem::take(&mut pairs)));
            }
            commands.push(set().args([key, value]));
        } else {
            pairs.extend([key.to_owned(), value.to_owned()]);
        }
    }
    pairs.extend([ID_OPTION.to_owned(), plan.volume.to_string()]);
    commands.push(set().args(pairs));
    Ok(commands)
}

/// The option that carries our id of a volume. Source: heketi.
pub const ID_OPTION: &str = "user.heketi.id";

/// A text that is no option.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{option}` is no gluster option: {reason}")]
pub struct BadOption {
    /// The text.
    pub option: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// Splits `key value` at the first blank and checks both: they become arguments of their own, and none of them
/// may be taken for a flag.
///
/// # Errors
/// With what is wrong.
pub fn parse_option(option: &str) -> Result<(&str, &str), BadOption> {
    let bad = |reason| BadOption { option: option.to_owned(), reason };
    let (key, value) =
        option.split_once(' ').ok_or_else(|| bad("a key, a blank and a value are expected"))?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._:-".contains(c);
    if key.is_empty() || key.starts_with('-') || !key.chars().all(allowed) {
        return Err(bad("the key may have letters, digits, and . _ : - only, and not begin with -"));
    }
    if value.trim().is_empty() || value.starts_with('-') {
        return Err(bad("the value is empty or begins with -"));
    }
    if value.chars().any(char::is_control) {
        return Err(bad("the value has a line break or another control character"));
    }
    Ok((key, value))
}

/// Starts a volume.
pub fn volume_start(settings: &PeerSettings, plan: &VolumePlan) -> Command {
    change(settings, volume_lock(plan.volume)).args(["volume", "start", &plan.name])
}

/// Stops a volume, clients or not.
pub fn volume_stop(settings: &PeerSettings, plan: &VolumePlan) -> Command {
    change(settings, volume_lock(plan.volume)).args(["volume", "stop", &plan.name, "force"])
}

/// Takes a stopped volume away; its bricks keep what is on them.
pub fn volume_delete(settings: &PeerSettings, plan: &VolumePlan) -> Command {
    change(settings, volume_lock(plan.volume)).args(["volume", "delete", &plan.name])
}

/// Whether gluster says that it works on something else and this can be asked again.
pub fn is_busy(text: &str) -> bool {
    let text = text.to_lowercase();
    text.contains("another transaction is in progress")
        || text.contains("locking failed")
        || text.contains("please try again after some")
}

/// Whether gluster says that there is no such volume. An option or a host that does not exist is something else.
pub fn is_missing(text: &str) -> bool {
    let about_volume = |line: &str| {
        // What another peer lacks is no answer of the pool.
        !line.contains("Staging failed on")
            && !line.contains("Commit failed on")
            && line
                .find("Volume ")
                .and_then(|at| line.get(at..))
                .is_some_and(|rest| rest.contains("does not exist"))
    };
    text.lines().any(about_volume)
}

/// Whether gluster says that a volume or brick is there already.
pub fn is_existing(text: &str) -> bool {
    text.contains("already exists")
        || text.contains("already part of a volume")
        || text.contains("may be containing or be contained by an existing brick")
}

/// Whether the command line found no glusterd on its host.
pub fn is_unanswered(text: &str) -> bool {
    text.contains("Connection failed. Please check if gluster daemon is operational")
}

/// Whether the command line gave up waiting at its own time limit; glusterd goes on.
pub fn is_cut_off(text: &str) -> bool {
    text.contains("Error : Request timed out")
}

/// Whether gluster refuses because peers are away: asking again later helps.
pub fn is_peer_down(text: &str) -> bool {
    text.contains("peers are down")
        || text.contains("peers is probably down")
        || text.contains("is not connected")
        // "Quorum not met", "Server quorum not met"; not the name of an option.
        || text.contains("uorum not met")
        || text.contains("uorum is not met")
        || text.contains("Connection failed")
        || text.contains("glusterd is down")
}

/// A volume as gluster has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlusterVolume {
    /// Its name.
    pub name: String,
    /// Whether it is started.
    pub started: bool,
    /// Its bricks, `host:path` each, set by set.
    pub bricks: Vec<String>,
    /// Its options.
    pub options: Vec<(String, String)>,
}

impl GlusterVolume {
    /// The value of an option that is set.
    pub fn option(&self, key: &str) -> Option<&str> {
        self.options.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}

#[derive(Deserialize)]
struct CliOutput {
    #[serde(rename = "opRet")]
    op_ret: i32,
    #[serde(rename = "opErrstr", default)]
    op_errstr: String,
    #[serde(rename = "volInfo")]
    vol_info: Option<VolInfo>,
}

#[derive(Deserialize)]
struct VolInfo {
    volumes: XmlVolumes,
}

#[derive(Deserialize)]
struct XmlVolumes {
    #[serde(default)]
    volume: Vec<XmlVolume>,
}

#[derive(Deserialize)]
struct XmlVolume {
    name: String,
    #[serde(rename = "statusStr", default)]
    status: String,
    bricks: XmlBricks,
    options: Option<XmlOptions>,
}

#[derive(Deserialize)]
struct XmlBricks {
    #[serde(default)]
    brick: Vec<XmlBrick>,
}

#[derive(Deserialize)]
struct XmlBrick {
    name: String,
}

#[derive(Deserialize)]
struct XmlOptions {
    #[serde(default)]
    option: Vec<XmlOption>,
}

#[derive(Deserialize)]
struct XmlOption {
    name: String,
    #[serde(default)]
    value: String,
}

/// Reads what [`volume_info`] printed: the volumes, none where gluster knows no such volume.
pub fn parse_volume_info(xml: &str) -> Option<Vec<GlusterVolume>> {
    let found: CliOutput = quick_xml::de::from_str(xml).ok()?;
    if found.op_ret != 0 {
        return is_missing(&found.op_errstr).then(Vec::new);
    }
    let volume = |volume: XmlVolume| GlusterVolume {
        name: volume.name,
        started: volume.status == "Started",
        bricks: volume.bricks.brick.into_iter().map(|brick| brick.name).collect(),
        options: volume
            .options
            .map_or_else(Vec::new, |options| options.option.into_iter().map(|o| (o.name, o.value)).collect()),
    };
    Some(found.vol_info.map_or_else(Vec::new, |info| info.volumes.volume.into_iter().map(volume).collect()))
}

/// Whether, by what [`peer_status`] printed, the peer of that name is wholly in the pool and can be used.
pub fn is_in_cluster(status: &str, storage: &str) -> bool {
    let about =
        |block: &&str| block.lines().any(|line| line == format!("Hostname: {storage}") || line == storage);
    let found = status.split("\n\n").find(about);
    found.is_some_and(|block| block.contains("State: Peer in Cluster (Connected)"))
}

/// The file in which glusterd keeps a volume; reading it takes a tenth of the time that asking takes.
pub fn stored_info(name: &str) -> Command {
    Command::look("cat").arg(format!("/var/lib/glusterd/vols/{name}/info"))
}

/// The bricks in what [`stored_info`] printed, as glusterd spells them there: `host:path` with `-` for `/`.
pub fn parse_stored_bricks(info: &str) -> Vec<&str> {
    info.lines()
        .filter(|line| line.starts_with("brick-"))
        .filter_map(|line| line.split_once('='))
        .map(|(_, at)| at)
        .collect()
}

/// A brick as glusterd spells it in its own files.
pub fn stored_place(brick: &BrickAt) -> String {
    format!("{}:{}", brick.storage, brick.path.replace('/', "-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_with_anything_odd_are_refused() {
        let check = |option: &str, valid: bool| assert_eq!(parse_option(option).is_ok(), valid, "{option:?}");
        check("performance.cache-size 1GB", true);
        check("user.note $(reboot); `id` 'x'", true);
        check("auth.allow 10.0.0.1,10.0.0.2", true);
        check("nfs.disable", false);
        check("", false);
        check("--help x", false);
        check("a;b c", false);
        check("key --force", false);
        check("key a\nb", false);
    }

    #[test]
    fn refusals_are_told_apart() {
        // As gluster 10.3 prints them.
        assert!(
            is_missing("volume delete: v: failed: Volume v does not exist\n")
                && is_missing("Volume does not exist")
        );
        assert!(!is_missing(
            "volume set: failed: option : nosuch.option does not exist\nDid you mean auth.allow?\n"
        ));
        assert!(is_existing("volume create: v: failed: Volume v already exists\n"));
        assert!(is_existing("volume create: v: failed: /b/brick is already part of a volume\n"));
        assert!(is_existing(
            "volume add-brick: failed: Brick: h:/b not available. Brick may be containing or be contained by an existing brick.\n"
        ));
        assert!(is_busy(
            "volume start: v: failed: Another transaction is in progress for v. Please try again after some time.\n"
        ));
        assert!(!is_busy("volume start: v: failed: Volume v already started\n"));
    }

    #[test]
    fn volumes_are_read() {
        let xml = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<cliOutput><opRet>0</opRet><opErrno>0</opErrno><opErrstr/><volInfo><volumes><volume><name>v1</name><id>x</id>
<status>1</status><statusStr>Started</statusStr><snapshotCount>0</snapshotCount><brickCount>1</brickCount>
<bricks><brick uuid="u">10.10.10.17:/b/brick<name>10.10.10.17:/b/brick</name><hostUuid>u</hostUuid>
<isArbiter>0</isArbiter></brick></bricks><optCount>1</optCount><options><option><name>user.heketi.id</name>
<value>abc</value></option></options></volume><count>1</count></volumes></volInfo></cliOutput>"#;
        let found = parse_volume_info(xml).unwrap();
        assert!(found[0].started);
        assert_eq!(found[0].bricks, ["10.10.10.17:/b/brick"]);
        assert_eq!(found[0].option(ID_OPTION), Some("abc"));
    }

    #[test]
    fn a_peer_counts_once_it_is_wholly_in_the_pool() {
        let status = "Number of Peers: 2\n\nHostname: 10.10.10.18\nUuid: a\nState: Peer in Cluster (Connected)\n\n\
                      Hostname: gluster3\nUuid: b\nState: Accepted peer request (Connected)\nOther names:\n10.10.10.19\n";
        assert!(is_in_cluster(status, "10.10.10.18"));
        assert!(!is_in_cluster(status, "10.10.10.19"));
        assert!(!is_in_cluster("Number of Peers: 0\n", "10.10.10.18"));
    }

    #[test]
    fn a_missing_volume_is_no_volume_and_garbage_is_no_answer() {
        let missing = "<cliOutput><opRet>-1</opRet><opErrno>30800</opErrno><opErrstr>Volume x does not exist</opErrstr></cliOutput>";
        assert_eq!(parse_volume_info(missing), Some(vec![]));
        let none = "<cliOutput><opRet>0</opRet><opErrno>0</opErrno><opErrstr/><volInfo><volumes><count>0</count></volumes></volInfo></cliOutput>";
        assert_eq!(parse_volume_info(none), Some(vec![]));
        assert_eq!(
            parse_volume_info("Connection failed. Please check if gluster daemon is operational."),
            None
        );
    }
}
