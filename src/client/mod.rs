//! A client of the REST API: signs every request, follows redirects, waits for jobs. Blocking; it behaves
//! as heketi's own client does, also towards a heketi server.

mod address;
mod advice;
mod block_volume;
mod error;
mod job;
mod patience;
mod progress;
mod server;
#[cfg(test)]
pub(crate) mod stub;
mod tls;
mod token;
mod topology;
mod transport;

pub use self::error::ClientError;
pub use self::progress::{Ahead, Behind, Line, Progress, Quiet};
pub use self::tls::Trust;
pub use self::token::Credentials;
pub use self::topology::{Topology, TopologyCluster};
use self::transport::Transport;
use crate::api::{
    BlockRestrictionRequest, BrickEvictRequest, ClusterCreateRequest, ClusterInfo, ClusterList,
    DeviceAddRequest, DeviceDeleteRequest, DeviceInfo, NodeAddRequest, NodeInfo, StateRequest, TagsRequest,
    VolumeCloneRequest, VolumeCreateRequest, VolumeExpandRequest, VolumeInfo, VolumeList, VolumeSummaryList,
};

/// What a call brings.
pub type Result<T> = std::result::Result<T, ClientError>;

/// A client of one server.
pub struct Client(Transport);

impl Client {
    /// A client of the server at `server`, a URL that paths are appended to as it is.
    pub fn new(server: String, credentials: Credentials, progress: Box<dyn Progress>) -> Client {
        Client::trusting(server, credentials, progress, Trust::System)
    }

    /// The same with a say in which certificates the server may have.
    pub fn trusting(
        server: String,
        credentials: Credentials,
        progress: Box<dyn Progress>,
        trust: Trust,
    ) -> Client {
        Client(Transport::new(server, credentials, progress, trust))
    }

    fn get<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.0.send("GET", path)?.expect(&[200])?.decode()
    }

    /// All clusters.
    ///
    /// # Errors
    /// As every call here: when the server cannot be reached, or refuses.
    pub fn cluster_list(&self) -> Result<ClusterList> {
        self.get("/clusters")
    }

    /// One cluster.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn cluster_info(&self, id: &str) -> Result<ClusterInfo> {
        self.get(&format!("/clusters/{id}"))
    }

    /// Makes a cluster.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn cluster_create(&self, request: &ClusterCreateRequest) -> Result<ClusterInfo> {
        self.0.send_json("POST", "/clusters", request)?.expect(&[201])?.decode()
    }

    /// Sets both flags of a cluster.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn cluster_set_flags(&self, id: &str, request: &ClusterCreateRequest) -> Result<()> {
        self.0.send_json("POST", &format!("/clusters/{id}/flags"), request)?.expect(&[200]).map(drop)
    }

    /// Deletes a cluster.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn cluster_delete(&self, id: &str) -> Result<()> {
        self.0.send("DELETE", &format!("/clusters/{id}"))?.expect(&[200]).map(drop)
    }

    /// Adds a node.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn node_add(&self, request: &NodeAddRequest) -> Result<NodeInfo> {
        self.0.wait(self.0.send_json("POST", "/nodes", request)?)?.expect(&[200])?.decode()
    }

    /// One node with its devices.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn node_info(&self, id: &str) -> Result<NodeInfo> {
        self.get(&format!("/nodes/{id}"))
    }

    /// Deletes a node.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn node_delete(&self, id: &str) -> Result<()> {
        self.0.wait(self.0.send("DELETE", &format!("/nodes/{id}"))?)?.expect(&[204]).map(drop)
    }

    /// Sets the state of a node.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn node_state(&self, id: &str, request: &StateRequest) -> Result<()> {
        self.0
            .wait(self.0.send_json("POST", &format!("/nodes/{id}/state"), request)?)?
            .expect(&[204])
            .map(drop)
    }

    /// Changes the tags of a node.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn node_tags(&self, id: &str, request: &TagsRequest) -> Result<()> {
        self.0.send_json("POST", &format!("/nodes/{id}/tags"), request)?.expect(&[200]).map(drop)
    }

    /// Adds a device; its id is not told.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn device_add(&self, request: &DeviceAddRequest) -> Result<()> {
        self.0.wait(self.0.send_json("POST", "/devices", request)?)?.expect(&[204]).map(drop)
    }

    /// One device with its bricks.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn device_info(&self, id: &str) -> Result<DeviceInfo> {
        self.get(&format!("/devices/{id}"))
    }

    /// Deletes a device.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn device_delete(&self, id: &str, request: &DeviceDeleteRequest) -> Result<()> {
        self.0.wait(self.0.send_json("DELETE", &format!("/devices/{id}"), request)?)?.expect(&[204]).map(drop)
    }

    /// Sets the state of a device.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn device_state(&self, id: &str, request: &StateRequest) -> Result<()> {
        let path = format!("/devices/{id}/state");
        self.0.wait(self.0.send_json("POST", &path, request)?)?.expect(&[204]).map(drop)
    }

    /// Reads the size of a device again.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn device_resync(&self, id: &str) -> Result<()> {
        self.0.wait(self.0.send("GET", &format!("/devices/{id}/resync"))?)?.expect(&[204]).map(drop)
    }

    /// Changes the tags of a device.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn device_tags(&self, id: &str, request: &TagsRequest) -> Result<()> {
        self.0.send_json("POST", &format!("/devices/{id}/tags"), request)?.expect(&[200]).map(drop)
    }

    /// Moves a brick to another device.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn brick_evict(&self, id: &str, request: &BrickEvictRequest) -> Result<()> {
        let path = format!("/bricks/to-evict/{id}");
        self.0.wait(self.0.send_json("POST", &path, request)?)?.expect(&[204]).map(drop)
    }

    /// All volumes.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn volume_list(&self) -> Result<VolumeList> {
        self.get("/volumes")
    }

    /// All volumes in short, in one answer; `None` from a server that knows of no such thing, as heketi's.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn volume_summaries(&self) -> Result<Option<VolumeSummaryList>> {
        match self.get("/volumes/summary") {
            Err(ClientError::Refused { status: 404 | 405, .. }) => Ok(None),
            found => found.map(Some),
        }
    }

    /// One volume.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn volume_info(&self, id: &str) -> Result<VolumeInfo> {
        self.get(&format!("/volumes/{id}"))
    }

    /// Makes a volume.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn volume_create(&self, request: &VolumeCreateRequest) -> Result<VolumeInfo> {
        self.0.wait(self.0.send_json("POST", "/volumes", request)?)?.expect(&[200])?.decode()
    }

    /// Makes a volume larger.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn volume_expand(&self, id: &str, request: &VolumeExpandRequest) -> Result<VolumeInfo> {
        let path = format!("/volumes/{id}/expand");
        self.0.wait(self.0.send_json("POST", &path, request)?)?.expect(&[200])?.decode()
    }

    /// Makes a copy of a volume.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn volume_clone(&self, id: &str, request: &VolumeCloneRequest) -> Result<VolumeInfo> {
        let path = format!("/volumes/{id}/clone");
        self.0.wait(self.0.send_json("POST", &path, request)?)?.expect(&[200])?.decode()
    }

    /// Keeps new block volumes away from a hosting volume, or lets them in again.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn volume_set_block_restriction(
        &self,
        id: &str,
        request: &BlockRestrictionRequest,
    ) -> Result<VolumeInfo> {
        let path = format!("/volumes/{id}/block-restriction");
        self.0.wait(self.0.send_json("POST", &path, request)?)?.expect(&[200])?.decode()
    }

    /// Deletes a volume.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn volume_delete(&self, id: &str) -> Result<()> {
        self.0.wait(self.0.send("DELETE", &format!("/volumes/{id}"))?)?.expect(&[204]).map(drop)
    }
}

#[cfg(test)]
mod tests;
