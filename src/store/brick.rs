//! Table `brick`. The space of a device follows its bricks by triggers, in the same transaction: each thin pool counts
//! once, however many bricks are in it.

mod lists;

use serde::Serialize;
use sqlx::SqliteConnection;

pub use self::lists::*;
use super::{Result, one_row};
use crate::model::brick::{Brick, BrickRole, BrickSpace};
use crate::model::ids::{BrickId, DeviceId, NodeId, VolumeId};
use crate::model::state::Phase;

/// A row to be.
#[derive(Serialize)]
pub(super) struct NewBrick<'a> {
    id: BrickId,
    volume: VolumeId,
    device: DeviceId,
    node: NodeId,
    set: u32,
    position: u32,
    role: BrickRole,
    space: BrickSpace,
    thin_pool: &'a str,
    logical_volume: Option<&'a str>,
    path: &'a str,
    phase: Phase,
    replaces: Option<BrickId>,
}

impl<'a> From<&'a Brick> for NewBrick<'a> {
    fn from(brick: &'a Brick) -> NewBrick<'a> {
        NewBrick {
            id: brick.id,
            volume: brick.volume,
            device: brick.device,
            node: brick.node,
            set: brick.set,
            position: brick.position,
            role: brick.role,
            space: brick.space,
            thin_pool: &brick.thin_pool,
            logical_volume: brick.logical_volume.as_deref(),
            path: &brick.path,
            phase: brick.phase,
            replaces: brick.replaces,
        }
    }
}

/// Moves bricks from one phase of their life to another.
///
/// # Errors
/// When one is not in the phase `from`, or the database refuses.
pub async fn set_phase(conn: &mut SqliteConnection, ids: &[BrickId], from: Phase, to: Phase) -> Result<()> {
    for id in ids {
        let done = sqlx::query!("UPDATE brick SET phase = ? WHERE id = ? AND phase = ?", to, id, from)
            .execute(&mut *conn)
            .await?;
        one_row(&done, "brick", id)?;
    }
    Ok(())
}

/// Takes bricks out, and gives the space of pools back in which no brick is left. Those that were given up with their
/// device are out already.
///
/// # Errors
/// When the database refuses.
pub async fn delete(conn: &mut SqliteConnection, ids: &[BrickId]) -> Result<()> {
    for id in ids {
        sqlx::query!("DELETE FROM brick WHERE id = ?", id).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Gluster has put a brick in the place of the one it was made for, which is still there.
///
/// # Errors
/// When the brick is gone, or the database refuses.
pub async fn exchanged(conn: &mut SqliteConnection, new: BrickId) -> Result<()> {
    let done = sqlx::query!("UPDATE brick SET phase = 'ready' WHERE id = ? AND replaces IS NOT NULL", new)
        .execute(conn)
        .await?;
    one_row(&done, "brick", new)
}

/// A brick has taken the place of the one it was made for, which is taken out.
///
/// # Errors
/// When one of them is gone, or the database refuses.
pub async fn replace(conn: &mut SqliteConnection, old: BrickId, new: BrickId) -> Result<()> {
    let done = sqlx::query!(
        "UPDATE brick SET replaces = NULL, phase = 'ready' WHERE id = ? AND replaces = ?",
        new,
        old
    )
    .execute(&mut *conn)
    .await?;
    one_row(&done, "brick", new)?;
    delete(conn, &[old]).await
}

/// Takes the bricks of a volume out, and gives the space of pools back in which no brick is left.
///
/// # Errors
/// When the database refuses.
pub async fn delete_of_volume(conn: &mut SqliteConnection, volume: VolumeId) -> Result<()> {
    sqlx::query!("DELETE FROM brick WHERE volume_id = ?", volume).execute(conn).await?;
    Ok(())
}
