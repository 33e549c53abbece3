//! Devices: prepared for bricks, put into states, and released again.

use std::sync::Arc;

use sqlx::SqliteConnection;

use super::engine::Engine;
use super::labels::known;
use super::locks::{Mode, ObjectKey};
use super::removal::Emptied;
use super::{IN_USE, OpError, Operations, leftovers, peers, steps};
use crate::executor::lvm;
use crate::model::device::{Device, Storage};
use crate::model::ids::{DeviceId, JobId, NodeId};
use crate::model::node::{Node, Tags};
use crate::model::operation::{Detail, JobOutcome, JobSubject, OperationKind};
use crate::model::sizes::KiB;
use crate::model::state::{EntryState, Phase};
use crate::model::step::{DevicePlan, Step};
use crate::store::{StoreError, WriteTx, brick, device, node, operation};

/// The extent of a volume group until the real one is known. Source: LVM's and heketi's default.
const DEFAULT_EXTENT: KiB = KiB::of(4096);

/// What a valid request for a device asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceSpec {
    /// The node it is in, as it was written.
    pub node: String,
    /// Its path.
    pub name: String,
    /// Labels.
    pub tags: Tags,
    /// Whether what is on it may be erased.
    pub destroy_data: bool,
}

/// A device of a node that was taken out of service would never be used, as that node never comes back.
fn refuse_removed(node: &Node) -> Result<(), OpError> {
    if node.state != EntryState::Failed {
        return Ok(());
    }
    let text = format!(
        "Unable to add a device to node [{0}] because the node was removed from service. Delete it (`mortar node delete {0}`), and add its host as a new node",
        node.id
    );
    Err(OpError::conflict(text))
}

const NO_NODE: OpError = OpError::MissingParent("Node id does not exist");

impl Operations {
    /// Prepares a disk of a node for bricks.
    ///
    /// # Errors
    /// When the node is missing, or the database refuses.
    pub async fn add_device(&self, spec: DeviceSpec) -> Result<JobId, OpError> {
        let engine = Arc::clone(&self.inner);
        Self::detached(async move { engine.add_device(spec).await }).await
    }

    /// Releases an empty device that is in the failed state. `forget`: also where its peer refuses or is gone, and
    /// where unfinished operations still have bricks to take away from it, which are given up.
    ///
    /// # Errors
    /// When there is no such device, it is not failed or not empty, or the database refuses.
    pub async fn delete_device(&self, id: DeviceId, forget: bool) -> Result<JobId, OpError> {
        let engine = Arc::clone(&self.inner);
        Self::detached(async move { engine.delete_device(id, forget).await }).await
    }

    /// Puts a device into a state; the job says whether that was possible. To become `failed` it is emptied first;
    /// `check_heal`: only where gluster says that the copies elsewhere are whole.
    ///
    /// # Errors
    /// When there is no such device, too much is under way, or the database refuses.
    pub async fn set_device_state(
        &self,
        id: DeviceId,
        state: EntryState,
        check_heal: bool,
    ) -> Result<JobId, OpError> {
        let engine = Arc::clone(&self.inner);
        Self::detached(async move { engine.set_device_state(id, state, check_heal).await }).await
    }

    /// Reads the size of a device again.
    ///
    /// # Errors
    /// When there is no such device, or the database refuses.
    pub async fn resync_device(&self, id: DeviceId) -> Result<JobId, OpError> {
        let engine = Arc::clone(&self.inner);
        Self::detached(async move { engine.resync_device(id).await }).await
    }
}

impl Engine {
    async fn add_device(self: &Arc<Self>, spec: DeviceSpec) -> Result<JobId, OpError> {
        let node_id: NodeId = spec.node.parse().map_err(|_| NO_NODE)?;
        self.doubt_name(node_id, &spec.name).await?;
        let mut tx = self.store.write().await?;
        let node = node::find(&mut tx, node_id).await?.filter(|node| node.phase == Phase::Ready);
        let node = node.ok_or(NO_NODE)?;
        refuse_removed(&node)?;
        if let Some(there) = device::named(&mut tx, node_id, &spec.name).await? {
            let subject = JobSubject::new(OperationKind::DeviceAdd.as_str(), there);
            return self.finished_job(tx, subject, already_added(&node, &spec.name, there)).await;
        }
        let new = Device {
            id: DeviceId::from_uuid(self.ids.draw()),
            node: node_id,
            name: spec.name,
            tags: spec.tags,
            state: EntryState::Online,
            phase: Phase::Creating,
            storage: Storage::default(),
            extent: DEFAULT_EXTENT,
            // Drawn here, so that what was made of the disk can be recognised whatever happens.
            pv_uuid: Some(lvm::pv_uuid_from(self.ids.draw())),
            paths: Vec::new(),
            brick_count: 0,
        };
        let mut plan = plan(&node, &new, spec.destroy_data, false)?;
        plan.known = known(&mut tx, node_id).await?;
        device::insert(&mut tx, &new).await?;
        let decision = self.decision(
            OperationKind::DeviceAdd,
            new.id,
            vec![vec![Step::PrepareDevice(plan)]],
            locks(&node, new.id),
        );
        self.launch(tx, decision, false, None).await
    }

    async fn delete_device(self: &Arc<Self>, id: DeviceId, forget: bool) -> Result<JobId, OpError> {
        if !forget {
            return self.release_device(self.store.write().await?, id, false).await;
        }
        let mut conn = self.store.snapshot().await?;
        failed(&mut conn, id).await?;
        let is_left = !leftovers::bricks_on(&mut conn, id).await?.is_empty();
        drop(conn);
        // What is still to be taken away from a disk that is there can be, and is.
        if !is_left || !self.is_disk_lost(id).await? {
            return self.release_device(self.store.write().await?, id, true).await;
        }
        self.out_of_gluster(id).await?;
        self.leftovers_let_alone(id).await?;
        let mut tx = self.store.write().await?;
        failed(&mut tx, id).await?;
        let given_up = self.give_leftovers_up(&mut tx, id).await?;
        let released = self.release_device(tx, id, true).await;
        self.go_on_without_leftovers(&given_up);
        released
    }

    /// Once its bricks are forgotten nobody would take them out of volumes that are to go.
    async fn out_of_gluster(&self, id: DeviceId) -> Result<(), OpError> {
        match self.take_out_of_unwanted(id, true).await? {
            Emptied::Wholly => Ok(()),
            Emptied::Not(why) => Err(OpError::refused(why.text, why.explanation)),
            Emptied::Interrupted => Err(OpError::ShuttingDown),
        }
    }

    async fn release_device(
        self: &Arc<Self>,
        mut tx: WriteTx,
        id: DeviceId,
        forget: bool,
    ) -> Result<JobId, OpError> {
        let (device, node) = failed(&mut tx, id).await?;
        if device.brick_count > 0 {
            return Err(OpError::conflict(format!(
                "Unable to delete device [{id}] because it contains bricks"
            )));
        }
        device::set_phase(&mut tx, id, Phase::Ready, Phase::Deleting).await?;
        let stages = release(&mut tx, &node, &device, forget).await?;
        let decision = self.decision(OperationKind::DeviceDelete, id, stages, locks(&node, id));
        self.launch(tx, decision, false, None).await
    }

    async fn set_device_state(
        self: &Arc<Self>,
        id: DeviceId,
        state: EntryState,
        check_heal: bool,
    ) -> Result<JobId, OpError> {
        let mut tx = self.store.write().await?;
        let (device, node) = ready(&mut tx, id).await?;
        let turn =
            (state == EntryState::Failed).then(|| self.limits.try_enter_in(node.cluster)).transpose()?;
        let busy = operation::touches(&mut tx, &id.to_string()).await?;
        let outcome = match refuse_transition(&device, state) {
            Some(text) => JobOutcome::Failed { text, explanation: None },
            None if busy => being_worked_on(&device),
            None if state == EntryState::Failed && device.brick_count > 0 => {
                let mut decision = self.decision(OperationKind::DeviceRemove, id, Vec::new(), Vec::new());
                decision.detail = Detail::Remove { check_heal };
                return self.launch(tx, decision, false, turn).await;
            }
            None => {
                device::set_state(&mut tx, id, state).await?;
                JobOutcome::Done
            }
        };
        self.finished_job(tx, JobSubject::new("device-state", id), outcome).await
    }

    async fn resync_device(self: &Arc<Self>, id: DeviceId) -> Result<JobId, OpError> {
        let mut tx = self.store.write().await?;
        let (device, node) = ready(&mut tx, id).await?;
        let there = brick::phases_on(&mut tx, id).await?;
        let pending = there.iter().any(|(_, phase)| *phase != Phase::Ready);
        if pending || operation::touches(&mut tx, &id.to_string()).await? {
            let subject = JobSubject::new(OperationKind::DeviceResync.as_str(), id);
            return self.finished_job(tx, subject, being_worked_on(&device)).await;
        }
        let mut plan = plan(&node, &device, false, false)?;
        plan.known = known(&mut tx, node.id).await?;
        let stages = vec![vec![Step::ReadDevice(plan)]];
        let mut decision = self.decision(OperationKind::DeviceResync, id, stages, locks(&node, id));
        decision.detail = Detail::Resync { bricks: there.into_iter().map(|(brick, _)| brick).collect() };
        self.launch(tx, decision, false, None).await
    }
}

pub(super) fn being_worked_on(device: &Device) -> JobOutcome {
    let explanation = format!(
        "{} is being emptied, or bricks are being made on it or taken away; ask again when that is done",
        device.name
    );
    JobOutcome::Failed { text: IN_USE.to_owned(), explanation: Some(explanation) }
}

pub(super) fn locks(node: &Node, device: DeviceId) -> Vec<(ObjectKey, Mode)> {
    vec![
        (ObjectKey::Cluster(node.cluster), Mode::Shared),
        (ObjectKey::Node(node.id), Mode::Shared),
        (ObjectKey::Device(device), Mode::Exclusive),
    ]
}

pub(super) fn plan(
    node: &Node,
    device: &Device,
    destroy_data: bool,
    forget: bool,
) -> Result<DevicePlan, StoreError> {
    Ok(DevicePlan {
        peer: peers::peer(node)?,
        device: device.id,
        path: device.name.clone(),
        pv_uuid: device.pv_uuid.clone(),
        destroy_data,
        forget,
        known: Vec::new(),
    })
}

/// What is done to release a device, by stage. What is forgotten need not be there.
async fn release(
    conn: &mut SqliteConnection,
    node: &Node,
    device: &Device,
    forget: bool,
) -> Result<Vec<Vec<Step>>, StoreError> {
    let plan = plan(node, device, false, forget)?;
    let find = DevicePlan { known: known(conn, node.id).await?, ..plan.clone() };
    let release = vec![Step::ReleaseDevice(plan)];
    Ok(if forget { vec![release] } else { vec![vec![Step::FindDevice(find)], release] })
}

fn already_added(node: &Node, path: &str, there: DeviceId) -> JobOutcome {
    let host = node.manage.first().map_or("", String::as_str);
    let (text, explanation) = steps::already_added(host, path, there);
    JobOutcome::Failed { text, explanation: Some(explanation) }
}

async fn ready(conn: &mut SqliteConnection, id: DeviceId) -> Result<(Device, Node), OpError> {
    let device = device::find(conn, id).await?.ok_or(OpError::NotFound)?;
    match device.phase {
        Phase::Ready => {}
        Phase::Creating => return Err(OpError::NotFound),
        Phase::Deleting => return Err(OpError::conflict(IN_USE)),
    }
    let node = node::find(conn, device.node).await?.ok_or(OpError::NotFound)?;
    Ok((device, node))
}

/// A device that may be taken out.
async fn failed(conn: &mut SqliteConnection, id: DeviceId) -> Result<(Device, Node), OpError> {
    let (device, node) = ready(conn, id).await?;
    if device.state == EntryState::Failed {
        return Ok((device, node));
    }
    let text = format!("device: {id} is not in failed state");
    Err(OpError::BadRequest { text, explanation: None })
}

fn refuse_transition(device: &Device, to: EntryState) -> Option<String> {
    let id = device.id;
    match (device.state, to) {
        (EntryState::Online, EntryState::Failed) => {
            Some(format!("Device must be offline before remove operation is performed, device:{id}"))
        }
        (EntryState::Failed, EntryState::Online) => {
            Some("Cannot move a failed/removed device to online state".to_owned())
        }
        _ => None,
    }
}
