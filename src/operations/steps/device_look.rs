//! What is on a disk before it is prepared: only what nobody needs is taken.

use super::device::initializing;
use super::device_labels::is_of;
use super::{Result, StepError, StepRunner};
use crate::executor::RemoteError;
use crate::executor::lvm::{self, PhysicalVolume, VolumeGroup};
use crate::executor::system::{self, BlockDevice};
use crate::model::ids::DeviceId;
use crate::model::step::DevicePlan;

/// What a disk is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Disk {
    /// Nothing is on it.
    Blank,
    /// Something that the request allows to erase.
    Erasable(Leftover),
}

/// What may be erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Leftover {
    /// File systems and other signatures.
    Signatures,
    /// A physical volume, in a group without volumes or in none.
    PhysicalVolume(PhysicalVolume),
}

impl StepRunner {
    /// Looks what a disk holds; changes nothing.
    ///
    /// # Errors
    /// When the disk must not be taken, or not without leave to erase it; the error names what is on it.
    pub(super) async fn look_at_disk(&self, plan: &DevicePlan) -> Result<Disk> {
        let (host, path) = (&plan.peer.host, plan.path.as_str());
        let unusable = match self.physical_volume(plan, path).await {
            Ok(Some(found)) => return self.judge_physical_volume(plan, found).await,
            Ok(None) => None,
            // LVM does not want the disk at all: it is partitioned, filtered out, part of something else.
            Err(error @ StepError::Remote(RemoteError::Exited { code: lvm::FAILED, .. })) => Some(error),
            Err(error) => return Err(error),
        };
        self.refuse_used(plan).await?;
        let signatures = self.read(host, &system::signatures(path), system::parse_signatures).await?;
        if signatures.iter().any(|kind| kind == LVM_SIGNATURE) {
            return Err(hidden_physical_volume(plan));
        }
        if let Some(refused) = unusable {
            // An empty partition table goes with the other signatures; what else LVM may have against it stays.
            let erasable = plan.destroy_data && signatures.iter().any(|kind| is_partition_table(kind));
            if !erasable {
                return Err(unusable_by_lvm(plan, refused, &signatures));
            }
        }
        if signatures.is_empty() {
            return Ok(Disk::Blank);
        }
        if plan.destroy_data {
            return Ok(Disk::Erasable(Leftover::Signatures));
        }
        Err(holds(plan, &format!("{} {}", article(&signatures[0]), signatures.join(", "))))
    }

    /// The physical volume on a disk, if it is one.
    pub(super) async fn physical_volume(
        &self,
        plan: &DevicePlan,
        path: &str,
    ) -> Result<Option<PhysicalVolume>> {
        let command = lvm::pvs(&self.settings, Some(path));
        match self.run(&plan.peer.host, &command).await {
            Ok(output) => {
                let found = lvm::parse_pvs(&output.stdout);
                let found =
                    found.ok_or_else(|| StepError::unreadable(&plan.peer.host, &command, &output.stdout))?;
                Ok(found.into_iter().next())
            }
            Err(RemoteError::Exited { stderr, .. }) if lvm::is_missing(&stderr) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// A volume group, if it is there.
    pub(super) async fn group(&self, plan: &DevicePlan, name: &str) -> Result<Option<VolumeGroup>> {
        let command = lvm::vgs(&self.settings, name);
        match self.run(&plan.peer.host, &command).await {
            Ok(output) => {
                let found = lvm::parse_vgs(&output.stdout);
                found
                    .map(Some)
                    .ok_or_else(|| StepError::unreadable(&plan.peer.host, &command, &output.stdout))
            }
            Err(RemoteError::Exited { stderr, .. }) if lvm::is_missing(&stderr) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn judge_physical_volume(&self, plan: &DevicePlan, found: PhysicalVolume) -> Result<Disk> {
        if let Some(there) =
            plan.known.iter().find(|known| is_of(&found, known.device, known.pv_uuid.as_deref()))
        {
            let (text, explanation) = already_added(plan.peer.host.as_str(), &plan.path, there.device);
            return Err(StepError::Refused { text, explanation });
        }
        if is_heketi_group(&found.vg_name) {
            let what = format!(
                "the physical volume {} of group {}, whose name is heketi's",
                found.pv_uuid, found.vg_name
            );
            return Err(never_erased(plan, &found, &what));
        }
        if !found.vg_name.is_empty() {
            let contents = match self.group(plan, &found.vg_name).await? {
                Some(group) if group.lv_count == 0 => None,
                Some(group) => Some(format!("has {} volumes", group.lv_count)),
                None => Some("cannot be read".to_owned()),
            };
            if let Some(contents) = contents {
                let (uuid, group) = (&found.pv_uuid, &found.vg_name);
                let what = format!("the physical volume {uuid} of group {group}, which {contents}");
                return Err(never_erased(plan, &found, &what));
            }
        }
        self.refuse_used(plan).await?;
        if plan.destroy_data {
            return Ok(Disk::Erasable(Leftover::PhysicalVolume(found)));
        }
        let group = if found.vg_name.is_empty() {
            "in no group".to_owned()
        } else {
            format!("of the empty group {}", found.vg_name)
        };
        let explanation = refusal_with_cure(plan, &format!("an LVM physical volume {group}"));
        Err(StepError::Refused { text: already_physical_volume(plan, &found), explanation })
    }

    /// A disk that is mounted, or that something is built on, is never touched.
    async fn refuse_used(&self, plan: &DevicePlan) -> Result<()> {
        let (host, command) = (&plan.peer.host, system::lsblk(&plan.path));
        let disk = match self.run(host, &command).await {
            Ok(output) => system::parse_lsblk(&output.stdout)
                .ok_or_else(|| StepError::unreadable(host, &command, &output.stdout))?,
            Err(RemoteError::Exited { stderr, .. }) => return Err(no_disk(plan, &stderr)),
            Err(error) => return Err(error.into()),
        };
        refuse_if_used(plan, &disk)
    }
}

/// What is said of a disk that is a device of its node already: heketi's text, and what that means.
pub(in crate::operations) fn already_added(host: &str, path: &str, there: DeviceId) -> (String, String) {
    let text = format!(
        "Initializing device {path} failed (already initialized or contains data?): Device already in use (ID: {there})"
    );
    (text, format!("{path} on {host} is device {there} of this server already; nothing was changed"))
}

/// Whether `wipefs` calls a signature by the name of a partition table.
fn is_partition_table(kind: &str) -> bool {
    matches!(kind, "gpt" | "PMBR" | "dos" | "mac" | "bsd" | "sun" | "sgi" | "atari")
}

/// A disk that `pvs` refuses to look at.
fn unusable_by_lvm(plan: &DevicePlan, refused: StepError, signatures: &[String]) -> StepError {
    let (path, host) = (&plan.path, &plan.peer.host);
    let words = refused.text();
    let text = match initializing(plan, refused) {
        StepError::Refused { text, .. } => text,
        other => return other,
    };
    let cure = if signatures.iter().any(|kind| is_partition_table(kind)) {
        "It holds a partition table without partitions. Load it with \"destroydata\": true to erase it"
            .to_owned()
    } else {
        "Look there whether it is part of a multipath or md device, which is then the one to add, or whether LVM's filter excludes it".to_owned()
    };
    let explanation =
        format!("LVM on {host} does not take {path} ({}); nothing was changed. {cure}", words.trim());
    StepError::Refused { text, explanation }
}

/// What `wipefs` calls a physical volume.
const LVM_SIGNATURE: &str = "LVM2_member";

/// A physical volume that LVM does not show, because of its filter or because it is damaged: its group may well have
/// volumes, and nobody can tell.
fn hidden_physical_volume(plan: &DevicePlan) -> StepError {
    let (path, host) = (&plan.path, &plan.peer.host);
    StepError::Refused {
        text: format!(
            "Initializing device {path} failed (already initialized or contains data?): {path} has the signature {LVM_SIGNATURE}"
        ),
        explanation: format!(
            "{path} on {host} has the signature of an LVM physical volume that `pvs` there does not list; it is never erased and nothing was changed. Look at `pvs --all` and at LVM's filter; if nobody needs it, erase it by hand (`wipefs --all {path}`) and add the device again"
        ),
    }
}

fn already_physical_volume(plan: &DevicePlan, found: &PhysicalVolume) -> String {
    // (sic): the word stands so in heketi's text.
    format!(
        "Initializing device {} failed (aleady contains Physical Volume {}): nothing was changed",
        plan.path, found.pv_uuid
    )
}

fn refusal_with_cure(plan: &DevicePlan, what: &str) -> String {
    let (path, host) = (&plan.path, &plan.peer.host);
    format!(
        "{path} on {host} holds {what}; nothing was changed. Load it with \"destroydata\": true to erase it"
    )
}

fn holds(plan: &DevicePlan, what: &str) -> StepError {
    let explanation = refusal_with_cure(
        plan,
        &format!("{what} file system").replace(" file system file system", " file system"),
    );
    let text = format!(
        "Initializing device {} failed (already initialized or contains data?): {explanation}",
        plan.path
    );
    StepError::Refused { text, explanation }
}

fn never_erased(plan: &DevicePlan, found: &PhysicalVolume, what: &str) -> StepError {
    let (path, host) = (&plan.path, &plan.peer.host);
    StepError::Refused {
        text: already_physical_volume(plan, found),
        explanation: format!(
            "{path} on {host} holds {what}; it is never erased and nothing was changed. If nobody needs it, remove it by hand (`vgremove`, `pvremove`) and add the device again"
        ),
    }
}

fn no_disk(plan: &DevicePlan, stderr: &str) -> StepError {
    let (path, host) = (&plan.path, &plan.peer.host);
    StepError::Refused {
        text: format!(
            "Initializing device {path} failed (failed to check device contents): {}",
            stderr.trim()
        ),
        explanation: format!("{path} on {host} is no disk: {}. Look at `lsblk` there", stderr.trim()),
    }
}

fn refuse_if_used(plan: &DevicePlan, disk: &BlockDevice) -> Result<()> {
    let (path, host) = (&plan.path, &plan.peer.host);
    let used = if let Some(at) = &disk.mountpoint {
        format!("is mounted on {at}")
    } else if let Some(child) = disk.children.first() {
        match &child.mountpoint {
            Some(at) => format!("is held by {} ({}), which is mounted on {at}", child.name, child.kind),
            None => format!("is held by {} ({})", child.name, child.kind),
        }
    } else {
        return Ok(());
    };
    Err(StepError::Refused {
        text: format!(
            "Initializing device {path} failed (already initialized or contains data?): {path} {used}"
        ),
        explanation: format!(
            "{path} on {host} {used}; it is never erased and nothing was changed. Free it by hand and add it again, or give another disk"
        ),
    })
}

/// Whether a group's name is one that heketi, or another server of our kind, gives.
fn is_heketi_group(name: &str) -> bool {
    name.strip_prefix("vg_")
        .is_some_and(|id| id.len() == 32 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
}

fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o', 'u', 'x']) { "an" } else { "a" }
}
