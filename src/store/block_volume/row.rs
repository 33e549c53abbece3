//! A row of table `block_volume`, as it is read and as it is written.

use serde::Serialize;

use crate::model::block_volume::{BlockAccess, BlockVolume, Login};
use crate::model::ids::{BlockVolumeId, ClusterId, VolumeId};
use crate::model::secret::Secret;
use crate::model::sizes::GiB;
use crate::model::state::Phase;
use crate::store::{Result, StoreError, corrupt, json, number, to_json};

/// A row as it is read. It has a password, so it has no `Debug`.
pub(super) struct BlockVolumeRow {
    pub(super) id: BlockVolumeId,
    pub(super) cluster_id: ClusterId,
    pub(super) hosting_id: VolumeId,
    pub(super) name: String,
    pub(super) size_gib: i64,
    pub(super) usable_gib: i64,
    pub(super) taken_gib: i64,
    pub(super) ha_count: i64,
    pub(super) auth: bool,
    pub(super) iqn: String,
    pub(super) username: String,
    pub(super) password: String,
    pub(super) clusters: String,
    pub(super) phase: Phase,
    pub(super) hosts: String,
}

impl TryFrom<BlockVolumeRow> for BlockVolume {
    type Error = StoreError;

    fn try_from(row: BlockVolumeRow) -> Result<BlockVolume> {
        let id = row.id;
        let gib =
            |column, value| GiB::from_sql(value).ok_or_else(|| corrupt("block_volume", column, id, value));
        let (size, usable, taken) = (
            gib("size_gib", row.size_gib)?,
            gib("usable_gib", row.usable_gib)?,
            gib("taken_gib", row.taken_gib)?,
        );
        let has_login = !row.username.is_empty() || !row.password.is_empty();
        let login = Login { username: row.username, password: Secret::new(row.password) };
        Ok(BlockVolume {
            id,
            cluster: row.cluster_id,
            hosting: row.hosting_id,
            name: row.name,
            size,
            usable,
            taken,
            ha_count: number("block_volume", "ha_count", id, row.ha_count)?,
            auth: row.auth,
            access: BlockAccess {
                hosts: json("block_volume_host", "name", id, &row.hosts)?,
                iqn: row.iqn,
                login: has_login.then_some(login),
            },
            asked_clusters: json("block_volume", "clusters", id, &row.clusters)?,
            phase: row.phase,
        })
    }
}

/// What the columns of a login hold; nothing where there is none.
pub(super) fn login_columns(access: &BlockAccess) -> (&str, &str) {
    access.login.as_ref().map_or(("", ""), |login| (login.username.as_str(), login.password.expose()))
}

/// A row to be, with its hosts.
#[derive(Serialize)]
pub(in crate::store) struct NewBlockVolume<'a> {
    id: BlockVolumeId,
    cluster: ClusterId,
    hosting: VolumeId,
    name: &'a str,
    size: i64,
    usable: i64,
    taken: i64,
    ha_count: u32,
    auth: bool,
    iqn: &'a str,
    username: &'a str,
    password: &'a str,
    // Text, not an array: what is stored is exactly what is read back.
    clusters: String,
    phase: Phase,
}

impl<'a> NewBlockVolume<'a> {
    pub(in crate::store) fn new(new: &'a BlockVolume) -> Result<NewBlockVolume<'a>> {
        let (username, password) = login_columns(&new.access);
        Ok(NewBlockVolume {
            id: new.id,
            cluster: new.cluster,
            hosting: new.hosting,
            name: &new.name,
            size: new.size.to_sql(),
            usable: new.usable.to_sql(),
            taken: new.taken.to_sql(),
            ha_count: new.ha_count,
            auth: new.auth,
            iqn: &new.access.iqn,
            username,
            password,
            clusters: to_json(&new.asked_clusters)?,
            phase: new.phase,
        })
    }
}
