//! Block volumes.

use super::{Client, Result};
use crate::api::{BlockVolumeCreateRequest, BlockVolumeExpandRequest, BlockVolumeInfo, BlockVolumeList};

impl Client {
    /// All block volumes.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn block_volume_list(&self) -> Result<BlockVolumeList> {
        self.get("/blockvolumes")
    }

    /// One block volume, with the login that it needs.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn block_volume_info(&self, id: &str) -> Result<BlockVolumeInfo> {
        self.get(&format!("/blockvolumes/{id}"))
    }

    /// Makes a block volume.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn block_volume_create(&self, request: &BlockVolumeCreateRequest) -> Result<BlockVolumeInfo> {
        self.0.wait(self.0.send_json("POST", "/blockvolumes", request)?)?.expect(&[200])?.decode()
    }

    /// Makes a block volume larger.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn block_volume_expand(
        &self,
        id: &str,
        request: &BlockVolumeExpandRequest,
    ) -> Result<BlockVolumeInfo> {
        let path = format!("/blockvolumes/{id}/expand");
        self.0.wait(self.0.send_json("POST", &path, request)?)?.expect(&[200])?.decode()
    }

    /// Deletes a block volume.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn block_volume_delete(&self, id: &str) -> Result<()> {
        self.0.wait(self.0.send("DELETE", &format!("/blockvolumes/{id}"))?)?.expect(&[204]).map(drop)
    }
}
