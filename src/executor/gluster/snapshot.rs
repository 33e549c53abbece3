//! Snapshots, and volumes made of them. All are asked for in XML, as heketi does.

use serde::Deserialize;

use super::{change, look, volume_lock};
use crate::executor::command::Command;
use crate::executor::settings::PeerSettings;
use crate::model::step::ClonePlan;

/// Where gluster mounts the bricks of snapshots and of clones. Older ones say it with `/var` before it.
pub const SNAPSHOT_MOUNTS: &str = "/run/gluster/snaps/";

/// Under the lock of the volume that is copied: what undoes a snapshot waits for what makes a clone of it.
fn snapshot(settings: &PeerSettings, plan: &ClonePlan, what: &str) -> Command {
    change(settings, volume_lock(plan.source.volume)).args(["--xml", "snapshot", what])
}

/// Takes a snapshot of a volume. It cannot be read before it is activated.
pub fn snapshot_create(settings: &PeerSettings, plan: &ClonePlan) -> Command {
    snapshot(settings, plan, "create").args([&plan.snapshot, &plan.source.name]).arg("no-timestamp")
}

/// Mounts a snapshot and starts its bricks.
pub fn snapshot_activate(settings: &PeerSettings, plan: &ClonePlan) -> Command {
    snapshot(settings, plan, "activate").arg(&plan.snapshot)
}

/// Stops and unmounts the bricks of a snapshot.
pub fn snapshot_deactivate(settings: &PeerSettings, plan: &ClonePlan) -> Command {
    snapshot(settings, plan, "deactivate").arg(&plan.snapshot)
}

/// Takes a snapshot away.
pub fn snapshot_delete(settings: &PeerSettings, plan: &ClonePlan) -> Command {
    snapshot(settings, plan, "delete").arg(&plan.snapshot)
}

/// Makes a volume of an active snapshot.
pub fn snapshot_clone(settings: &PeerSettings, plan: &ClonePlan) -> Command {
    snapshot(settings, plan, "clone").args([&plan.name, &plan.snapshot])
}

/// Asks for a snapshot.
pub fn snapshot_info(settings: &PeerSettings, plan: &ClonePlan) -> Command {
    look(settings).args(["--xml", "snapshot", "info", &plan.snapshot])
}

/// Whether gluster says that there is no such snapshot. The second one is what a clone says.
pub fn is_snapshot_missing(text: &str) -> bool {
    (text.contains("Snapshot (") && text.contains(") does not exist"))
        || (text.contains("Failed to find :") && text.contains(" snap"))
}

/// Whether gluster says that a snapshot is active already.
pub fn is_activated(text: &str) -> bool {
    text.contains("is already activated")
}

/// A snapshot as gluster has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Its name.
    pub name: String,
    /// The volume it is of.
    pub volume: String,
}

#[derive(Deserialize)]
struct CliOutput {
    #[serde(rename = "snapInfo")]
    info: SnapInfo,
}

#[derive(Deserialize)]
struct SnapInfo {
    snapshots: XmlSnapshots,
}

#[derive(Deserialize)]
struct XmlSnapshots {
    snapshot: XmlSnapshot,
}

#[derive(Deserialize)]
struct XmlSnapshot {
    name: String,
    #[serde(rename = "snapVolume")]
    volume: XmlVolume,
}

#[derive(Deserialize)]
struct XmlVolume {
    #[serde(rename = "originVolume")]
    origin: XmlOrigin,
}

#[derive(Deserialize)]
struct XmlOrigin {
    name: String,
}

/// Reads what [`snapshot_info`] printed where it did not refuse.
pub fn parse_snapshot_info(xml: &str) -> Option<Snapshot> {
    let found: CliOutput = quick_xml::de::from_str(xml).ok()?;
    let found = found.info.snapshots.snapshot;
    Some(Snapshot { name: found.name, volume: found.volume.origin.name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_read_with_the_volume_it_is_of() {
        // As gluster 10.3 prints it.
        let xml = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<cliOutput><opRet>0</opRet><opErrno>0</opErrno>\
                   <opErrstr/><snapInfo><count>1</count><snapshots><snapshot><name>tmpsnap_a</name><uuid>u</uuid>\
                   <description/><createTime>2024-03-01 10:00:00 +0000</createTime><volCount>1</volCount><snapVolume>\
                   <name>5f2b8c1de3a94f6a8b7c6d5e4f3a2b1c</name><status>Stopped</status><originVolume><name>v</name>\
                   <snapCount>1</snapCount><snapRemaining>255</snapRemaining></originVolume></snapVolume></snapshot>\
                   </snapshots></snapInfo></cliOutput>";
        let expected = Snapshot { name: "tmpsnap_a".to_owned(), volume: "v".to_owned() };
        assert_eq!(parse_snapshot_info(xml), Some(expected));
        assert_eq!(parse_snapshot_info("<cliOutput><opRet>0</opRet></cliOutput>"), None);
        assert_eq!(parse_snapshot_info("garbage"), None);
    }

    #[test]
    fn a_snapshot_that_is_gone_or_active_is_told_from_other_refusals() {
        assert!(is_snapshot_missing("Snapshot (tmpsnap_a) does not exist"));
        assert!(is_snapshot_missing("snapshot clone: failed: Failed to find :tmpsnap_a snap"));
        assert!(!is_snapshot_missing("Volume (v) does not exist "));
        assert!(is_activated("snapshot activate: failed: Snapshot tmpsnap_a is already activated."));
        assert!(!is_activated("Snapshot tmpsnap_a is not activated"));
    }
}
