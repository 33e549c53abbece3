//! What a peer has, asked for without changing anything.

use super::sending::heard;
use super::{Result as StepResult, StepRunner};
use crate::executor::command::Command;
use crate::executor::{Output, RemoteError, filesystem, gluster, gluster_block, inventory, lvm};
use crate::model::device::volume_group;
use crate::model::host::Host;
use crate::model::ids::{DeviceId, NodeId, VolumeId};
use crate::model::inventory::{Blocks, Inventory, Mounts, PoolVolume, TableLine, Told};

/// How much of an answer that cannot be read is shown.
const SHOWN: usize = 200;

impl StepRunner {
    /// All that a peer tells about itself, and about the block volumes in those of `hosting`.
    pub(in crate::operations) async fn inventory(
        &self,
        node: NodeId,
        host: &Host,
        hosting: &[(VolumeId, String)],
    ) -> Inventory {
        let mut peer = Asked { runner: self, host, lost: None };
        let settings = &self.settings;
        let mut found = Inventory {
            node,
            volumes: peer.volumes().await,
            physical_volumes: peer
                .ask(&inventory::physical_volumes(settings), inventory::parse_physical_volumes)
                .await,
            groups: peer.ask(&inventory::volume_groups(settings), inventory::parse_volume_groups).await,
            logical_volumes: peer
                .ask(&inventory::logical_volumes(settings), inventory::parse_logical_volumes)
                .await,
            mounts: peer.mounts().await,
            blocks: Vec::new(),
        };
        for (volume, name) in hosting {
            let names = peer.ask(&gluster_block::list(name), gluster_block::parse_list).await;
            found.blocks.push(Blocks { volume: *volume, name: name.clone(), names });
        }
        found
    }
}

impl StepRunner {
    /// The thin pool of a logical volume on a device; none where there is no such volume in a pool.
    ///
    /// # Errors
    /// When the peer does not answer, or not what was asked.
    pub(in crate::operations) async fn pool_of(
        &self,
        host: &Host,
        device: DeviceId,
        logical_volume: &str,
    ) -> StepResult<Option<String>> {
        let look = lvm::lvs(&self.settings, &volume_group(device));
        let found = self.read(host, &look, lvm::parse_lvs).await?;
        let own = found.into_iter().find(|volume| volume.name == logical_volume);
        Ok(own.map(|volume| volume.pool).filter(|pool| !pool.is_empty()))
    }
}

/// A peer that is asked one thing after the other.
struct Asked<'a> {
    runner: &'a StepRunner,
    host: &'a Host,
    /// Why nothing comes back from it.
    lost: Option<String>,
}

/// No answer, or a refusal.
struct Unanswered {
    text: String,
    stderr: String,
}

impl Asked<'_> {
    /// Asks for one thing. A peer that did not answer once is not asked again: each question would take all its time.
    async fn put(&mut self, command: &Command) -> Result<Output, Unanswered> {
        if let Some(lost) = &self.lost {
            return Err(Unanswered { text: lost.clone(), stderr: String::new() });
        }
        let error = match heard(self.host, command, self.runner.run(self.host, command).await) {
            Ok(output) => return Ok(output),
            Err(error) => error,
        };
        let text = explained(&error);
        if !matches!(error, RemoteError::Exited { .. }) {
            self.lost = Some(text.clone());
        }
        Err(Unanswered { text, stderr: error.stderr().unwrap_or_default().to_owned() })
    }

    async fn ask<T>(&mut self, command: &Command, parse: fn(&str) -> Option<T>) -> Told<T> {
        let output = self.put(command).await.map_err(|unanswered| unanswered.text)?;
        parse(&output.stdout).ok_or_else(|| unreadable(command, &output.stdout))
    }

    async fn volumes(&mut self) -> Told<Vec<PoolVolume>> {
        let command = gluster::volume_info(&self.runner.settings, None);
        self.ask(&command, gluster::parse_pool_volumes).await?
    }

    async fn mounts(&mut self) -> Told<Mounts> {
        let mounted = self.ask(&filesystem::mounts(), inventory::parse_mounts).await?;
        Ok(Mounts { mounted, table: self.table().await? })
    }

    async fn table(&mut self) -> Told<Vec<TableLine>> {
        let command = filesystem::table(&self.runner.settings);
        match self.put(&command).await {
            Ok(output) => Ok(inventory::parse_table(&output.stdout)),
            // One of its own, named in the configuration, comes into being with its first line.
            Err(unanswered) if unanswered.stderr.contains("No such file or directory") => Ok(Vec::new()),
            Err(unanswered) => Err(unanswered.text),
        }
    }
}

fn explained(error: &RemoteError) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    format!("{error}{}", cause.unwrap_or_default())
}

fn unreadable(command: &Command, output: &str) -> String {
    if command.is_quiet() {
        return format!("`{command}` answered what cannot be read; it is not shown, it may hold a password");
    }
    let shown: String = output.chars().take(SHOWN).collect();
    format!("`{command}` answered what cannot be read: {shown:?}")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::executor::settings::PeerSettings;
    use crate::executor::sim::{Action, ControlOp, Flavour, SimCluster};

    const HOST: &str = "10.10.10.17";

    fn runner(directory: &tempfile::TempDir, actions: &[Action], settings: PeerSettings) -> StepRunner {
        let peers = SimCluster::open(&directory.path().join("peers"), Flavour::Strict).unwrap();
        peers.introduce(HOST, HOST);
        for action in actions {
            peers.control(&ControlOp { host: HOST.to_owned(), action: action.clone() }).unwrap();
        }
        StepRunner::new(Arc::new(peers), Arc::new(settings))
    }

    async fn told(runner: &StepRunner) -> Inventory {
        let node = "a".repeat(32).parse().unwrap();
        let hosting = [("b".repeat(32).parse().unwrap(), "blocks".to_owned())];
        runner.inventory(node, &Host::new(HOST).unwrap(), &hosting).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_hangs_is_waited_for_once() {
        let directory = tempfile::tempdir().unwrap();
        let runner = runner(&directory, &[Action::Hang { on: true }], PeerSettings::default());
        let begun = tokio::time::Instant::now();
        let found = told(&runner).await;
        assert_eq!(begun.elapsed(), Duration::from_secs(60));
        let why = found.volumes.unwrap_err();
        assert!(why.contains("no answer within 60 s") && why.contains(HOST), "{why}");
        assert_eq!(found.mounts.unwrap_err(), why);
        assert_eq!(found.blocks[0].names.as_ref().unwrap_err(), &why);
    }

    #[tokio::test]
    async fn a_peer_without_glusterd_tells_the_rest() {
        let directory = tempfile::tempdir().unwrap();
        let runner = runner(&directory, &[Action::Glusterd { running: false }], PeerSettings::default());
        let found = told(&runner).await;
        let why = found.volumes.unwrap_err();
        assert!(why.contains("Connection failed. Please check if gluster daemon is operational."), "{why}");
        assert_eq!(found.groups, Ok(vec![]));
        assert!(!found.mounts.unwrap().mounted.is_empty());
    }

    #[tokio::test]
    async fn a_table_of_its_own_that_has_no_line_yet_is_empty() {
        let directory = tempfile::tempdir().unwrap();
        let settings = PeerSettings { fstab: "/etc/fstab.mortar".to_owned(), ..PeerSettings::default() };
        assert_eq!(told(&runner(&directory, &[], settings)).await.mounts.unwrap().table, []);
    }
}
