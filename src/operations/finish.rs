//! The last transaction of an operation: what it made becomes visible or disappears, and its job gets an answer.

use sqlx::SqliteConnection;
use tracing::{info, warn};

use super::engine::Engine;
use super::run::Round;
use super::{block_volume_expand, devices, failure, labels, volume_clone, volume_retry};
use crate::model::block_volume::BlockAccess;
use crate::model::device::DeviceLabel;
use crate::model::ids::BrickId;
use crate::model::operation::{Detail, Failure, JobOutcome, Operation, OperationKind, StepRecord};
use crate::model::state::{EntryState, Phase};
use crate::model::step::{DeviceFacts, Step, StepOutput};
use crate::store::{Result, StoreError, block_volume, brick, device, idempotency, node, operation, volume};

/// All steps are done. Returns what its job is to be told.
pub(super) async fn finish(engine: &Engine, op: &Operation) -> Result<JobOutcome> {
    let outcome = end(engine, op).await?;
    engine.note_end(op, "done");
    match op.kind {
        OperationKind::DeviceDelete => engine.metrics.device_gone(&op.target),
        OperationKind::NodeDelete => engine.metrics.peer(&op.target, None),
        _ => {}
    }
    info!("{} of {} is done", op.kind.as_str(), op.target);
    Ok(outcome)
}

async fn end(engine: &Engine, op: &Operation) -> Result<JobOutcome> {
    if op.kind == OperationKind::VolumeCreate {
        // Clients wait for these above all.
        let outcome = located(op, "volumes");
        operation::end_create(&engine.store, op, id(op)?, &outcome, engine.clock.now_ms()).await?;
        return Ok(outcome);
    }
    let mut tx = engine.store.write().await?;
    let outcome = conclude(engine, &mut tx, op).await?;
    tx.commit().await?;
    Ok(outcome)
}

fn located(op: &Operation, kind: &str) -> JobOutcome {
    JobOutcome::Location { path: format!("/{kind}/{}", op.target), warning: told(op) }
}

/// Writes down that all steps are done; returns what its job says, unless that was answered before.
pub(super) async fn conclude(
    engine: &Engine,
    conn: &mut SqliteConnection,
    op: &Operation,
) -> Result<JobOutcome> {
    let outcome = make_visible(engine, conn, op).await?;
    operation::end(conn, op, &outcome, engine.clock.now_ms()).await?;
    Ok(outcome)
}

async fn make_visible(engine: &Engine, conn: &mut SqliteConnection, op: &Operation) -> Result<JobOutcome> {
    match op.kind {
        OperationKind::NodeAdd => {
            node::set_phase(conn, id(op)?, Phase::Creating, Phase::Ready).await?;
            Ok(located(op, "nodes"))
        }
        OperationKind::NodeDelete => {
            node::delete(conn, id(op)?).await?;
            Ok(JobOutcome::Done)
        }
        OperationKind::DeviceAdd => {
            let facts = facts(op)?;
            device::make_ready(conn, id(op)?, facts).await?;
            labels::write(conn, id(op)?, &facts.labels).await?;
            Ok(JobOutcome::Done)
        }
        OperationKind::DeviceDelete => {
            labels::write(conn, id(op)?, found_labels(op)).await?;
            device::delete(conn, id(op)?).await?;
            Ok(JobOutcome::Done)
        }
        OperationKind::VolumeCreate => {
            volume::set_phase(conn, id(op)?, Phase::Creating, Phase::Ready).await?;
            Ok(located(op, "volumes"))
        }
        OperationKind::VolumeDelete => {
            remove_volume(conn, op).await?;
            Ok(JobOutcome::Done)
        }
        OperationKind::VolumeExpand => {
            let Detail::Expand { grow } = op.detail else { return Err(corrupt(op)) };
            brick::set_phase(conn, &new_bricks(op), Phase::Creating, Phase::Ready).await?;
            volume::grow(conn, id(op)?, grow).await?;
            Ok(located(op, "volumes"))
        }
        OperationKind::VolumeClone => {
            let Detail::Clone { source } = op.detail else { return Err(corrupt(op)) };
            let warning = volume_clone::make_visible(engine, conn, op, source).await?;
            Ok(JobOutcome::Location { path: format!("/volumes/{}", op.target), warning })
        }
        OperationKind::BlockVolumeCreate => {
            if let Some(hosting) = op.detail.own_hosting() {
                volume::set_phase(conn, hosting, Phase::Creating, Phase::Ready).await?;
            }
            block_volume::make_ready(conn, id(op)?, access(op)?).await?;
            Ok(located(op, "blockvolumes"))
        }
        OperationKind::BlockVolumeDelete => {
            block_volume::delete(conn, id(op)?).await?;
            Ok(JobOutcome::Done)
        }
        OperationKind::BlockVolumeExpand => block_volume_expand::conclude(conn, op).await,
        OperationKind::BrickEvict => {
            let Detail::Evict { new, .. } = op.detail else { return Err(corrupt(op)) };
            brick::replace(conn, id(op)?, new).await?;
            Ok(JobOutcome::Done)
        }
        OperationKind::DeviceRemove => Ok(JobOutcome::Done),
        OperationKind::NodeRemove => {
            node::set_state(conn, id(op)?, EntryState::Failed).await?;
            Ok(JobOutcome::Done)
        }
        OperationKind::DeviceResync => resync(conn, op).await,
    }
}

/// Takes over what a peer says of a device, unless bricks came or went meanwhile: then nobody knows whether they are in
/// it.
async fn resync(conn: &mut SqliteConnection, op: &Operation) -> Result<JobOutcome> {
    let (id, facts) = (id(op)?, facts(op)?);
    labels::write(conn, id, &facts.labels).await?;
    // One that an earlier version began knows of none.
    let bricks = if let Detail::Resync { bricks } = &op.detail { bricks.as_slice() } else { &[] };
    let there = brick::phases_on(conn, id).await?;
    let is_same = there.iter().all(|(_, phase)| *phase == Phase::Ready)
        && there.iter().map(|(brick, _)| brick).eq(bricks);
    if !is_same {
        let device = device::find(conn, id).await?.ok_or_else(|| corrupt(op))?;
        return Ok(devices::being_worked_on(&device));
    }
    device::resize(conn, id, facts.total, facts.free).await?;
    Ok(JobOutcome::Done)
}

/// What a step found out about a device.
fn facts(op: &Operation) -> Result<&DeviceFacts> {
    let facts = |record: &StepRecord| matches!(record.output, StepOutput::Device(_));
    match op.steps.iter().find(|record| facts(record)).map(|record| &record.output) {
        Some(StepOutput::Device(facts)) => Ok(facts),
        _ => Err(corrupt(op)),
    }
}

/// How clients reach the block volume that was made.
fn access(op: &Operation) -> Result<&BlockAccess> {
    let access = op.steps.iter().find_map(|record| match &record.output {
        StepOutput::Block { access } => Some(access),
        _ => None,
    });
    access.ok_or_else(|| corrupt(op))
}

/// By which paths disks were found.
fn found_labels(op: &Operation) -> &[DeviceLabel] {
    let labels = op.steps.iter().find_map(|record| match &record.output {
        StepOutput::Labels { labels } => Some(labels.as_slice()),
        _ => None,
    });
    labels.unwrap_or_default()
}

/// What failed although the operation went on.
fn told(op: &Operation) -> Option<String> {
    let texts = op.steps.iter().filter_map(|record| match &record.output {
        StepOutput::Told { text } => Some(text.as_str()),
        _ => None,
    });
    let texts: Vec<&str> = texts.collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
}

/// The bricks that an operation makes.
fn new_bricks(op: &Operation) -> Vec<BrickId> {
    let new = |record: &StepRecord| match &record.step {
        Step::CreateBrick(plan) => Some(plan.brick),
        _ => None,
    };
    op.steps.iter().filter_map(new).collect()
}

/// All that was done is undone; a volume create may get another try with a fresh placement.
///
/// `op` holds the steps of another try, if there is one.
pub(super) async fn abandon_or_retry(engine: &Engine, op: &mut Operation) -> Result<Round> {
    if op.kind == OperationKind::VolumeCreate && volume_retry::try_again(engine, op).await? {
        return Ok(Round::Again);
    }
    abandon(engine, op).await.map(Round::Ended)
}

/// The operation ends without having done anything. Returns what its job is to be told: why.
pub(super) async fn abandon(engine: &Engine, op: &Operation) -> Result<JobOutcome> {
    let cause = match &op.failure {
        Some(cause) => failure::taken_back(op.kind, cause.clone()),
        None => restarted(op.kind),
    };
    let mut tx = engine.store.write().await?;
    put_back(&mut tx, op).await?;
    let outcome = cause.outcome();
    operation::end(&mut tx, op, &outcome, engine.clock.now_ms()).await?;
    tx.commit().await?;
    engine.note_end(op, "failed");
    let why = cause.explanation.map(|why| format!(" ({why})")).unwrap_or_default();
    warn!("{} of {} failed: {}{why}", op.kind.as_str(), op.target, cause.text.trim());
    Ok(outcome)
}

async fn put_back(conn: &mut SqliteConnection, op: &Operation) -> Result<()> {
    match op.kind {
        OperationKind::NodeAdd => node::delete(conn, id(op)?).await,
        OperationKind::DeviceAdd => device::delete(conn, id(op)?).await,
        OperationKind::VolumeCreate | OperationKind::VolumeClone => remove_volume(conn, op).await,
        OperationKind::NodeDelete => node::set_phase(conn, id(op)?, Phase::Deleting, Phase::Ready).await,
        OperationKind::DeviceDelete => device::set_phase(conn, id(op)?, Phase::Deleting, Phase::Ready).await,
        OperationKind::VolumeDelete => volume::set_phase(conn, id(op)?, Phase::Deleting, Phase::Ready).await,
        OperationKind::VolumeExpand => {
            idempotency::free(conn, &op.target, op.job).await?;
            brick::delete(conn, &new_bricks(op)).await
        }
        OperationKind::BlockVolumeCreate => {
            block_volume::delete(conn, id(op)?).await?;
            match op.detail.own_hosting() {
                Some(hosting) => volume::delete(conn, hosting).await,
                None => Ok(()),
            }
        }
        OperationKind::BlockVolumeDelete => {
            block_volume::set_phase(conn, id(op)?, Phase::Deleting, Phase::Ready).await
        }
        OperationKind::BlockVolumeExpand => {
            idempotency::free(conn, &op.target, op.job).await?;
            block_volume::give_back(conn, id(op)?).await
        }
        OperationKind::BrickEvict => {
            brick::delete(conn, &new_bricks(op)).await?;
            brick::set_phase(conn, &[id(op)?], Phase::Deleting, Phase::Ready).await
        }
        // What was moved stays where it is now.
        OperationKind::DeviceRemove | OperationKind::NodeRemove | OperationKind::DeviceResync => Ok(()),
    }
}

async fn remove_volume(conn: &mut SqliteConnection, op: &Operation) -> Result<()> {
    volume::delete(conn, id(op)?).await
}

/// What a job says whose operation was taken back because the server had been stopped in the middle.
fn restarted(kind: OperationKind) -> Failure {
    let text = match kind {
        OperationKind::VolumeDelete => {
            "the server was restarted during the delete; the volume was kept, delete it again"
        }
        _ => "the server was restarted in the middle; what had been done was undone, ask again",
    };
    Failure::everywhere(text, None)
}

pub(super) fn id<Id: std::str::FromStr>(op: &Operation) -> Result<Id> {
    op.target.parse().map_err(|_| corrupt(op))
}

pub(super) fn corrupt(op: &Operation) -> StoreError {
    StoreError::Corrupt {
        table: "operation",
        column: "target",
        row: op.id.to_string(),
        value: op.target.clone(),
    }
}
